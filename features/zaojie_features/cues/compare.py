"""What a mediator's phrases change: narratives that gain or lose a cue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zaojie_features.cues.extractor import Extractor, Hit

STANDING = frozenset({"affirmed", "ultimatum"})
"""Scopes in which a mention counts: 再不给钱就砍死你 is a threat all the same."""


@dataclass(slots=True)
class Change:
    """Case ids of the narratives that gain or lose one cue."""

    gained: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """How many narratives were read, how many changed, and the changes by cue."""

    read: int = 0
    changed: int = 0
    by_cue: dict[str, Change] = field(default_factory=dict)


def compare(before: Extractor, after: Extractor, cases: Iterable[tuple[str, str]]) -> Comparison:
    """Compare two extractors on ``cases``: pairs of a case id and a narrative."""
    found = Comparison()
    for case_id, narrative in cases:
        old, new = (_standing(e.find(narrative)) for e in (before, after))
        found.read += 1
        found.changed += old != new
        for cue in new - old:
            found.by_cue.setdefault(cue, Change()).gained.append(case_id)
        for cue in old - new:
            found.by_cue.setdefault(cue, Change()).lost.append(case_id)
    return found


def _standing(hits: Iterable[Hit]) -> set[str]:
    return {hit.cue for hit in hits if hit.scope in STANDING}
