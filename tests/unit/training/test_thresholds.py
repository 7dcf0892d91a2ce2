"""Levels that a centre can keep up with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_models.levels import derive_thresholds, level_of
from zaojie_models.policy import Policy, load_policy
from zaojie_models.score import Level

MANY = st.lists(st.floats(0, 1), min_size=1, max_size=300, unique=True)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Five orange, fifteen yellow, forty blue a week; floors of 4, 2 and 1.3 times the base."""
    return load_policy()


def test_thresholds_by_hand(policy: Policy) -> None:
    probabilities = (np.arange(1000) / 1000).tolist()
    found = derive_thresholds(probabilities, base_rate=0.01, weeks=2, policy=policy, target="harm")
    assert found == pytest.approx({Level.ORANGE: 0.990, Level.YELLOW: 0.970, Level.BLUE: 0.920})


def test_the_floor_holds_where_there_is_room_to_spare(policy: Policy) -> None:
    found = derive_thresholds([0.05] * 20, base_rate=0.1, weeks=50, policy=policy, target="harm")
    assert found == pytest.approx({Level.ORANGE: 0.4, Level.YELLOW: 0.2, Level.BLUE: 0.13})


def test_a_target_stops_at_its_ceiling(policy: Policy) -> None:
    def levels(target: str) -> set[Level]:
        return set(derive_thresholds([0.5], base_rate=0.1, weeks=1, policy=policy, target=target))

    assert levels("overdue") == {Level.BLUE}
    assert levels("recurrence") == {Level.YELLOW, Level.BLUE}
    assert levels("harm") == {Level.ORANGE, Level.YELLOW, Level.BLUE}


def test_no_threshold_is_out_of_reach_of_a_probability(policy: Policy) -> None:
    found = derive_thresholds([0.9] * 9, base_rate=0.6, weeks=1, policy=policy, target="harm")
    assert found[Level.ORANGE] == 1.0
    assert level_of(1.0, found) is Level.ORANGE


@given(MANY, st.floats(0, 0.5), st.floats(0.3, 20))
def test_no_more_cases_than_the_centre_can_take(
    probabilities: list[float], base_rate: float, weeks: float
) -> None:
    policy = load_policy()
    found = derive_thresholds(
        probabilities, base_rate=base_rate, weeks=weeks, policy=policy, target="harm"
    )
    assert found[Level.ORANGE] >= found[Level.YELLOW] >= found[Level.BLUE]
    for level, least in found.items():
        reached = sum(p >= least for p in probabilities)
        assert reached <= max(1, policy.capacity_per_week[level] * weeks)


def test_ties_at_a_threshold_are_in(policy: Policy) -> None:
    found = derive_thresholds([0.9] * 30, base_rate=0.01, weeks=1, policy=policy, target="harm")
    assert found[Level.ORANGE] == 0.9
    assert level_of(0.9, found) is Level.ORANGE
    assert level_of(0.8999, found) is Level.NONE
