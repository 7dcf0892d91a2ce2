"""Slices and months: the figures of a part are those of its rows, and "too few" is a result."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from zaojie_training.metrics import (
    Least,
    Sampling,
    Scored,
    calibration_by_month,
    expected_performance,
    slices,
)

Draw = Callable[..., Scored]
FAST = Sampling(replicates=60)


def test_a_slice_has_the_figures_of_its_rows(draw: Draw) -> None:
    scored = draw(600)
    region = np.where(np.arange(600) % 3 == 0, "城区", "农村")
    found = slices({"地区": region, "渠道": np.full(600, "热线")}, scored, sampling=FAST)
    assert {(s.key, s.value, s.rows) for s in found} == {
        ("地区", "城区", 200),
        ("地区", "农村", 400),
        ("渠道", "热线", 600),
    }
    town = next(s for s in found if s.value == "城区")
    part = scored.take(region == "城区")
    figures = town.figures
    assert figures["pr_auc"].value == pytest.approx(average_precision_score(part.y, part.p))
    assert figures["auc"].value == pytest.approx(roc_auc_score(part.y, part.p))
    recall = (part.picked * part.y).sum() / part.y.sum()
    assert figures["recall_at_capacity"].value == pytest.approx(recall)
    for figure in figures.values():
        assert figure.low <= figure.value <= figure.high


def test_too_few_is_a_result_with_counts(draw: Draw) -> None:
    scored = draw(600)
    keys = np.array(["少"] * 99 + ["够"] * 501)
    small, large = sorted(slices({"k": keys}, scored, sampling=FAST), key=lambda s: s.rows)
    assert (small.rows, small.too_few, small.figures) == (99, True, {})
    assert small.positives == scored.y[:99].sum()
    assert not large.too_few
    wanted = Least(rows=50, positives=1)
    assert not any(s.too_few for s in slices({"k": keys}, scored, least=wanted, sampling=FAST))


def test_many_rows_of_one_dispute_are_one_piece_of_evidence() -> None:
    y = np.repeat([1.0, 0.0], 200)
    scored = Scored(y, y / 2, np.repeat(np.arange(40), 10), np.zeros(400))
    [one] = slices({"k": np.zeros(400)}, scored, least=Least(positives=21), sampling=FAST)
    assert (one.positives, one.positive_disputes, one.too_few) == (200, 20, True)


def test_a_month_shows_what_was_promised_beside_what_came_about(draw: Draw) -> None:
    scored = draw(3_000)
    month = np.repeat(["2026-01", "2026-02", "2026-03"], 1_000)
    y = np.where(month == "2026-03", np.nan, scored.y)
    y[1_500:2_000] = np.nan
    p = np.where(month == "2026-02", scored.p**2, scored.p)
    known = Scored(y, p, scored.groups, scored.picked)
    right, wrong, unknown = calibration_by_month(month, known, sampling=FAST)
    assert [m.known for m in (right, wrong, unknown)] == [1_000, 500, 0]
    assert unknown.realised == {}
    assert unknown.estimated.positives == pytest.approx(p[2_000:].sum())
    for name, none in (("intercept", 0), ("slope", 1), ("calibration_gap", 0)):
        assert right.realised[name].low <= none <= right.realised[name].high, name
        assert not wrong.realised[name].low <= none <= wrong.realised[name].high, name
    assert right.realised["calibration_error"].low < 0.01 < wrong.realised["calibration_error"].low
    assert right.estimated.pr_auc == pytest.approx(right.realised["pr_auc"].value, abs=0.06)
    assert "NaN" not in "".join(m.model_dump_json() for m in (right, wrong, unknown))


def test_expected_figures_are_the_mean_over_all_outcomes() -> None:
    """Every outcome of six cases, with its probability; ties of score among them."""
    p = np.array([0.9, 0.6, 0.6, 0.3, 0.3, 0.1])
    picked = np.array([1.0, 0.5, 0.5, 0, 0, 0])
    hits = pairs = precision = ranked = brier = found = 0.0
    for outcome in product([0.0, 1.0], repeat=6):
        y = np.array(outcome)
        chance = np.prod(np.where(y == 1, p, 1 - p))
        below = (p[:, None] > p) + (p[:, None] == p) / 2
        ranked += chance * (below * np.outer(y, 1 - y)).sum()
        pairs += chance * y.sum() * (1 - y).sum()
        hits += chance * y.sum()
        found += chance * picked @ y
        brier += chance * ((p - y) ** 2).mean()
        if y.sum():
            precision += chance * average_precision_score(y, p) * y.sum()
    told = expected_performance(p, picked)
    assert told.pr_auc == pytest.approx(precision / hits)
    assert told.auc == pytest.approx(ranked / pairs)
    assert told.brier == pytest.approx(brier)
    assert told.positives == pytest.approx(hits)
    assert told.confusion.visited_yes == pytest.approx(found)
    assert told.recall_at_capacity == pytest.approx(found / hits)
    assert told.precision_at_capacity == pytest.approx(found / 2)
    cells = told.confusion
    whole = cells.visited_yes + cells.visited_no + cells.missed_yes + cells.missed_no
    assert whole == pytest.approx(6)


@pytest.mark.parametrize("p", [np.zeros(0), np.zeros(4), np.ones(4)])
def test_nothing_expected_is_no_figure(p: np.ndarray) -> None:
    told = expected_performance(p, np.zeros(len(p)))
    assert told.auc is None
    assert (told.pr_auc is None) == (p.sum() == 0)
    assert "NaN" not in told.model_dump_json()
