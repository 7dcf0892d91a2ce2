"""Hot spots: a growing cluster of near-identical matters in one place, raised once, early.

A group matter needs one answer. It says nothing about any person, and no score knows of it.
"""

from __future__ import annotations

from zaojie_cases.hotspots.board import (
    GroupMatter,
    Step,
    close_matter,
    list_matters,
    show_matter,
)
from zaojie_cases.hotspots.detector import Decision, Detector, Registration, area_of
from zaojie_cases.hotspots.growth import Growth
from zaojie_cases.hotspots.parameters import Parameters, parameters
from zaojie_cases.hotspots.running import RunCount, run
from zaojie_cases.hotspots.words import typical_words

__all__ = [
    "Decision",
    "Detector",
    "GroupMatter",
    "Growth",
    "Parameters",
    "Registration",
    "RunCount",
    "Step",
    "area_of",
    "close_matter",
    "list_matters",
    "parameters",
    "run",
    "show_matter",
    "typical_words",
]
