"""From probability to level: thresholds that the centre can keep up with, and red rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zaojie_models.policy import STATISTICAL, Policy
from zaojie_models.score import Level

Thresholds = Mapping[Level, float]
"""Least probability of each statistical level of one target."""


def derive_thresholds(
    probabilities: Sequence[float], *, base_rate: float, weeks: float, policy: Policy, target: str
) -> dict[Level, float]:
    """Return thresholds from the calibrated probabilities of a window ``weeks`` long.

    A level's threshold is the probability that as many cases reach as the policy's capacity
    allows, and at least ``floor_lift`` times ``base_rate``. Ties at the threshold are in.
    """
    ordered = sorted(probabilities, reverse=True)
    found: dict[Level, float] = {}
    for level in STATISTICAL:
        if level.rank > policy.ceiling_of(target).rank:
            continue
        room = int(policy.capacity_per_week[level] * weeks)
        by_capacity = 1.0 if room < 1 or not ordered else ordered[min(room, len(ordered)) - 1]
        found[level] = min(1.0, max(by_capacity, policy.floor_lift[level] * base_rate))
    return found


def level_of(probability: float, thresholds: Thresholds) -> Level:
    """Return the highest level whose threshold ``probability`` reaches."""
    return next(
        (lv for lv in STATISTICAL if lv in thresholds and probability >= thresholds[lv]),
        Level.NONE,
    )


def highest(levels: Sequence[Level]) -> Level:
    """Return the highest of ``levels``; none if there are none."""
    return max(levels, key=lambda level: level.rank, default=Level.NONE)
