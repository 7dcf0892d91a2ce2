"""Risk cues with their scope, and the red rules that rest on them."""

from __future__ import annotations

from functools import lru_cache

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
    "red_rules",
]


@lru_cache(maxsize=64)
def find_cues(narrative: str) -> tuple[Hit, ...]:
    """Return every mention of a cue in ``narrative``, in order, with its scope.

    Facts and red rules of one score both ask: the last narratives are kept.
    """
    return tuple(extractor().find(narrative))


def feature_cues() -> tuple[str, ...]:
    """Names of the cues that are features (the others only lead to help)."""
    return tuple(name for name, cue in lexicon().cues.items() if cue.feature)
