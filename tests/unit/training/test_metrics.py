"""Figures of merit against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_training.metrics import (
    binary_metrics,
    calibration_error,
    class_metrics,
    label_metrics,
    top,
)

PAIRS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60)


def test_a_yes_no_target_by_hand() -> None:
    y, p = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])
    found = binary_metrics(y, p, capacity=2)
    assert found == pytest.approx(
        {
            "rows": 4,
            "base_rate": 0.5,
            "auc": 3 / 4,
            "pr_auc": (1 + 2 / 3) / 2,
            "brier": (0.01 + 0.64 + 0.09 + 0.01) / 4,
            "brier_skill": 1 - 0.1875 / 0.25,
            "calibration_error": (0.1 + 0.8 + 0.3 + 0.1) / 4,
            "precision_at_capacity": 1 / 2,
            "recall_at_capacity": 1 / 2,
        }
    )


def test_calibration_error_over_ten_bins_by_hand() -> None:
    """Bin k holds forecasts that average k/10 + 0.03, and one of two cases comes about."""
    p = np.array([k / 10 + add for k in range(10) for add in (0.02, 0.04)])
    y = np.array([0.0, 1.0] * 10)
    expected = sum(abs(k / 10 + 0.03 - 0.5) for k in range(10)) / 10
    assert calibration_error(y, p) == pytest.approx(expected)
    order = np.random.default_rng(0).permutation(20)
    assert calibration_error(y[order], p[order]) == pytest.approx(expected)


def test_true_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(size=20_000)
    y = (rng.uniform(size=20_000) < p).astype(float)
    assert calibration_error(y, p) < 0.01
    assert calibration_error(y, p**2) > 0.1


@pytest.mark.parametrize("y", [np.zeros(5), np.ones(5)])
def test_one_class_gives_no_figure_where_none_is_defined(y: np.ndarray) -> None:
    found = binary_metrics(y, np.linspace(0.1, 0.5, 5), capacity=3)
    assert math.isnan(found["auc"])
    assert math.isnan(found["recall_at_capacity"]) == (y.sum() == 0)
    assert found["precision_at_capacity"] == y[0]


def test_ties_at_capacity_go_by_row_order() -> None:
    p = np.array([0.2, 0.5, 0.5, 0.9, 0.5])
    assert top(p, 3).tolist() == [3, 1, 2]
    assert top(np.full(4, 0.5), 2).tolist() == [0, 1]
    y = np.array([0.0, 1, 0, 0, 1])
    assert binary_metrics(y, p, capacity=3)["precision_at_capacity"] == pytest.approx(1 / 3)


@given(PAIRS, st.integers(1, 80))
def test_capacity_beyond_the_rows_takes_them_all(
    pairs: list[tuple[bool, float]], capacity: int
) -> None:
    y = np.array([float(label) for label, _ in pairs])
    p = np.array([forecast for _, forecast in pairs])
    chosen = top(p, capacity)
    assert len(chosen) == min(capacity, len(p))
    left = np.setdiff1d(np.arange(len(p)), chosen)
    assert len(left) == 0 or p[chosen].min() >= p[left].max()
    assert 0 <= calibration_error(y, p) <= 1


def test_classes_and_labels_by_hand() -> None:
    found = class_metrics(["甲", "甲", "乙", "丙"], ["甲", "乙", "乙", "乙"])
    assert found["accuracy"] == pytest.approx(1 / 2)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    wanted, said = np.array([[1, 0], [1, 1], [0, 0]]), np.array([[1, 0], [0, 1], [0, 1]])
    several = label_metrics(wanted, said)
    assert several["micro_f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert several["macro_f1"] == pytest.approx((2 / 3 + 2 / 3) / 2)
