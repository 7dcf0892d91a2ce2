"""Figures of weighted rows, many sets of weights at once: what the bootstrap repeats.

A :data:`Figure` knows its rows and takes weights (n, r), one column a replicate; it returns
(r,) values, NaN where a replicate defines none. Weight 1 everywhere gives the plain figure;
whole weights give that of rows repeated so often.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from zaojie_models.linear import Floats
from zaojie_training.metrics.rows import Scored
from zaojie_training.metrics.summary import BINS, bins_of

Figure = Callable[[Floats], Floats]


def over(part: Floats, whole: Floats) -> Floats:
    """Return ``part / whole``, NaN where ``whole`` is 0."""
    found: Floats = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=found, where=whole != 0)
    return found


def share_of(part: Floats, whole: Floats) -> Figure:
    """Return the figure ``sum(w part) / sum(w whole)``; both (n,)."""
    return lambda w: over(part @ w, whole @ w)


def mean_of(values: Floats) -> Figure:
    """Return the figure ``sum(w values) / sum(w)``; ``values`` is (n,)."""
    return share_of(values, np.ones(len(values)))


def difference(one: Figure, other: Figure) -> Figure:
    """Return the figure ``one - other`` on the same replicates (paired)."""
    return lambda w: one(w) - other(w)


def ratio(one: Figure, other: Figure) -> Figure:
    """Return the figure ``one / other`` on the same replicates (paired)."""
    return lambda w: over(one(w), other(w))


def brier_skill(y: Floats, p: Floats) -> Figure:
    """Return ``1 - Brier / (m (1 - m))`` with ``m`` the weighted share of positives."""
    brier, share = mean_of((p - y) ** 2), mean_of(y)
    return lambda w: 1.0 - over(brier(w), share(w) * (1.0 - share(w)))


def calibration_error(y: Floats, p: Floats) -> Figure:
    """Return the calibration error over the equal-mass bins of the unweighted rows."""
    gaps = csr_array((p - y, (bins_of(p), np.arange(len(y)))), shape=(BINS, len(y)))
    return lambda w: over(np.abs(gaps @ w).sum(axis=0), w.sum(axis=0))


def pr_auc(y: Floats, p: Floats) -> Figure:
    """Return average precision: the sum over cuts of (gain in recall) x precision.

    A cut falls between distinct scores only, as in scikit-learn.
    """
    order = _Order(y, p)

    def figure(w: Floats) -> Floats:
        hits, _, seen = order.counts(w)
        return over((hits * over(np.cumsum(hits, axis=0), seen)).sum(axis=0, where=hits > 0), y @ w)

    return figure


def auc(y: Floats, p: Floats) -> Figure:
    """Return the chance that a positive scores above a negative, ties counting half.

    The Mann-Whitney statistic over (weight of positives) x (weight of negatives).
    """
    order = _Order(y, p)

    def figure(w: Floats) -> Floats:
        hits, before, seen = order.counts(w)
        misses = seen - np.cumsum(hits, axis=0)
        own = seen - before - hits
        positives, negatives = y @ w, (1.0 - y) @ w
        return over((hits * (negatives - misses + own / 2)).sum(axis=0), positives * negatives)

    return figure


def headline(scored: Scored) -> dict[str, Figure]:
    """Return the figures by which a scorer is judged, by name; every label must be known.

    Who competed for a visit stays as it was: replicates weigh rows, they do not choose anew.
    """
    y, p, picked = scored.y, scored.p, scored.picked
    return {
        "base_rate": mean_of(y),
        "pr_auc": pr_auc(y, p),
        "auc": auc(y, p),
        "brier": mean_of((p - y) ** 2),
        "brier_skill": brier_skill(y, p),
        "calibration_gap": mean_of(p - y),
        "precision_at_capacity": share_of(picked * y, picked),
        "recall_at_capacity": share_of(picked * y, y),
        "lift_at_capacity": ratio(share_of(picked * y, picked), mean_of(y)),
        "alert_rate": mean_of(picked),
    }


class _Order:
    """Rows from the highest score down, sorted once; blocks of equal score with a positive."""

    def __init__(self, y: Floats, p: Floats) -> None:
        self._order = np.argsort(-p, kind="stable")
        ranked, hits = p[self._order], np.flatnonzero(y[self._order] > 0)
        ends = np.append(np.flatnonzero(np.diff(ranked)) + 1, len(p))
        block = np.searchsorted(ends, hits, side="right")
        kept, self._firsts = np.unique(block, return_index=True)
        self._hits = self._order[hits]
        self._ends = ends[kept] - 1
        self._starts = np.append(0, ends)[kept]

    def counts(self, w: Floats) -> tuple[Floats, Floats, Floats]:
        """Return, by block, the weight of its positives, of all rows before it, and to its end."""
        if not len(self._hits):
            none = np.zeros((0, w.shape[1]))
            return none, none, none
        seen = np.cumsum(w[self._order], axis=0)
        before = np.where(self._starts[:, None] > 0, seen[self._starts - 1], 0.0)
        return np.add.reduceat(w[self._hits], self._firsts, axis=0), before, seen[self._ends]
