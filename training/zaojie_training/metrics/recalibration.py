"""Logistic recalibration: how forecasts would have to be moved to be right.

``logit P(y) = a + b logit(p)`` (Cox, 1958), fitted by Newton's method on all rows. A replicate
takes one step from there with its own weights (one-step bootstrap: Davidson and MacKinnon,
1999), so that it costs a few sums. There is no figure where the rows have one class only, or
scores that part the classes, so that no finite fit exists.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from zaojie_models.linear import Floats
from zaojie_training.metrics.weighted import Figure

_NEAR = 1e-12
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""
_STEPS = 100
_LONGEST = 1.0
"""A step is cut to this length: far from the answer Newton's steps overshoot."""
_CLOSE = 1e-9


def intercept(y: Floats, p: Floats) -> Figure:
    """Return the figure ``a`` of ``logit P(y) = a + logit(p)``: 0 is right, more is too low."""
    return _figure(y, _log_odds(p), np.ones((1, len(y))), np.zeros(1))


def slope(y: Floats, p: Floats) -> Figure:
    """Return the figure ``b`` of ``logit P(y) = a + b logit(p)``: 1 is right, less too sure."""
    x = _log_odds(p)
    design = np.stack([np.ones(len(y)), x - x.mean()])  # centred, the two hardly hang together
    start = np.array([_log_odds(y.mean(keepdims=True))[0], 1.0])
    return _figure(y, np.zeros(len(y)), design, start)


def _log_odds(p: Floats) -> Floats:
    found: Floats = logit(np.clip(p, _NEAR, 1 - _NEAR))
    return found


def _figure(y: Floats, offset: Floats, design: Floats, start: Floats) -> Figure:
    """Return the last of the parameters (q,) of ``logit P(y) = offset + parameters . design``."""
    found = _fit(y, offset, design, start)

    def figure(w: Floats) -> Floats:
        if found is None:
            return np.full(w.shape[1], np.nan)
        moved: Floats = found[-1] + _step(y, offset, design, found, w)[:, -1]
        return moved

    return figure


def _fit(y: Floats, offset: Floats, design: Floats, start: Floats) -> Floats | None:
    once = np.ones((len(y), 1))
    found: Floats = start.copy()
    for _ in range(_STEPS):
        step = _step(y, offset, design, found, once)[0]
        if not np.isfinite(step).all():
            return None
        found += np.clip(step, -_LONGEST, _LONGEST)
        if np.abs(step).max() < _CLOSE:
            return found
    return None


def _step(y: Floats, offset: Floats, design: Floats, at: Floats, w: Floats) -> Floats:
    """Return Newton's step from ``at`` for each column of ``w``: (r, q), NaN if there is none."""
    mu = expit(offset + at @ design)
    gradient = _sums(design * (y - mu), w)
    pairs = np.concatenate([design * one * mu * (1 - mu) for one in design])
    curvature = _sums(pairs, w).reshape(-1, len(design), len(design))
    whole = np.linalg.det(curvature) > _CLOSE * np.prod(np.diagonal(curvature, 0, 1, 2), axis=1)
    step: Floats = np.full(gradient.shape, np.nan)
    step[whole] = np.linalg.solve(curvature[whole], gradient[whole][..., None])[..., 0]
    return step


def _sums(rows: Floats, w: Floats) -> Floats:
    """Return ``(rows @ w).T``, row by row: threads for matrices wait long on a busy machine."""
    return np.stack([row @ w for row in rows], axis=1)
