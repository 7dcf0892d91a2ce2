"""Scored rows whose true probabilities are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zaojie_training.metrics import Scored


def drawn(rows: int, *, seed: int = 0, rows_a_dispute: int = 1, rate: float = 0.2) -> Scored:
    """Return rows with right probabilities; a fifth of them is visited."""
    rng = np.random.default_rng(seed)
    disputes = -(-rows // rows_a_dispute)
    p = rng.beta(1.0, 1 / rate - 1, size=disputes)
    y = (rng.uniform(size=disputes) < p).astype(float)
    groups = np.repeat(np.arange(disputes), rows_a_dispute)[:rows]
    return Scored(y[groups], p[groups], groups, (p[groups] > np.quantile(p, 0.8)).astype(float))


@pytest.fixture(scope="session")
def draw() -> Callable[..., Scored]:
    return drawn
