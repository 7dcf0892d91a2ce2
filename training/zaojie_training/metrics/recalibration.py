"""Logistic recalibration: how forecasts would have to be moved to be right.

``logit P(y) = a + b logit(p)`` (Cox, 1958), fitted by Newton's method for many sets of
weights at once. NaN where a set of weights has one class only, or scores that part the
classes, so that no finite fit exists.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit

from zaojie_models.linear import Floats
from zaojie_training.metrics.weighted import Figure, over

_NEAR = 1e-12
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""
_STEPS = 60
_LONGEST = 1.0
"""A step is cut to this length: far from the answer Newton's steps overshoot."""
_CLOSE = 1e-9


def intercept(y: Floats, p: Floats) -> Figure:
    """Return the figure ``a`` of ``logit P(y) = a + logit(p)``: 0 is right, more is too low."""
    x = logit(np.clip(p, _NEAR, 1 - _NEAR))

    def step(off: Floats, spread: Floats) -> Floats:
        return over(off.sum(axis=0), spread.sum(axis=0))[None]

    return lambda w: _fit(y, x, np.ones((1, len(y))), step, np.zeros((1, w.shape[1])), w)[0]


def slope(y: Floats, p: Floats) -> Figure:
    """Return the figure ``b`` of ``logit P(y) = a + b logit(p)``: 1 is right, less is too sure."""
    x = logit(np.clip(p, _NEAR, 1 - _NEAR))
    x = x - x.mean()  # the intercept is not asked for; centred, the two hardly hang together

    def step(off: Floats, spread: Floats) -> Floats:
        g0, g1 = off.sum(axis=0), x @ off
        h0, h1, h2 = spread.sum(axis=0), x @ spread, x**2 @ spread
        det = h0 * h2 - h1**2
        det = np.where(det > _CLOSE * h0 * h2, det, 0.0)
        return np.stack([over(h2 * g0 - h1 * g1, det), over(h0 * g1 - h1 * g0, det)])

    design = np.stack([np.ones(len(y)), x])
    start = np.array([[logit(np.clip(y.mean(), _NEAR, 1 - _NEAR))], [1.0]])
    start = _fit(y, np.zeros(len(y)), design, step, start, np.ones((len(y), 1)))
    start = np.where(np.isfinite(start), start, [[0.0], [1.0]])

    def figure(w: Floats) -> Floats:
        starts = np.repeat(start, w.shape[1], axis=1)
        found: Floats = _fit(y, np.zeros(len(y)), design, step, starts, w)[1]
        return found

    return figure


def _fit(
    y: Floats,
    offset: Floats,
    design: Floats,
    step: Callable[[Floats, Floats], Floats],
    start: Floats,
    w: Floats,
) -> Floats:
    """Return the parameters (q, r) of ``logit P(y) = offset + parameters . design``."""
    found, moved = start, np.full_like(start, np.inf)
    for _ in range(_STEPS):
        mu = expit(offset[:, None] + design.T @ found)
        moved = step(w * (y[:, None] - mu), w * mu * (1 - mu))
        found = found + np.clip(moved, -_LONGEST, _LONGEST)
        if not (np.abs(moved) > _CLOSE).any():
            break
    return np.where((np.abs(moved) <= _CLOSE * 1e3).all(axis=0), found, np.nan)
