"""How good probabilities are as probabilities: Brier score, its parts, calibration."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from zaojie_models.linear import Floats
from zaojie_training.metrics.bootstrap import DEFAULT, Sampling, estimate, replicates_of
from zaojie_training.metrics.recalibration import intercept, slope
from zaojie_training.metrics.results import Estimate, Labels, Result, number, sums_by
from zaojie_training.metrics.summary import BINS, bins_of
from zaojie_training.metrics.summary import calibration_error as plain_error
from zaojie_training.metrics.weighted import calibration_error, over


class Brier(Result):
    """The Brier score and its parts over ten bins of equal size.

    ``brier = reliability - resolution + uncertainty + within_variance - within_covariance``:
    Murphy (1973), with the two terms of spread inside a bin without which the sum does not
    hold (Stephenson, Coelho and Jolliffe, 2008). ``skill`` is ``1 - brier / uncertainty``.
    """

    brier: float
    skill: float | None
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


class Calibration(Result):
    """Calibration of one set of forecasts.

    ``error``: mean gap between forecast and share over ten bins of equal size.
    ``debiased_error``: the same less what chance alone is seen to add, rows independent.
    ``gap``: mean forecast minus share. ``intercept``: of a logistic recalibration with slope
    1 (calibration in the large; 0 is right). ``slope``: of one with free intercept (1 is
    right, less is over-confident): Cox (1958), Van Calster et al. (2019).
    """

    error: float
    debiased_error: float
    gap: float
    intercept: float | None
    slope: float | None


def brier_parts(y: Floats, p: Floats) -> Brier:
    """Return the Brier score of forecasts ``p`` of ``y`` (n,), taken apart."""
    bins, n = bins_of(p), len(y)
    sizes = sums_by(bins, np.ones(n), BINS)
    forecast, share = (over(sums_by(bins, values, BINS), sizes) for values in (p, y))
    rate = float(y.mean())
    inside, hit = p - forecast[bins], y - share[bins]
    brier, uncertainty = float(((p - y) ** 2).mean()), rate * (1 - rate)
    return Brier(
        brier=brier,
        skill=1 - brier / uncertainty if uncertainty else None,
        reliability=float(np.nansum(sizes * (forecast - share) ** 2) / n),
        resolution=float(np.nansum(sizes * (share - rate) ** 2) / n),
        uncertainty=uncertainty,
        within_variance=float((inside**2).mean()),
        within_covariance=float(2 * (inside * hit).mean()),
    )


def calibration(y: Floats, p: Floats) -> Calibration:
    """Return the calibration of forecasts ``p`` of ``y`` (n,)."""
    once = np.ones((len(y), 1))
    return Calibration(
        error=plain_error(y, p),
        debiased_error=debiased_calibration_error(y, p),
        gap=float((p - y).mean()),
        intercept=number(intercept(y, p)(once)[0]),
        slope=number(slope(y, p)(once)[0]),
    )


def debiased_calibration_error(y: Floats, p: Floats) -> float:
    """Return the calibration error less what chance alone is seen to add, at least 0.

    Kumar, Liang and Ma (2019), appendix: the plain error is repeated with shares drawn from
    ``N(share, share (1 - share) / n)`` and the mean rise is taken off. The mean of such an
    absolute gap is that of a folded normal, so nothing needs to be drawn. Where forecasts are
    right this removes two fifths of what chance adds (1 - (sqrt 2 - 1) is left), where they
    are clearly wrong all of it.
    """
    bins = bins_of(p)
    sizes = sums_by(bins, np.ones(len(y)), BINS)
    gap, share = (over(sums_by(bins, values, BINS), sizes) for values in (p - y, y))
    spread = np.sqrt(over(share * (1 - share), sizes))
    z = over(gap, spread)
    folded = spread * np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2) + gap * (1 - 2 * norm.cdf(-z))
    drawn = np.where(spread > 0, folded, np.abs(gap))
    return max(0.0, float(np.nansum(sizes * (2 * np.abs(gap) - drawn)) / len(y)))


def calibration_interval(
    y: Floats, p: Floats, groups: Labels, sampling: Sampling = DEFAULT
) -> Estimate:
    """Return the calibration error and its interval, both less what chance is seen to add.

    Drawing again adds to the error as much as the sample did, so the percentile interval
    would lie too high: the value is ``2 e - mean(drawn)`` and the interval is the basic one,
    ``2 e - quantile(drawn)`` (Davison and Hinkley, 1997, 5.2), none below 0. Disputes
    (``groups``) are drawn whole, so rows of one dispute do not pass for independent.
    """
    figure = {"error": calibration_error(y, p)}
    drawn = replicates_of(figure, groups, sampling)["error"]
    turned = np.maximum(0.0, 2 * plain_error(y, p) - drawn)
    value = max(0.0, 2 * plain_error(y, p) - float(np.nanmean(drawn)))
    return estimate(value, turned, sampling)
