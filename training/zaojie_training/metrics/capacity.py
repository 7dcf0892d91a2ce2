"""Figures at capacity: the ``k`` highest of each centre and week, whatever the order of ties.

Many cases can share one score at the edge of what a centre can visit. With ``a`` cases above
the edge, ``t`` on it of which ``h`` are hits, and ``r = k - a`` visits left for them, the edge
gives ``r h / t`` hits on average over all orders, ``max(0, r - (t - h))`` at worst and
``min(r, h)`` at best (the hypergeometric distribution's mean and support).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zaojie_cases.errors import InputError
from zaojie_models.linear import Floats
from zaojie_training.metrics.results import Ints, Labels, Result, number, sums_by


class Ties(Result):
    """One figure under every order of ties: the mean over them, the least and the greatest."""

    expected: float | None
    worst: float | None
    best: float | None


class AtCapacity(Result):
    """What ``visits`` visits find, the best ``k`` of each of ``centre_weeks`` being visited."""

    rows: int
    positives: int
    centre_weeks: int
    visits: int
    precision: Ties
    recall: Ties
    lift: Ties
    """Precision over the share of positives among all rows."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """By centre-week: where the last visit falls. ``blocks`` gives the centre-week of a row."""

    blocks: Ints
    above: np.ndarray
    """(n,) bool: visited under any order of ties."""
    tied: np.ndarray
    """(n,) bool: on the edge."""
    left: Floats
    """By centre-week: visits left for the rows on the edge."""

    def total(self, values: np.ndarray) -> Floats:
        """Sum ``values`` (one a row) by centre-week."""
        return sums_by(self.blocks, values, len(self.left))


def picked_share(p: Floats, centre: Labels, week: Labels, k: int | Ints) -> Floats:
    """Return the chance of each row to be among the ``k`` highest of its centre and week.

    1 above the edge, 0 below, ``r / t`` on it: (n,). ``k`` is one number, or one a row that
    is the same throughout a centre-week; raises ``InputError`` if it is not.
    """
    edge = _edge(p, centre, week, k)
    tied = edge.total(edge.tied)
    share = np.divide(edge.left, tied, out=np.zeros_like(tied), where=tied > 0)
    return np.where(edge.above, 1.0, np.where(edge.tied, share[edge.blocks], 0.0))


def at_capacity(y: Floats, p: Floats, centre: Labels, week: Labels, k: int | Ints) -> AtCapacity:
    """Return precision, recall and lift of visiting the ``k`` highest of each centre and week.

    All arrays are (n,); ``y`` is 0 or 1. ``k`` as in :func:`picked_share`.
    """
    edge = _edge(p, centre, week, k)
    sure = float((y * edge.above).sum())
    tied, hits, left = edge.total(edge.tied), edge.total(edge.tied * y), edge.left
    mean = np.divide(left * hits, tied, out=np.zeros_like(tied), where=tied > 0)
    found = (
        sure + float(mean.sum()),
        sure + float(np.maximum(0, left - (tied - hits)).sum()),
        sure + float(np.minimum(left, hits).sum()),
    )
    visits = float(edge.above.sum() + left.sum())
    positives = float(y.sum())
    return AtCapacity(
        rows=len(y),
        positives=int(positives),
        centre_weeks=len(left),
        visits=int(visits),
        precision=_ties(found, visits),
        recall=_ties(found, positives),
        lift=_ties(found, visits * positives / max(len(y), 1)),
    )


def _edge(p: Floats, centre: Labels, week: Labels, k: int | Ints) -> _Edge:
    _, places = np.unique(centre, return_inverse=True)
    _, weeks = np.unique(week, return_inverse=True)
    pairs = places.astype(np.int64) * (weeks.max(initial=0) + 1) + weeks
    _, blocks = np.unique(pairs, return_inverse=True)
    sizes = np.bincount(blocks)
    room = np.zeros(len(sizes), dtype=np.int64)
    room[blocks] = k
    if (room[blocks] != k).any():
        raise InputError("同一中心同一周的处置能力写了不同的数。请给每个中心每周一个数。")
    visits = np.minimum(room, sizes)
    ranked = p[np.lexsort((-p, blocks))]
    last = np.cumsum(sizes) - sizes + visits - 1
    cut = np.where(visits > 0, ranked[last], np.inf)[blocks] if len(p) else p
    above = p > cut
    left = visits - sums_by(blocks, above, len(sizes))
    return _Edge(blocks, above, p == cut, left)


def _ties(found: tuple[float, float, float], whole: float) -> Ties:
    expected, worst, best = (number(f / whole) if whole else None for f in found)
    return Ties(expected=expected, worst=worst, best=best)
