"""Calibration, place rates and out-of-fold answers on data whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from zaojie_cases.record import SHANGHAI, Case
from zaojie_features.text import TextRow
from zaojie_training import counting
from zaojie_training.binary import LEAST_POSITIVES, calibration_window, learn_binary, place_rates
from zaojie_training.counting import counted
from zaojie_training.examples import Examples
from zaojie_training.sample import Sample, group_folds, thin
from zaojie_training.solvers import csr, platt


def sample(source: Callable[..., Any], rows: list[dict[str, str]]) -> Sample:
    """Return all rows as one sample."""
    data = source(rows).data()
    examples = Examples.of(data)
    space = examples.corpus.learn(range(len(data)))
    y = np.array(data.labels["y"], dtype=np.float64)
    return Sample(examples, space, np.arange(len(data)), y)


@pytest.mark.parametrize(("slope", "offset"), [(1.7, -0.6), (0.4, -2.5), (3.0, 1.0)])
def test_platt_finds_the_sigmoid_that_made_the_labels(slope: float, offset: float) -> None:
    rng = np.random.default_rng(7)
    raw = rng.normal(size=40_000)
    y = (rng.uniform(size=len(raw)) < 1 / (1 + np.exp(-(slope * raw + offset)))).astype(float)
    found = platt(raw, y)
    assert found.slope == pytest.approx(slope, rel=0.06)
    assert found.offset == pytest.approx(offset, abs=0.06)


def test_platt_never_turns_the_order_round() -> None:
    raw = np.linspace(-2, 2, 100)
    found = platt(raw, (raw < 0).astype(float))
    assert found.slope > 0
    assert found.probability(1.0) > found.probability(-1.0)


def test_platt_leaves_room_for_doubt_when_the_classes_part() -> None:
    """Softened labels (Platt): with few cases no probability runs to 0 or 1."""
    raw = np.array([-1.0, -1, -1, 1, 1])
    found = platt(raw, (raw > 0).astype(float))
    assert found.probability(1.0) == pytest.approx(3 / 4, abs=0.01)
    assert found.probability(-1.0) == pytest.approx(1 / 5, abs=0.01)


def test_rates_of_places_are_drawn_towards_the_whole() -> None:
    places = ["A1", "A1", "A2", "B1", None, "430103002001"]
    y = np.array([1.0, 1, 0, 0, 1, 0])
    rates = place_rates(places, y)
    assert rates.base == pytest.approx(3 / 6)
    assert rates.row("A1") == pytest.approx(((2 + 20 * 0.5) / 22, (2 + 20 * 0.5) / 23))
    assert rates.row("A9") == pytest.approx((0.5, (2 + 20 * 0.5) / 23))
    assert rates.row("430103002001") == pytest.approx(((0 + 10) / 21, (0 + 10) / 21))
    assert rates.row("430103002999") == pytest.approx((0.5, (0 + 10) / 21))
    assert rates.row("Z1") == rates.row(None) == (0.5, 0.5)


def test_probabilities_rest_on_the_last_window_if_it_is_full(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    found = sample(source, [make_row(i, "1") for i in range(120)])
    y = found.y.copy()
    late = np.flatnonzero(calibration_window(found.stamps, y)).tolist()
    assert late == list(range(late[0], 120))
    assert 40 <= len(late) <= 50
    y[: 120 - LEAST_POSITIVES + 1] = 0
    assert calibration_window(found.stamps, y).all()


def test_what_is_not_there_is_not_found(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    """Random labels of groups with texts and places of their own: a leak would show as AUC 1."""
    labels = np.random.default_rng(3).integers(0, 2, 80)
    rows = [
        make_row(3 * g + k, str(labels[g]), 组=f"g{g}", 地点=f"Q{g}", 内容=f"地名{g}甲，事由{g}乙")
        for g in range(80)
        for k in range(3)
    ]
    found = sample(source, rows)
    y = found.y
    learnt = learn_binary(found, process=True, seed=0)
    assert 0.3 < roc_auc_score(y, learnt.out_of_fold) < 0.7


def test_what_is_there_is_found_and_calibrated(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(5)
    bad = rng.integers(0, 2, 240)
    labels = np.where(rng.uniform(size=240) < 0.9, bad, 1 - bad)
    rows = [
        make_row(
            i, str(labels[i]), 内容=make_row(i, "")["内容"] + ("扬言报复" if bad[i] else "态度平和")
        )
        for i in range(240)
    ]
    found = sample(source, rows)
    y = found.y
    learnt = learn_binary(found, process=False, seed=0)
    assert roc_auc_score(y, learnt.out_of_fold) > 0.85
    assert learnt.out_of_fold.mean() == pytest.approx(y.mean(), abs=0.06)
    assert learnt.model.rates is None
    assert "place_rate" not in learnt.model.columns


def test_text_rows_stand_in_their_columns() -> None:
    rows = [
        TextRow(np.array([0, 3]), np.array([0.5, 2.0])),
        TextRow(np.array([], dtype=np.int64), np.array([])),
        TextRow(np.array([1]), np.array([4.0])),
    ]
    assert csr(rows, 4).toarray().tolist() == [[0.5, 0, 0, 2.0], [0] * 4, [0, 4.0, 0, 0]]


def test_folds_keep_groups_whole_and_share_out_the_positives() -> None:
    groups = [f"g{i // 2}" for i in range(60)]
    y = np.array([float(i in (0, 10, 21, 30, 59)) for i in range(60)])
    fold = group_folds(y, groups, 5, seed=1)
    assert sorted(set(fold)) == [0, 1, 2, 3, 4]
    assert all(fold[i] == fold[i + 1] for i in range(0, 60, 2))
    assert all(y[fold == n].sum() == 1 for n in range(5))
    assert set(group_folds(y, groups, 9, seed=1)) == set(range(5))


def test_thinned_rows_stand_for_those_left_out() -> None:
    y = np.array([1.0] * 30 + [0.0] * 970)
    rows, weights = thin(y, 200, seed=0)
    assert len(rows) == 200
    assert y[rows].sum() == 30
    assert weights @ y[rows] == pytest.approx(30)
    assert weights.sum() == pytest.approx(1000)
    every, ones = thin(y, 1000, seed=0)
    assert every.tolist() == list(range(1000))
    assert set(ones) == {1.0}


def test_another_process_counts_what_this_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 3, 1, tzinfo=SHANGHAI)
    cases = [
        Case(
            case_id=str(i),
            source_system="s",
            source_case_no=str(i),
            registered_at=at,
            narrative_masked=f"第{i % 7}组因水沟{'争执' * (i % 3)}，{i}",
        )
        for i in range(30)
    ]
    with counted(cases) as here:
        pass
    monkeypatch.setattr(counting, "LEAST", 1)
    monkeypatch.setattr(counting, "CHUNK", 7)
    with counted(cases) as there:
        pass
    one, other = (corpus.learn(range(30)) for corpus in (here, there))
    assert one.idf == other.idf
    for a, b in zip(here.rows(one), there.rows(other), strict=True):
        assert a.columns.tolist() == b.columns.tolist()
        assert a.weights.tobytes() == b.weights.tobytes()
