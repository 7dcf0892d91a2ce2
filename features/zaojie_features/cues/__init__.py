"""Risk cues with their scope, and the red rules that rest on them."""

from __future__ import annotations

from zaojie_features.cues.extractor import LIMITING, Extractor, Hit, extractor
from zaojie_features.cues.finder import Span
from zaojie_features.cues.lexicon import lexicon
from zaojie_features.cues.rules import RedRule, red_rules

__all__ = [
    "LIMITING",
    "Extractor",
    "Hit",
    "RedRule",
    "Span",
    "extractor",
    "feature_cues",
    "find_cues",
    "lexicon",
    "limited_spans",
    "red_rules",
]


def find_cues(narrative: str) -> list[Hit]:
    """Return every mention of a cue in ``narrative``, in order, with its scope."""
    return extractor().find(narrative)


def limited_spans(narrative: str) -> list[Span]:
    """Return the clauses of ``narrative`` in which a cue is mentioned but not affirmed.

    See ``Extractor.limited_spans``: the text model should not read their words as affirmed.
    """
    return extractor().limited_spans(narrative)


def feature_cues() -> tuple[str, ...]:
    """Names of the cues that are features (the others only lead to help)."""
    return tuple(name for name, cue in lexicon().cues.items() if cue.feature)
