"""The same dispute, seen twice: which registrations are one dispute, how likely, and why.

Disputes are linked, never people: what is stored of the parties is the hash of a pair of
them, or of one of them within one county and one kind of dispute.
"""

from __future__ import annotations

from zaojie_cases.linking.clusters import clusters_of
from zaojie_cases.linking.linker import Link, Linker
from zaojie_cases.linking.matter import Decision, LaterKey, Matter, Seen, matter_of, seen_of
from zaojie_cases.linking.weights import Weights, load_weights

__all__ = [
    "Decision",
    "LaterKey",
    "Link",
    "Linker",
    "Matter",
    "Seen",
    "Weights",
    "clusters_of",
    "load_weights",
    "matter_of",
    "seen_of",
]
