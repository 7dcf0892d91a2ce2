"""A log-linear model of names: every candidate is weighed by its two sides and its inside.

The sides (characters, cue words, everyday words that run across the edges) are the same for
all forms of a name; the inside only says how much the candidate looks like one, in a few
levels, so that one name is found where another is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp

from zaojie_cases.masking.name_candidates import Candidate, Start, candidates
from zaojie_cases.masking.name_context import (
    REACH_LEFT,
    REACH_RIGHT,
    crossing,
    left_cue,
    left_features,
    right_cue,
    right_features,
    shaped,
    speech_after,
    speech_before,
)
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.words import lexicon, weights

_LEFT_WINDOW, _ACROSS, _RIGHT_WINDOW = 5, 3, 8
"""Characters that the features of an edge look at: before, across and after it."""
_MOST_HELP = 3.0
_LEAST_CHANCE = 0.5
"""Least odds that one of the candidates that share a start is a name."""
_EVIDENCE = 3.0
"""What both sides of a given name alone must weigh when it is an everyday word too (建国)."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a candidate: its cue class, part of speech, and its features."""

    cue: str
    tag: str
    features: list[str]


def left_side(view: str, start: int) -> Side:
    """Return the left side of a candidate that starts at ``start``."""
    cue = left_cue(view, start)
    tag = speech_before(view, start)
    return Side(cue, tag, left_features(view, start, cue, tag))


def right_side(view: str, end: int) -> Side:
    """Return the right side of a candidate that ends at ``end``."""
    cue = right_cue(view, end)
    tag = speech_after(view, end)
    return Side(cue, tag, right_features(view, end, cue, tag))


def both_sides(left_cue: str, right_cue: str, left_tag: str, right_tag: str) -> list[str]:
    """Return the features that look at both sides together."""
    return [f"b{left_cue}:{right_cue}", f"y{left_tag}:{right_tag}"]


def _around(places: Iterable[int]) -> set[int]:
    """Return the starts of candidates whose features look at one of ``places``."""
    return {start for at in places for start in range(at - REACH_RIGHT, at + REACH_LEFT)}


class Scorer:
    """Weighs the candidates of one view."""

    def __init__(self, view: str) -> None:
        self._view = view

    def left(self, start: int) -> tuple[Side, float]:
        """Return the left side at ``start`` and its weight."""
        first = max(0, start - _LEFT_WINDOW)
        return _left(self._view[first : start + _ACROSS], start - first)

    def right(self, end: int) -> tuple[Side, float]:
        """Return the right side at ``end`` and its weight."""
        first = max(0, end - _ACROSS)
        return _right(self._view[first : end + _RIGHT_WINDOW], end - first)

    def sides(self, start: int, end: int) -> float:
        """Return what both sides say, whatever stands between them."""
        left, right = self.left(start), self.right(end)
        return left[1] + right[1] + _both(left[0].cue, right[0].cue, left[0].tag, right[0].tag)

    def hopeful(self, start: Start) -> bool:
        """Say whether the start of a full name does not rule it out already."""
        own, least = _weight_of(start.features), weights()["least_start"]
        return own + weights()["best_left"] >= least and self.left(start.at)[1] + own >= least

    def score(self, candidate: Candidate) -> float:
        """Return the log odds that ``candidate`` is a name."""
        return self.sides(candidate.start, candidate.end) + _weight_of(candidate.features)


@lru_cache(1 << 14)
def _left(window: str, at: int) -> tuple[Side, float]:
    side = left_side(window, at)
    return side, _sum(side.features)


@lru_cache(1 << 14)
def _right(window: str, at: int) -> tuple[Side, float]:
    side = right_side(window, at)
    return side, _sum(side.features)


@lru_cache(1 << 14)
def _both(*parts: str) -> float:
    return weights()["bias"] + _sum(both_sides(*parts))


def _sum(features: Iterable[str]) -> float:
    weight = weights().get
    return sum([weight(feature, 0.0) for feature in features])


@lru_cache(1 << 15)
def _weight_of(features: tuple[str, ...]) -> float:
    return _sum(features)


def find(view: str, changed: Sequence[int] | None = None) -> Iterator[Span]:
    """Yield names; of overlapping candidates the likeliest.

    ``changed`` are the places where something has been settled since the last look: the
    rest is as it was, and is not looked at again.
    """
    shape = shaped(view)
    scorer = Scorer(shape)
    scored: dict[tuple[int, int], float] = {}
    near = None if changed is None else _around(changed)
    for candidate in candidates(view, shape, near, scorer.hopeful):
        if near is None or candidate.start in near:
            scored[candidate.start, candidate.end] = scorer.score(candidate)
    by_start: dict[int, list[tuple[float, int]]] = {}
    for (start, end), value in _helped(view, scored).items():
        by_start.setdefault(start, []).append((value, end))
    likely = []
    for start, rivals in by_start.items():
        chance = sum(exp(value) for value, _ in rivals)
        if chance > _LEAST_CHANCE:
            likely.append((-chance, start, max(rivals)[1]))
    taken: set[int] = set()
    for _, start, end in sorted(likely):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            yield Span(start, end, SpanType.NAME)


def _helped(view: str, scored: dict[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """Return the scores, each raised by what speaks for the same name elsewhere in the text."""
    best: dict[str, tuple[float, int]] = {}
    for (start, end), value in scored.items():
        name = view[start:end]
        best[name] = max(best.get(name, (0.0, -1)), (value, start))
    helped = dict(scored)
    for start, end in scored:
        most, where = best[view[start:end]]
        if where not in (start, -1):
            helped[start, end] += min(most, _MOST_HELP)
    return helped


def find_known(view: str, full: Collection[str], given: Collection[str]) -> Iterator[Span]:
    """Yield further places of names already found, and of their given names alone.

    Neither may be run across by an everyday word; a given name that is one itself needs
    sides that speak for a name.
    """
    scorer = Scorer(shaped(view)) if full or given else None
    if scorer is None:
        return
    for name in full:
        for start, end in _places(view, name):
            yield Span(start, end, SpanType.NAME)
    for name in given:
        for start, end in _places(view, name):
            if name not in lexicon() or scorer.sides(start, end) > _EVIDENCE:
                yield Span(start, end, SpanType.NAME)


def _places(view: str, name: str) -> Iterator[tuple[int, int]]:
    start = view.find(name) if len(name) > 1 else -1
    while start >= 0:
        end = start + len(name)
        if not crossing(view, start) and not crossing(view, end):
            yield start, end
        start = view.find(name, end)
