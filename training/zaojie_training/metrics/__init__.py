"""Figures of merit over plain arrays: small functions, no data access, nothing drawn.

``weighted`` holds the figures themselves, ``bootstrap`` their intervals; ``capacity``,
``probability``, ``slices``, ``fairness``, ``lead_time``, ``estimated`` and ``drift`` answer
one question each.
"""

from __future__ import annotations

from zaojie_training.metrics.bootstrap import Sampling, intervals
from zaojie_training.metrics.capacity import AtCapacity, Ties, at_capacity, picked_share
from zaojie_training.metrics.drift import Month, calibration_by_month
from zaojie_training.metrics.estimated import Expected, expected_performance
from zaojie_training.metrics.fairness import Audit, Limits, closed_audit, fairness_audit
from zaojie_training.metrics.lead_time import (
    Caught,
    LeadTime,
    Load,
    caught_harm,
    lead_time,
    recall_ratio,
)
from zaojie_training.metrics.probability import (
    Brier,
    Calibration,
    brier_parts,
    calibration,
    calibration_interval,
)
from zaojie_training.metrics.results import Estimate, Result
from zaojie_training.metrics.rows import Least, Scored
from zaojie_training.metrics.slices import Slice, slices
from zaojie_training.metrics.summary import (
    BINS,
    binary_metrics,
    bins_of,
    calibration_error,
    class_metrics,
    label_metrics,
    top,
)
from zaojie_training.metrics.weighted import Figure, difference, headline, ratio

__all__ = [
    "BINS",
    "AtCapacity",
    "Audit",
    "Brier",
    "Calibration",
    "Caught",
    "Estimate",
    "Expected",
    "Figure",
    "LeadTime",
    "Least",
    "Limits",
    "Load",
    "Month",
    "Result",
    "Sampling",
    "Scored",
    "Slice",
    "Ties",
    "at_capacity",
    "binary_metrics",
    "bins_of",
    "brier_parts",
    "calibration",
    "calibration_by_month",
    "calibration_error",
    "calibration_interval",
    "caught_harm",
    "class_metrics",
    "closed_audit",
    "difference",
    "expected_performance",
    "fairness_audit",
    "headline",
    "intervals",
    "label_metrics",
    "lead_time",
    "picked_share",
    "ratio",
    "recall_ratio",
    "slices",
    "top",
]
