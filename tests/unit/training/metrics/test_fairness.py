"""Fairness gates: they fail for a group that is served worse, and say when they cannot tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zaojie_training.metrics import (
    Audit,
    Limits,
    Sampling,
    Scored,
    closed_audit,
    fairness_audit,
)
from zaojie_training.metrics.fairness import Gate

Draw = Callable[..., Scored]
LIMITS = Limits(recall_gap=0.15, calibration_gap=0.05, alert_ratio=0.7)
SAMPLING = Sampling(replicates=300)


def gates(audit: Audit, value: str) -> dict[str, Gate]:
    [group] = [group for group in audit.groups if group.value == value]
    return {gate.name: gate for gate in group.gates}


@pytest.fixture
def half() -> np.ndarray:
    return np.where(np.random.default_rng(9).uniform(size=4_000) < 0.5, "甲", "乙")


def test_groups_served_alike_pass(draw: Draw, half: np.ndarray) -> None:
    audit = fairness_audit("地区", half, draw(4_000), LIMITS, sampling=SAMPLING)
    assert audit.verdict == "passed"
    assert {gate.verdict for group in audit.groups for gate in group.gates} == {"passed"}
    assert sum(group.rows for group in audit.groups) == 4_000


def test_figures_by_hand(draw: Draw, half: np.ndarray) -> None:
    scored = draw(4_000)
    one, rest = scored.take(half == "甲"), scored.take(half != "甲")
    found = gates(fairness_audit("k", half, scored, LIMITS, sampling=SAMPLING), "甲")
    recall = [(s.picked @ s.y) / s.y.sum() for s in (rest, one)]
    assert found["recall_gap"].estimate.value == pytest.approx(recall[0] - recall[1])
    gap = (one.p - one.y).mean()
    assert found["calibration_gap"].estimate.value == pytest.approx(gap)
    share = one.picked.mean() / rest.picked.mean()
    assert found["alert_ratio"].estimate.value == pytest.approx(share)
    for gate in found.values():
        assert gate.estimate.low < gate.estimate.value < gate.estimate.high


def test_each_gate_fails_for_the_group_that_is_served_worse(draw: Draw, half: np.ndarray) -> None:
    scored = draw(4_000)
    unseen = Scored(scored.y, scored.p, scored.groups, scored.picked * (half == "甲"))
    audit = fairness_audit("k", half, unseen, LIMITS, sampling=SAMPLING)
    assert audit.verdict == "failed"
    assert gates(audit, "乙")["recall_gap"].verdict == "failed"
    assert gates(audit, "乙")["alert_ratio"].verdict == "failed"
    assert gates(audit, "甲")["recall_gap"].verdict == "passed", "more recall than the rest"
    halved = np.where(half == "乙", scored.p / 2, scored.p)
    low = Scored(scored.y, halved, scored.groups, scored.picked)
    found = gates(fairness_audit("k", half, low, LIMITS, sampling=SAMPLING), "乙")
    assert found["calibration_gap"].verdict == "failed"
    assert found["calibration_gap"].estimate.value < 0


def test_a_gap_that_chance_may_have_made_is_too_few(draw: Draw) -> None:
    scored = draw(4_000, rate=0.1)
    small = np.where(np.arange(4_000) < 240, "小", "大")
    narrow = Limits(recall_gap=0.0, calibration_gap=0.0, alert_ratio=1.0)
    found = gates(fairness_audit("k", small, scored, narrow, sampling=SAMPLING), "小")
    assert found["calibration_gap"].verdict == "too_few"
    assert found["calibration_gap"].estimate.low < 0 < found["calibration_gap"].estimate.high


def test_small_groups_and_one_group_cannot_be_judged(draw: Draw) -> None:
    scored = draw(500)
    key = np.where(np.arange(500) < 90, "小", "大")
    audit = fairness_audit("k", key, scored, LIMITS, sampling=SAMPLING)
    assert {gate.verdict for gate in gates(audit, "小").values()} == {"too_few"}
    assert all(gate.estimate.value is None for gate in gates(audit, "小").values())
    alone = fairness_audit("k", np.zeros(500), scored, LIMITS, sampling=SAMPLING)
    found = gates(alone, "0.0")
    assert found["recall_gap"].verdict == found["alert_ratio"].verdict == "too_few"
    assert "NaN" not in alone.model_dump_json()
    nobody = Scored(np.zeros(500), scored.p, scored.groups, np.zeros(500))
    assert fairness_audit("k", key, nobody, LIMITS, sampling=SAMPLING).verdict == "too_few"


def test_a_closed_audit_gives_no_small_count_away(draw: Draw) -> None:
    scored = draw(4_000)
    names = np.array(["A"] * 2_500 + ["B"] * 1_300 + ["C"] * 180 + ["D"] * 20)
    audit = closed_audit("民族", names, scored, LIMITS, least_cell=30, sampling=SAMPLING)
    assert audit.withheld == 2, "D, and C so that D cannot be worked out"
    assert [group.value for group in audit.groups] == ["A", "B"]
    assert "D" not in audit.model_dump_json()
    two = closed_audit("民族", names, scored, LIMITS, least_cell=200, sampling=SAMPLING)
    assert (two.withheld, [group.value for group in two.groups]) == (2, ["A", "B"])
    counts = [group.positives for group in two.groups]
    assert all(count is None or count >= 200 for count in counts)
    none = closed_audit("民族", names, scored, LIMITS, least_cell=5_000, sampling=SAMPLING)
    assert (none.groups, none.withheld, none.verdict) == ((), 4, "too_few")


def test_a_closed_audit_keeps_numbers_of_few_positives_back(draw: Draw) -> None:
    scored = draw(4_000, rate=0.02)
    names = np.where(np.arange(4_000) < 600, "少", "多")
    audit = closed_audit("k", names, scored, LIMITS, least_cell=40, sampling=SAMPLING)
    assert scored.y[:600].sum() < 40 <= scored.y[600:].sum()
    assert [group.positives for group in audit.groups] == [None, None], "one gives the other away"
    open_one = closed_audit("k", names, scored, LIMITS, least_cell=5, sampling=SAMPLING)
    assert sum(group.positives for group in open_one.groups) == scored.y.sum()
