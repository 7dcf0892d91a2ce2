"""Weighted figures against scikit-learn, and intervals against what is known of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from zaojie_training.metrics import (
    Sampling,
    Scored,
    calibration_error,
    difference,
    headline,
    intervals,
    ratio,
    weighted,
)
from zaojie_training.metrics.bootstrap import draws

Draw = Callable[..., Scored]
ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.3, 0.30001, 1.0]), st.integers(0, 3)),
    min_size=1,
    max_size=30,
)


@given(ROWS)
@settings(max_examples=150, deadline=None)
def test_weighted_figures_are_those_of_scikit_learn(rows: list[tuple[bool, float, int]]) -> None:
    y, p, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    figures = {"ap": weighted.pr_auc(y, p), "auc": weighted.auc(y, p)}
    found = {name: float(figure(w[:, None])[0]) for name, figure in figures.items()}
    positives, negatives = (w * y).sum(), (w * (1 - y)).sum()
    assert np.isnan(found["ap"]) == (positives == 0)
    assert np.isnan(found["auc"]) == (positives * negatives == 0)
    if positives:
        assert found["ap"] == pytest.approx(average_precision_score(y, p, sample_weight=w))
    if positives and negatives:
        assert found["auc"] == pytest.approx(roc_auc_score(y, p, sample_weight=w))
    if w.sum():
        brier = weighted.mean_of((p - y) ** 2)(w[:, None])[0]
        assert brier == pytest.approx(brier_score_loss(y, p, sample_weight=w))


def test_weights_are_rows_repeated(draw: Draw) -> None:
    scored = draw(200)
    w = np.random.default_rng(1).integers(0, 4, size=200)
    again = scored.take(np.repeat(np.arange(200), w))
    once = np.ones((len(again), 1))
    for name, figure in headline(scored).items():
        repeated = headline(again)[name](once)[0]
        assert figure(w[:, None].astype(float))[0] == pytest.approx(repeated), name


def test_many_replicates_are_many_single_ones(draw: Draw) -> None:
    scored = draw(60, rate=0.05)
    w = np.random.default_rng(2).integers(0, 3, size=(60, 40)).astype(float)
    for name, figure in headline(scored).items():
        apart = np.array([figure(w[:, [j]])[0] for j in range(40)])
        assert figure(w) == pytest.approx(apart, nan_ok=True), name


def test_every_draw_takes_as_many_disputes_as_there_are() -> None:
    counts = list(draws(7, 7_000_000, Sampling(replicates=5, seed=1)))
    assert [part.shape for part in counts] == [(7, 1)] * 5, "memory stays bounded"
    whole = np.concatenate(list(draws(7, 7, Sampling(replicates=4_000, seed=1))), axis=1)
    assert whole.shape == (7, 4_000)
    assert (whole.sum(axis=0) == 7).all()
    assert whole.var() == pytest.approx(6 / 7, rel=0.05), "that of a multinomial"


def test_the_interval_of_a_mean_is_that_of_its_standard_error(draw: Draw) -> None:
    y = draw(2_000).y
    found = intervals({"rate": weighted.mean_of(y)}, np.arange(2_000))["rate"]
    half = 1.96 * np.sqrt(y.mean() * (1 - y.mean()) / 2_000)
    assert found.value == pytest.approx(y.mean())
    assert found.low == pytest.approx(y.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(y.mean() + half, abs=0.15 * half)


def test_rows_of_one_dispute_do_not_make_an_interval_narrower(draw: Draw) -> None:
    once, often = draw(500), draw(5_000, rows_a_dispute=10)
    assert often.y[::10].tolist() == once.y.tolist()
    figure = {"rate": weighted.mean_of(once.y)}
    again = {"rate": weighted.mean_of(often.y)}
    one, other = intervals(figure, once.groups)["rate"], intervals(again, often.groups)["rate"]
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_two_scorers_are_compared_on_the_same_draws(draw: Draw) -> None:
    scored = draw(800)
    worse = scored.p + np.random.default_rng(3).normal(scale=0.02, size=800)
    ours, theirs = weighted.pr_auc(scored.y, scored.p), weighted.pr_auc(scored.y, worse)
    figures = {
        "ours": ours,
        "theirs": theirs,
        "less": difference(theirs, ours),
        "share": ratio(theirs, ours),
        "same": difference(ours, ours),
    }
    found = intervals(figures, scored.groups, Sampling(replicates=200, seed=4))
    width = {name: (one.high or 0) - (one.low or 0) for name, one in found.items()}
    assert width["less"] < width["ours"] / 3, "paired: what both share falls out"
    assert (found["same"].value, found["same"].low, found["same"].high) == (0, 0, 0)
    assert found["share"].value == pytest.approx(found["theirs"].value / found["ours"].value)


@pytest.mark.parametrize("y", [np.zeros(30), np.ones(30)])
def test_one_class_gives_no_value_and_no_interval(y: np.ndarray) -> None:
    scored = Scored(y, np.linspace(0.1, 0.9, 30), np.arange(30), np.zeros(30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = intervals(headline(scored), scored.groups, Sampling(replicates=20))
    assert found["auc"].value is found["auc"].low is None
    assert found["brier_skill"].value is None
    assert (found["pr_auc"].value is None) == (y.sum() == 0)
    assert found["precision_at_capacity"].value is None, "nobody is visited"
    assert "NaN" not in "".join(each.model_dump_json() for each in found.values())


def test_the_same_seed_gives_the_same_interval(draw: Draw) -> None:
    scored = draw(100)
    one, other, third = (
        intervals(headline(scored), scored.groups, Sampling(replicates=50, seed=seed))
        for seed in (1, 1, 2)
    )
    assert one == other
    assert one != third


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_calibration_error_does_not_depend_on_the_order_of_rows(
    rows: list[tuple[bool, float, int]],
) -> None:
    y, p, _ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = calibration_error(y, p)
    assert found == pytest.approx(calibration_error(y[::-1], p[::-1]))
    assert found == pytest.approx(float(weighted.calibration_error(y, p)(np.ones((len(y), 1)))[0]))
