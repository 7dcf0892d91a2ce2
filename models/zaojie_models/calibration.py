"""Calibration maps as a few numbers, so that a score can be taken apart exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """``p = 1 / (1 + exp(-(slope * raw + offset)))`` (Platt, 1999).

    Strictly rising, so it never changes an order, and linear in log-odds, so contributions
    to the raw score stay additive after calibration.
    """

    slope: float
    offset: float

    def log_odds(self, raw: float) -> float:
        """Return the calibrated log-odds of a raw score."""
        return self.slope * raw + self.offset

    def probability(self, raw: float) -> float:
        """Return the calibrated probability, strictly between 0 and 1."""
        return sigmoid(self.log_odds(raw))


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    small = math.exp(x)
    return small / (1.0 + small)


def softmax(values: list[float]) -> list[float]:
    """Return probabilities proportional to exp(values)."""
    top = max(values)
    weights = [math.exp(v - top) for v in values]
    total = math.fsum(weights)
    return [w / total for w in weights]
