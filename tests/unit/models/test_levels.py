from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_models.levels import derive_thresholds, highest, level_of
from zaojie_models.policy import STATISTICAL, Policy, load_policy
from zaojie_models.score import Level

SHARES = st.floats(0, 1, exclude_min=True, exclude_max=True)
PROBABILITIES = st.lists(st.sampled_from([0.1, 0.2, 0.2, 0.5]) | SHARES, max_size=60)


def policy(
    *,
    capacity: tuple[float, float, float] = (2, 4, 8),
    floor: tuple[float, float, float] = (4, 2, 1.5),
    **ceiling: Level,
) -> Policy:
    changes = {
        "capacity_per_week": dict(zip(STATISTICAL, capacity, strict=True)),
        "floor_lift": dict(zip(STATISTICAL, floor, strict=True)),
        "ceiling": ceiling,
    }
    return load_policy().model_copy(update=changes)


def derive(shares: list[float], base: float = 0.01, weeks: float = 1.0, **more: Policy) -> dict:
    chosen = more.get("policy", policy())
    return derive_thresholds(shares, base_rate=base, weeks=weeks, policy=chosen, target="harm")


@given(PROBABILITIES, SHARES, st.floats(0.1, 60))
def test_no_more_reach_a_level_than_the_centre_can_handle_but_for_ties(
    shares: list[float], base: float, weeks: float
) -> None:
    rules = policy()
    found = derive(shares, base, weeks)
    for level, threshold in found.items():
        room = int(rules.capacity_per_week[level] * weeks)
        assert sum(share > threshold for share in shares) <= room
        assert min(1.0, rules.floor_lift[level] * base) <= threshold <= 1.0
        # Not stricter than capacity and floor ask for.
        floor = rules.floor_lift[level] * base
        reach = sum(share >= threshold for share in shares)
        worthy = sum(share >= floor for share in shares)
        assert reach >= min(room, worthy)


def test_ties_at_the_threshold_are_in() -> None:
    assert derive([0.3] * 10 + [0.1])[Level.ORANGE] == 0.3
    assert level_of(0.3, {Level.ORANGE: 0.3}) is Level.ORANGE
    assert level_of(0.3 - 1e-12, {Level.ORANGE: 0.3}) is Level.NONE


def test_capacity_is_of_a_week_and_the_floor_is_of_the_base_rate() -> None:
    shares = [n / 100 for n in range(1, 61)]
    assert derive(shares, weeks=1) == {
        Level.ORANGE: 0.59,
        Level.YELLOW: 0.57,
        Level.BLUE: 0.53,
    }
    assert derive(shares, weeks=2)[Level.ORANGE] == 0.57
    assert derive(shares, base=0.25) == {
        Level.ORANGE: 1.0,
        Level.YELLOW: 0.57,
        Level.BLUE: 0.53,
    }


@pytest.mark.parametrize("shares", [[], [0.9, 0.8]])
def test_without_room_nothing_reaches_a_level(shares: list[float]) -> None:
    found = derive(shares, policy=policy(capacity=(0.5, 0.5, 0.5)))
    assert set(found.values()) == {1.0}


def test_fewer_cases_than_room_leave_the_floor() -> None:
    found = derive([0.001, 0.9], base=0.1, weeks=50)
    assert found == pytest.approx({Level.ORANGE: 0.4, Level.YELLOW: 0.2, Level.BLUE: 0.15})


@pytest.mark.parametrize(
    ("ceiling", "expected"),
    [
        (Level.ORANGE, [Level.ORANGE, Level.YELLOW, Level.BLUE]),
        (Level.YELLOW, [Level.YELLOW, Level.BLUE]),
        (Level.BLUE, [Level.BLUE]),
        (Level.NONE, []),
    ],
)
def test_no_level_above_the_ceiling_has_a_threshold(ceiling: Level, expected: list[Level]) -> None:
    found = derive([0.5, 0.9], policy=policy(harm=ceiling))
    assert list(found) == expected


def test_a_target_that_the_policy_does_not_name_tops_out_at_orange() -> None:
    assert policy().ceiling_of("new_target") is Level.ORANGE
    assert Level.RED not in derive([0.99])


@given(SHARES, st.dictionaries(st.sampled_from(Level), st.floats(0, 1)))
def test_a_probability_never_makes_red(share: float, thresholds: dict[Level, float]) -> None:
    assert level_of(share, thresholds) is not Level.RED


@given(SHARES, SHARES, st.dictionaries(st.sampled_from(STATISTICAL), SHARES))
def test_a_higher_probability_never_lowers_the_level(
    one: float, other: float, thresholds: dict[Level, float]
) -> None:
    low, high = sorted((one, other))
    assert level_of(low, thresholds).rank <= level_of(high, thresholds).rank


def test_the_highest_level_wins() -> None:
    assert highest([]) is Level.NONE
    assert highest([Level.BLUE, Level.ORANGE, Level.NONE]) is Level.ORANGE
    assert highest([Level.ORANGE, Level.RED]) is Level.RED
    assert sorted(Level, key=lambda level: -level.rank) == list(Level)
    assert "".join(level.label for level in Level) == "红橙黄蓝无"
