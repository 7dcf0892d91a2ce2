"""The Brier score taken apart, calibration error without chance, and recalibration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from zaojie_training.metrics import (
    Sampling,
    Scored,
    brier_parts,
    calibration,
    calibration_error,
    calibration_interval,
)
from zaojie_training.metrics.probability import debiased_calibration_error
from zaojie_training.metrics.recalibration import intercept, slope

Draw = Callable[..., Scored]
ROWS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=80)


@given(ROWS)
@settings(max_examples=150, deadline=None)
def test_the_parts_of_the_brier_score_sum_to_it(rows: list[tuple[bool, float]]) -> None:
    y, p = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = brier_parts(y, p)
    assert found.brier == pytest.approx(brier_score_loss(y, p))
    assert found.brier == pytest.approx(
        found.reliability
        - found.resolution
        + found.uncertainty
        + found.within_variance
        - found.within_covariance
    )
    assert (found.skill is None) == (found.uncertainty == 0)
    assert "NaN" not in calibration(y, p).model_dump_json()


def test_the_parts_by_hand() -> None:
    y, p = np.array([0.0, 1, 1, 1] * 10), np.array([0.5] * 40)
    found = brier_parts(y, p)
    assert found.reliability == pytest.approx(0.0625)
    assert found.uncertainty == pytest.approx(0.1875)
    assert found.brier == pytest.approx(0.25)
    assert (found.resolution, found.within_variance, found.within_covariance) == (0, 0, 0)


def test_chance_adds_less_to_the_debiased_error(draw: Draw) -> None:
    plain, clean, wrong = [], [], []
    for seed in range(40):
        scored = draw(1_000, seed=seed)
        plain.append(calibration_error(scored.y, scored.p))
        clean.append(debiased_calibration_error(scored.y, scored.p))
        wrong.append(debiased_calibration_error(scored.y, scored.p / 2))
    assert np.mean(clean) == pytest.approx((2 - np.sqrt(2)) * np.mean(plain), rel=0.05)
    truth = np.mean([draw(1_000, seed=seed).p.mean() / 2 for seed in range(40)])
    assert np.mean(wrong) == pytest.approx(truth, rel=0.1), "a real error stays"


def test_the_debiased_error_is_what_drawing_shares_gives(draw: Draw) -> None:
    scored = draw(300, seed=5)
    y, p = scored.y, scored.p
    order = np.argsort(p, kind="stable")
    bins = np.array_split(order, 10)
    rng, again = np.random.default_rng(0), []
    share = np.array([y[b].mean() for b in bins])
    size = np.array([len(b) for b in bins])
    for _ in range(20_000):
        seen = rng.normal(share, np.sqrt(share * (1 - share) / size))
        gaps = np.abs([p[b].mean() for b in bins] - seen)
        again.append((size * gaps).sum() / 300)
    wanted = 2 * calibration_error(y, p) - np.mean(again)
    assert debiased_calibration_error(y, p) == pytest.approx(wanted, abs=2e-4)


def test_the_interval_of_the_error_counts_disputes_and_not_rows(draw: Draw) -> None:
    once, often = draw(600, seed=2), draw(6_000, seed=2, rows_a_dispute=10)
    sampling = Sampling(replicates=400)
    one = calibration_interval(once.y, once.p, once.groups, sampling)
    other = calibration_interval(often.y, often.p, often.groups, sampling)
    assert (other.value, other.high) == pytest.approx((one.value, one.high), rel=0.05)
    assert one.value < calibration_error(once.y, once.p)
    assert one.low >= 0


def test_the_interval_holds_no_error_where_there_is_none(draw: Draw) -> None:
    covered = 0
    for seed in range(20):
        scored = draw(2_000, seed=seed)
        found = calibration_interval(scored.y, scored.p, scored.groups, Sampling(replicates=200))
        covered += found.low <= 0.004
    assert covered >= 18
    bad = calibration_interval(scored.y, scored.p**2, scored.groups, Sampling(replicates=200))
    assert bad.low > 0.02


def test_slope_and_intercept_of_scores_made_wrong_on_purpose(draw: Draw) -> None:
    scored = draw(60_000, seed=3)
    sure = expit(2 * logit(np.clip(scored.p, 1e-6, 1 - 1e-6)))
    assert calibration(scored.y, sure).slope == pytest.approx(0.5, abs=0.02)
    low = expit(logit(np.clip(scored.p, 1e-6, 1 - 1e-6)) - 1)
    assert calibration(scored.y, low).intercept == pytest.approx(1.0, abs=0.04)
    assert calibration(scored.y, low).gap < 0


def test_slope_is_that_of_scikit_learn(draw: Draw) -> None:
    scored = draw(3_000, seed=4)
    x = logit(np.clip(scored.p, 1e-12, 1 - 1e-12))[:, None]
    w = np.random.default_rng(0).poisson(1, size=(3_000, 40)).astype(float)
    figure = slope(scored.y, scored.p)

    def fitted(weights: np.ndarray | None) -> float:
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000)
        return model.fit(x, scored.y, sample_weight=weights).coef_[0, 0]

    assert figure(np.ones((3_000, 1)))[0] == pytest.approx(fitted(None), rel=1e-5)
    wanted = np.array([fitted(column) for column in w.T])
    assert figure(w) == pytest.approx(wanted, rel=0.02), "one step comes near"
    assert np.abs(figure(w) - wanted).max() < wanted.std() / 5


def test_the_intercept_makes_the_mean_right(draw: Draw) -> None:
    scored = draw(500)
    for p in (scored.p / 50, np.full(500, 1e-9), np.full(500, 0.999)):
        a = intercept(scored.y, p)(np.ones((500, 1)))[0]
        moved = expit(logit(np.clip(p, 1e-12, 1 - 1e-12)) + a)
        assert moved.mean() == pytest.approx(scored.y.mean())


def test_where_no_finite_fit_exists_there_is_no_figure() -> None:
    p = np.linspace(0.1, 0.9, 20)
    for y in (np.zeros(20), np.ones(20)):
        found = calibration(y, p)
        assert found.intercept is found.slope is None
    apart = calibration((p > 0.5).astype(float), p)
    assert apart.slope is None
    assert apart.intercept is not None
    assert calibration((p > 0.5).astype(float), np.full(20, 0.3)).slope is None
