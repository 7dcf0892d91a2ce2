"""Performance before labels are known, from calibrated probabilities alone.

Confidence-based performance estimation (CBPE: Kivimäki, Białek, Kuberski and Nurminen, 2025,
"Performance Estimation in Binary Classification Using Calibrated Confidence"): if a case comes
about with the probability stated, and cases do so independently, the expected counts follow.
It holds as far as the calibration does, which is why realised figures stand beside it.
"""

from __future__ import annotations

import numpy as np

from zaojie_models.linear import Floats
from zaojie_training.metrics.results import Result, number


class Confusion(Result):
    """Expected or counted cases at capacity, by visited or not and come about or not."""

    visited_yes: float
    visited_no: float
    missed_yes: float
    missed_no: float


class Expected(Result):
    """What the figures will be if the probabilities are right."""

    rows: int
    positives: float
    pr_auc: float | None
    auc: float | None
    brier: float | None
    confusion: Confusion
    precision_at_capacity: float | None
    recall_at_capacity: float | None


def expected_performance(p: Floats, picked: Floats) -> Expected:
    """Return the expected figures of probabilities ``p`` (n,).

    ``picked`` (n,) is the chance of a row to be visited. PR-AUC and AUC are the expected
    numerator over the expected denominator; a row that comes about counts itself among the
    hits above it: ``p_i (1 + sum of the other p down to its score) / rank``.
    """
    hits = float(p.sum())
    found, visits = float(picked @ p), float(picked.sum())
    return Expected(
        rows=len(p),
        positives=hits,
        pr_auc=_average_precision(p),
        auc=_auc(p),
        brier=number(float((p * (1 - p)).sum()) / len(p)) if len(p) else None,
        confusion=Confusion(
            visited_yes=found,
            visited_no=visits - found,
            missed_yes=hits - found,
            missed_no=len(p) - visits - hits + found,
        ),
        precision_at_capacity=found / visits if visits else None,
        recall_at_capacity=found / hits if hits else None,
    )


def _average_precision(p: Floats) -> float | None:
    scores, sizes = np.unique(p, return_counts=True)
    scores, sizes = scores[::-1], sizes[::-1]
    hits = np.cumsum(scores * sizes)
    gained = scores * sizes * (1 + hits - scores) / np.cumsum(sizes)
    return float(gained.sum() / hits[-1]) if len(p) and hits[-1] else None


def _auc(p: Floats) -> float | None:
    """Expected pairs in the right order over expected pairs of a positive and a negative."""
    scores, sizes = np.unique(p, return_counts=True)
    yes, no = scores * sizes, (1 - scores) * sizes
    below = np.cumsum(no) - no
    tied = scores * (1 - scores) * sizes * (sizes - 1) / 2
    pairs = float(yes.sum() * no.sum() - (p * (1 - p)).sum())
    return float((yes * below + tied).sum()) / pairs if pairs > 0 else None
