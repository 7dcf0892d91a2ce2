"""Calibration month by month: what the probabilities promise beside what came about."""

from __future__ import annotations

import numpy as np

from zaojie_training.metrics.bootstrap import QUICK, Sampling, intervals
from zaojie_training.metrics.estimated import Expected, expected_performance
from zaojie_training.metrics.probability import calibration_interval
from zaojie_training.metrics.recalibration import intercept, slope
from zaojie_training.metrics.results import Estimate, Labels, Result, codes_of
from zaojie_training.metrics.rows import ENOUGH, Least, Scored
from zaojie_training.metrics.weighted import headline


class Month(Result):
    """One month: ``estimated`` from all rows, ``realised`` from those whose label is known.

    ``realised`` holds the figures of ``weighted.headline``, ``intercept``, ``slope`` and
    ``calibration_error``; it is empty while too few labels are known.
    """

    month: str
    rows: int
    known: int
    positives: int
    estimated: Expected
    realised: dict[str, Estimate]


def calibration_by_month(
    month: Labels, scored: Scored, *, least: Least = ENOUGH, sampling: Sampling = QUICK
) -> list[Month]:
    """Return the months in order; ``month`` (n,) has labels that sort, such as 2026-03."""
    found = []
    names, codes = codes_of(month)
    for code, name in enumerate(names.tolist()):
        part = scored.take(codes == code)
        known = part.take(~np.isnan(part.y))
        found.append(
            Month(
                month=str(name),
                rows=len(part),
                known=len(known),
                positives=int(known.y.sum()),
                estimated=expected_performance(part.p, part.picked),
                realised=_realised(known, sampling) if least.reached(known) else {},
            )
        )
    return found


def _realised(known: Scored, sampling: Sampling) -> dict[str, Estimate]:
    figures = headline(known) | {
        "intercept": intercept(known.y, known.p),
        "slope": slope(known.y, known.p),
    }
    error = calibration_interval(known.y, known.p, known.groups, sampling)
    return intervals(figures, known.groups, sampling) | {"calibration_error": error}
