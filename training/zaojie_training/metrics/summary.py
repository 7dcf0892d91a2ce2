"""Figures of merit; each takes labels first and works on plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    roc_auc_score,
)

from zaojie_models.linear import Floats

BINS = 10


def binary_metrics(y: Floats, p: Floats, *, capacity: int) -> dict[str, float]:
    """Return the figures of a yes/no target; ``capacity`` is how many cases can be visited."""
    chosen = top(p, capacity)
    found = y[chosen].sum()
    return {
        "rows": float(len(y)),
        "base_rate": float(y.mean()),
        "auc": float(roc_auc_score(y, p)) if 0 < y.sum() < len(y) else float("nan"),
        "pr_auc": float(average_precision_score(y, p)) if y.sum() else float("nan"),
        "brier": float(brier_score_loss(y, p)),
        "brier_skill": 1.0 - brier_score_loss(y, p) / max(y.mean() * (1 - y.mean()), 1e-12),
        "calibration_error": calibration_error(y, p),
        "precision_at_capacity": float(found / max(len(chosen), 1)),
        "recall_at_capacity": float(found / y.sum()) if y.sum() else float("nan"),
    }


def top(p: Floats, k: int) -> np.ndarray:
    """Return the rows of the k highest scores; ties are broken by row order."""
    return np.argsort(-p, kind="stable")[:k]


def bins_of(p: Floats) -> np.ndarray:
    """Return the bin, 0 to 9, of each score: ten bins of equal size; equal scores share one."""
    order = np.argsort(p, kind="stable")
    sizes = [len(part) for part in np.array_split(order, BINS)]
    by_rank = np.repeat(np.arange(BINS), sizes)
    _, value, count = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count + count // 2
    return np.asarray(by_rank[middle][value])


def calibration_error(y: Floats, p: Floats) -> float:
    """Return the mean distance between forecast and share over ten bins of equal size.

    Equal scores stay in one bin, so that the order of the rows does not matter.
    """
    gaps = np.bincount(bins_of(p), weights=p - y, minlength=BINS)
    return float(np.abs(gaps).sum() / len(y))


def class_metrics(labels: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Return the figures of a target with one of several classes."""
    return {
        "rows": float(len(labels)),
        "accuracy": float(accuracy_score(labels, found)),
        "macro_f1": float(f1_score(labels, found, average="macro", zero_division=0)),
    }


def label_metrics(wanted: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Return the figures of a target with any of several labels: 0/1 arrays (n, labels)."""
    return {
        "rows": float(len(wanted)),
        "micro_f1": float(f1_score(wanted, found, average="micro", zero_division=0)),
        "macro_f1": float(f1_score(wanted, found, average="macro", zero_division=0)),
    }
