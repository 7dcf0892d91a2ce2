"""Harm seen coming: by hand, against a slow walk over weeks, and under ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_training.metrics import Load, Sampling, caught_harm, lead_time, recall_ratio

HOUR, DAY, WEEK = 3_600.0, 86_400.0, 604_800.0
FAST = Sampling(replicates=100)


def load(rows: list[tuple[str, float, str]], k: int | np.ndarray = 1) -> Load:
    """Rows of (case, seconds, centre)."""
    case, as_of, centre = (np.array(column) for column in zip(*rows, strict=True))
    return Load(case, as_of, centre, (as_of // WEEK).astype(np.int64), k)


def test_a_case_is_taken_up_once_and_helped_from_then_on() -> None:
    one = load(
        [
            ("a", 0, "镇"),
            ("b", HOUR, "镇"),
            ("a", WEEK, "镇"),
            ("b", WEEK + HOUR, "镇"),
            ("c", WEEK + HOUR, "村"),
        ]
    )
    p = np.array([0.9, 0.5, 0.9, 0.5, 0.1])
    harm = {"a": 2 * DAY, "b": 3 * WEEK, "c": WEEK + 5 * HOUR}
    found = lead_time(one, p, harm, sampling=FAST)
    assert (found.harms, found.catchable, found.caught) == (3, 2, 2)
    assert (found.visits, found.centre_weeks) == (3, 3)
    assert found.recall.value == pytest.approx(2 / 3)
    hours = [48, (2 * WEEK - HOUR) / HOUR]
    assert found.lead_hours == pytest.approx(np.quantile(hours, [0.25, 0.5, 0.75]).tolist())


def test_a_case_is_taken_up_when_it_first_reaches_the_weeks_threshold() -> None:
    """The later rise does not move the moment: 0.4 was enough for this week's two visits."""
    rows = [("a", 0.0, "镇"), ("a", 3 * DAY, "镇"), ("b", DAY, "镇"), ("c", DAY, "镇")]
    found = caught_harm(load(rows, 2), np.array([0.4, 0.9, 0.4, 0.1]), {"a": 4 * DAY})
    assert found.lead_hours.tolist() == [96.0]
    alone = caught_harm(load(rows, 1), np.array([0.4, 0.9, 0.4, 0.1]), {"a": 4 * DAY})
    assert alone.lead_hours.tolist() == [24.0]
    assert alone.caught.tolist() == [1.0]


def test_ties_go_to_who_came_first_and_to_both_extremes() -> None:
    rows = [("a", 0.0, "镇"), ("b", HOUR, "镇"), ("c", 2 * HOUR, "镇")]
    found = lead_time(load(rows), np.full(3, 0.5), {"b": 3 * DAY}, sampling=FAST)
    assert (found.recall.value, found.recall_worst, found.recall_best) == (0.0, 0.0, 1.0)


def test_harm_before_the_first_decision_or_nowhere_does_not_count() -> None:
    rows = [("a", DAY, "镇"), ("b", DAY, "镇")]
    found = lead_time(load(rows), np.array([0.5, 0.6]), {"a": HOUR, "x": 9 * DAY}, sampling=FAST)
    assert (found.harms, found.recall.value, found.lead_hours) == (0, None, None)
    assert "NaN" not in found.model_dump_json()


def test_the_oracle_is_judged_at_the_same_load() -> None:
    rng = np.random.default_rng(1)
    n = 2_000
    rows = [(f"c{i}", float(rng.uniform(0, 8 * WEEK)), f"镇{i % 5}") for i in range(n)]
    one = load(rows, 6)
    truth = rng.beta(0.3, 6, size=n)
    harm = {
        f"c{i}": one.as_of[i] + rng.uniform(0, 20) * DAY
        for i in np.flatnonzero(rng.uniform(size=n) < truth)
    }
    best = caught_harm(one, truth, harm)
    noisy = caught_harm(one, truth * rng.uniform(size=n) ** 2, harm)
    blind = caught_harm(one, rng.uniform(size=n), harm)
    assert best.visits == noisy.visits == blind.visits == 8 * 5 * 6
    assert best.caught.mean() > noisy.caught.mean() > blind.caught.mean()
    found = recall_ratio(noisy, best, FAST)
    assert found.value == pytest.approx(noisy.caught.sum() / best.caught.sum())
    assert found.low < found.value < found.high
    assert recall_ratio(best, best, FAST).low == 1.0


ROW = st.tuples(
    st.sampled_from("abcdef"), st.integers(0, 20), st.sampled_from(["东", "西"]), st.integers(1, 99)
)


def walk(rows: list[tuple[str, float, str]], p: list[float], k: int) -> dict[str, float]:
    """Week by week, centre by centre, case by case: when each case is taken up."""
    taken: dict[str, float] = {}
    for week in range(4):
        now = [
            (score, at, case, centre)
            for (case, at, centre), score in zip(rows, p, strict=True)
            if at // WEEK == week and case not in taken
        ]
        best = {}
        for row in sorted(now, key=lambda r: (-r[0], r[1])):
            best.setdefault(row[2], row)
        for centre in {row[3] for row in best.values()}:
            own = [row for row in best.values() if row[3] == centre]
            chosen = sorted(own, key=lambda r: (-r[0], r[1]))[:k]
            least = min((row[0] for row in chosen), default=np.inf)
            for _, _, case, _ in chosen:
                taken[case] = min(at for s, at, c, _ in now if c == case and s >= least)
    return taken


@given(st.lists(ROW, min_size=1, max_size=25, unique_by=lambda r: r[3]), st.integers(0, 2))
@settings(max_examples=150, deadline=None)
def test_as_a_slow_walk_over_the_weeks(drawn: list[tuple[str, int, str, int]], k: int) -> None:
    rows = [(case, day * DAY + score, centre) for case, day, centre, score in drawn]
    p = [score / 100 for _, _, _, score in drawn]
    harm = dict.fromkeys("abcdef", 22 * DAY)
    found = caught_harm(load(rows, k), np.array(p), harm)
    taken = walk(rows, p, k)
    assert found.visits == len(taken)
    leads = {case: (22 * DAY - at) / HOUR for case, at in taken.items()}
    told = [leads.get(case, np.nan) for case in sorted({case for case, _, _ in rows})]
    assert found.lead_hours == pytest.approx(told, nan_ok=True)
