"""Whether a matter grows beyond what its place usually has: a Poisson test."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Growth:
    """A matter in the last ``growth_days``.

    ``expected`` is how many of the ``further`` registrations (those besides the one that
    began the matter) would be usual there; ``probability`` is of so many by chance in any
    of the matters that could have been raised (Bonferroni).
    """

    count: int
    further: int
    expected: float
    probability: float


def grown(count: int, further: int, expected: float, matters: int) -> Growth:
    """Judge ``further`` registrations of one of ``matters`` where ``expected`` are usual."""
    return Growth(count, further, expected, min(1.0, _tail(further, expected) * matters))


def _tail(count: int, expected: float) -> float:
    """Probability that a Poisson variable with mean ``expected`` is at least ``count``.

    Summed upwards from ``count``, so that small probabilities keep their digits.
    """
    if count <= 0:
        return 1.0
    term = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    total, at = term, count
    while term > total * 1e-12:
        at += 1
        term *= expected / at
        total += term
    return min(1.0, total)
