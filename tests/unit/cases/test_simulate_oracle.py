"""The hazards of the simulated county, and the oracle that knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_cases.decisions import Cohort
from zaojie_cases.simulate import hazards
from zaojie_cases.simulate.course import draw_course
from zaojie_cases.simulate.facts import Facts, Mention, Scope
from zaojie_cases.simulate.mix import load_mix
from zaojie_cases.simulate.oracle import Track, chances, probabilities

CODES = {
    "harm": {"E1", "E2", "E3", "E4"},
    "breakdown": {"R2", "M1"},
    "recurrence": {"R1"},
    "overdue": {"L1"},
}
FACTS = Facts(
    category="0201",
    group="neighbour",
    relation="next_door",
    cues=(),
    amount_yuan=None,
    involved=2,
)
HOT = ("threat_vague", "threat_explicit", "ultimatum", "pushed", "struck", "injured", "weapon")
SPOKEN = [scope for scope in Scope if scope is not Scope.AFFIRMED]


def stating(*cues: str) -> Facts:
    return replace(FACTS, cues=tuple(Mention(cue, Scope.AFFIRMED) for cue in cues))


@cache
def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def judged(county, target: str) -> Iterator[tuple[dict[str, Any], float | None, bool, bool]]:
    """Yield each mature decision, its chance, whether it had come about, whether it came."""
    rows = {row["case_no"]: row for row in county.rows}
    for line in county.oracle:
        row, asked = rows[line["case_no"]], moment(line["as_of"])
        start = moment(row["registered_at"]) if target == "overdue" else asked
        until = start + timedelta(days=hazards.HORIZONS[target])
        seen = [moment(o["observed_at"]) for o in row["outcomes"] if o["code"] in CODES[target]]
        if until <= county.preset.exported_at:
            gone = any(at <= asked for at in seen)
            yield line, line[target], gone, any(asked < at <= until for at in seen)


@pytest.mark.parametrize("cohort", Cohort)
@pytest.mark.parametrize("target", CODES)
def test_the_oracle_is_calibrated_at_every_decision(simulated, target: str, cohort: str) -> None:
    asked = [
        (line["case_no"], chance, came)
        for line, chance, _, came in judged(simulated, target)
        if line["cohort"] == cohort and chance is not None
    ]
    asked.sort(key=lambda decision: decision[1])
    for part in np.array_split(np.arange(len(asked)), 5 if target == "harm" else 8):
        off: dict[str, float] = defaultdict(float)  # decisions on one case are not independent
        for index in part:
            case, chance, came = asked[index]
            off[case] += came - chance
        expected = sum(asked[i][1] * (1 - asked[i][1]) for i in part)
        spread = np.sqrt(max(sum(error**2 for error in off.values()), expected))
        assert abs(sum(off.values())) < 3.7 * spread


@pytest.mark.parametrize("target", CODES)
def test_the_oracle_is_silent_where_a_target_has_come_about_or_no_longer_can(
    simulated, target: str
) -> None:
    silent = 0
    for line, chance, gone, came in judged(simulated, target):
        silent += chance is None
        assert not (gone and chance is not None), line
        assert not (came and chance is None), line
        if target != "overdue":
            assert gone or chance is not None
    assert silent > 100


def test_the_oracle_tells_cases_apart_but_not_perfectly(simulated) -> None:
    first = [j for j in judged(simulated, "harm") if j[0]["cohort"] == "registration"]
    chance = np.array([p for _, p, _, _ in first])
    came = np.array([came for *_, came in first])
    order = chance.argsort().argsort()
    auc = (order[came].mean() - (came.sum() - 1) / 2) / (~came).sum()
    assert 0.85 < auc < 0.95


@pytest.mark.parametrize("scope", SPOKEN)
@pytest.mark.parametrize("kind", load_mix().cues)
def test_mere_mentions_carry_no_hazard(kind: str, scope: Scope) -> None:
    names = load_mix().cues[kind].names or (kind,)
    mentioned = replace(FACTS, cues=tuple(Mention(name, scope) for name in names))
    assert hazards.rates_of(mentioned, 1.0) == hazards.rates_of(FACTS, 1.0)
    assert hazards.harm_kinds(mentioned) == hazards.harm_kinds(FACTS)


def test_self_harm_words_weigh_little_and_name_the_kind() -> None:
    assert hazards.HARM_CUE["despair"] <= 3
    assert hazards.harm_kinds(stating("despair"))["E2"] > hazards.harm_kinds(FACTS)["E2"]


@settings(deadline=None, max_examples=50)
@given(st.sets(st.sampled_from(HOT), max_size=3), st.sampled_from(HOT), st.floats(0, 3))
def test_a_stated_danger_raises_harm(cues: set[str], more: str, load: float) -> None:
    rest = sorted(cues - {more})
    facts = (stating(*rest), stating(*rest, more))
    cool, hot = probabilities([hazards.rates_of(f, load) for f in facts])["harm"]
    assert 0 < cool <= hot < 1
    if not rest:
        assert hot > 1.5 * cool


@settings(deadline=None, max_examples=50)
@given(st.floats(0.01, 0.9), st.floats(0.01, 0.9), st.floats(0.0, 3.0))
def test_contact_and_a_session_soon_lower_the_hazards(one: float, two: float, load: float) -> None:
    rates = hazards.rates_of(stating("struck"), load)
    late, soon = sorted((one, two))
    for step in ("contact", "session"):
        found = probabilities([replace(rates, **{step: late}), replace(rates, **{step: soon})])
        for target in ("harm", "overdue"):
            assert found[target][1] <= found[target][0] + 1e-12


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(HOT), st.integers(0, 25), st.integers(0, 60))
def test_a_visit_lowers_harm_and_breakdown_the_sooner_the_more(
    cue: str, visit: int, later: int
) -> None:
    rates = [hazards.rates_of(stating(cue, "unwilling"), 1.0)]
    without = probabilities(rates)
    first = probabilities(rates, visit=visit)
    second = probabilities(rates, visit=visit + later)
    assert first["harm"] <= second["harm"] + 1e-12 <= without["harm"] + 1e-12
    assert first["harm"] < without["harm"]
    assert first["breakdown"] < without["breakdown"]


@pytest.mark.parametrize("visit", [None, 2])
def test_drawn_courses_come_about_as_often_as_the_oracle_says(visit: int | None) -> None:
    rates = hazards.rates_of(stating("struck", "grievance", "unwilling"), 1.2)
    courses = [draw_course(Random(seed), rates, visit) for seed in range(4_000)]
    came = {
        "harm": [c.harm is not None and c.harm < 30 for c in courses],
        "recurrence": [c.again is not None and c.again < 90 for c in courses],
        "overdue": [c.end >= 30 for c in courses],
        "breakdown": [
            c.end < 60 if c.failed else c.breach is not None and c.breach < 60 for c in courses
        ],
    }
    for target, chance in probabilities([rates], visit).items():
        error = np.sqrt(chance[0] * (1 - chance[0]) / len(courses))
        assert abs(np.mean(came[target]) - chance[0]) < 3.5 * error, target


def test_a_visit_changes_the_same_draws_for_the_better_only() -> None:
    rates = hazards.rates_of(stating("weapon", "threat_explicit"), 1.0)
    spared = 0
    for seed in range(500):
        alone, visited = (draw_course(Random(seed), rates, visit) for visit in (None, 1))
        assert (alone.contact, alone.end) == (visited.contact, visited.end)
        spared += alone.harm is not None and (visited.harm is None or visited.harm > alone.harm)
        if visited.failed:
            assert alone.failed
    assert spared > 20


def test_quiet_days_make_tension_and_harm_less_likely() -> None:
    rates = hazards.rates_of(stating("weapon"), 1.0)
    waiting = Track(rates)
    days = np.array([0.0, 3.0, 9.0])
    found = chances([waiting], np.zeros(3, dtype=np.int64), days)["harm"]
    assert found[0] > found[1] > found[2] > 0


def test_probabilities_do_not_depend_on_the_company_they_are_in() -> None:
    rates = [hazards.rates_of(replace(FACTS, prior_reports=n), 0.4 * n) for n in range(4)]
    together = probabilities(rates)
    for index, one in enumerate(rates):
        for target, alone in probabilities([one]).items():
            assert alone[0] == pytest.approx(together[target][index], abs=1e-12)


def test_what_lies_after_a_decision_does_not_move_it() -> None:
    rates = hazards.rates_of(stating("struck"), 1.0)
    open_now = Track(rates, contact=0.4)
    later = replace(open_now, session=2.2, end=9.3, failed=True, harm=4.0, again=30.0)
    asked = np.array([1.7])
    whose = np.zeros(1, dtype=np.int64)
    assert chances([open_now], whose, asked) == chances([later], whose, asked)


def test_hazards_know_every_cue_and_group_of_the_mix() -> None:
    mix = load_mix()
    assert set(hazards.HARM_CUE) == {level for kind in mix.cues.values() for level in kind.levels}
    assert set(hazards.HARM_GROUP) == {name for name in mix.groups if mix.groups[name].heat}
