from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_cases.codes import is_scored
from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.simulate import hazards, oracle_path, write_county
from zaojie_cases.simulate.draw import read_data
from zaojie_cases.simulate.facts import Facts, Scope
from zaojie_cases.simulate.mix import load_mix
from zaojie_cases.simulate.oracle import probabilities

CASES = 20_000
TARGETS = {
    "harm": ({"E1", "E2", "E3", "E4"}, 30),
    "breakdown": ({"R2", "M1"}, 60),
    "recurrence": ({"R1"}, 90),
    "overdue": ({"L1"}, 30),
}
BANDS = {
    "harm": (0.007, 0.010),
    "breakdown": (0.10, 0.14),
    "recurrence": (0.075, 0.105),
    "overdue": (0.09, 0.15),
}
LAWFUL = {"petition", "lawsuit", "complaint", "media_contact"}
Line = dict[str, Any]


def lines(path: Path) -> Iterator[Line]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        yield from map(json.loads, text)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Line], dict[str, Line]]:
    path = tmp_path_factory.mktemp("county") / "county.jsonl.gz"
    write_county(path, cases=CASES, seed=20260101)
    truth = {line["case_no"]: line for line in lines(oracle_path(path))}
    return list(lines(path)), truth


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def happened(row: Line, target: str) -> bool:
    codes, days = TARGETS[target]
    limit = moment(row["registered_at"]) + timedelta(days=days)
    return any(o["code"] in codes and moment(o["observed_at"]) <= limit for o in row["outcomes"])


def scored(county: tuple[list[Line], dict[str, Line]]) -> list[tuple[Line, Line]]:
    rows, truth = county
    return [(row, truth[row["case_no"]]) for row in rows if row["case_no"] in truth]


def test_a_county_has_the_wanted_size_and_covers_a_year(county) -> None:
    rows, _ = county
    times = [moment(row["registered_at"]) for row in rows]
    assert len(rows) == CASES
    assert times == sorted(times)
    assert times[0].date().isoformat() == "2025-09-01"
    assert times[-1].date().isoformat() == "2026-08-31"
    assert len({row["case_no"] for row in rows}) == CASES
    assert all(row["simulated"] is True for row in rows)


@pytest.mark.parametrize("target", TARGETS)
def test_base_rates_lie_in_their_bands(county, target: str) -> None:
    low, high = BANDS[target]
    pairs = scored(county)
    assert low < np.mean([happened(row, target) for row, _ in pairs]) < high
    assert low < np.mean([true[target] for _, true in pairs]) < high


@pytest.mark.parametrize("target", TARGETS)
def test_the_oracle_is_calibrated_in_every_tenth(county, target: str) -> None:
    pairs = scored(county)
    chance = np.array([true[target] for _, true in pairs])
    came = np.array([happened(row, target) for row, _ in pairs])
    assert 0 < chance.min() < chance.max() < 1
    for part in np.array_split(np.argsort(chance, kind="stable"), 10):
        spread = np.sqrt((chance[part] * (1 - chance[part])).sum())
        assert abs(came[part].sum() - chance[part].sum()) < 3.5 * spread


def test_the_oracle_tells_cases_apart_but_not_perfectly(county) -> None:
    pairs = scored(county)
    chance = np.array([true["harm"] for _, true in pairs])
    came = np.array([happened(row, "harm") for row, _ in pairs])
    order = chance.argsort().argsort()
    auc = (order[came].mean() - (came.sum() - 1) / 2) / (~came).sum()
    assert 0.75 < auc < 0.92


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in ("a.jsonl.gz", "b.jsonl.gz", "c.jsonl.gz"))
    write_county(one, cases=300, seed=5)
    write_county(other, cases=300, seed=5)
    write_county(third, cases=300, seed=6)
    assert one.read_bytes() == other.read_bytes()
    assert oracle_path(one).read_bytes() == oracle_path(other).read_bytes()
    assert one.read_bytes() != third.read_bytes()


def test_plain_and_packed_files_hold_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "c.jsonl", tmp_path / "c.jsonl.gz"
    write_county(plain, cases=50, seed=5)
    write_county(packed, cases=50, seed=5)
    assert plain.read_bytes() == gzip.decompress(packed.read_bytes())
    assert oracle_path(plain).name == "c.oracle.jsonl"


@pytest.mark.parametrize("cases", [1, 2, 37])
def test_small_counties_have_exactly_the_wanted_size(tmp_path: Path, cases: int) -> None:
    path = tmp_path / "c.jsonl.gz"
    told: list[int] = []
    write_county(path, cases=cases, seed=3, progress=told.append)
    assert len(list(lines(path))) == cases
    assert told[-1] == cases


def test_narratives_are_all_different_and_of_real_length(county) -> None:
    rows, _ = county
    texts = [row["narrative"] for row in rows]
    assert len(set(texts)) == CASES
    assert 30 <= min(map(len, texts)) <= max(map(len, texts)) <= 600
    assert not any(mark in text for text in texts for mark in "[]{}|")


def test_the_oracle_is_not_in_the_data(county) -> None:
    rows, truth = county
    assert not set(TARGETS) & set(rows[0])
    assert set(next(iter(truth.values()))) == {"case_no", "simulated", *TARGETS}


def test_names_and_sex_are_independent_of_risk(county) -> None:
    pairs = scored(county)
    for target in TARGETS:
        chance = np.array([true[target] for _, true in pairs])
        for trait in (
            np.array([row["applicant_sex"] == "1" for row, _ in pairs]),
            np.array([row["respondent_sex"] == "1" for row, _ in pairs]),
            np.array([len(row["respondent_name"]) == 3 for row, _ in pairs]),
            np.array([row["applicant_name"][0] < "李" for row, _ in pairs]),
        ):
            error = chance.std() * np.sqrt(1 / trait.sum() + 1 / (~trait).sum())
            assert abs(chance[trait].mean() - chance[~trait].mean()) < 3.5 * error


def test_lawful_acts_are_independent_of_risk(county) -> None:
    pairs = scored(county)
    acted = np.array([any(e["kind"] in LAWFUL for e in row["events"]) for row, _ in pairs])
    assert 0.05 < acted.mean() < 0.2
    for target in TARGETS:
        chance = np.array([true[target] for _, true in pairs])
        error = chance.std() * np.sqrt(1 / acted.sum() + 1 / (~acted).sum())
        assert abs(chance[acted].mean() - chance[~acted].mean()) < 3.5 * error


def test_events_are_in_order_and_recorded_late(county) -> None:
    late = 0
    for row in county[0]:
        times = [moment(event["at"]) for event in row["events"]]
        known = [moment(event["recorded_at"]) for event in row["events"]]
        assert row["events"][0]["kind"] == "registered"
        assert row["events"][0]["recorded_at"] == row["registered_at"]
        assert times == sorted(times)
        assert all(k >= at for at, k in zip(times, known, strict=True))
        late += sum(k - at > timedelta(days=1) for at, k in zip(times, known, strict=True))
    assert late > CASES / 10


def test_outcomes_come_after_registration(county) -> None:
    for row in county[0]:
        registered = moment(row["registered_at"])
        assert all(moment(outcome["observed_at"]) > registered for outcome in row["outcomes"])


def test_outcomes_agree_with_the_time_line(county) -> None:
    for row in county[0]:
        at = {event["kind"]: event["at"] for event in row["events"]}
        seen = {outcome["code"]: outcome["observed_at"] for outcome in row["outcomes"]}
        if "breached" in at:
            assert seen["R2"] == at["breached"]
        if "M1" in seen and "transferred" in at:
            assert seen["M1"] == at["transferred"]
        if "L1" in seen and "closed" in at:
            assert at["closed"] > seen["L1"]


def test_a_recurrence_is_a_later_registration_of_the_same_dispute(county) -> None:
    rows = {row["case_no"]: row for row in county[0]}
    again = [row for row in rows.values() if row["prior_reports"]]
    assert len(again) > CASES * 0.05
    followed = 0
    for row in again:
        assert len(row["prior_case_nos"]) == row["prior_reports"]
        before = rows.get(row["prior_case_nos"][-1])
        if before is None:
            continue
        followed += 1
        assert {"code": "R1", "observed_at": row["registered_at"]} in before["outcomes"]
        for column in ("grid_code", "category_code", "applicant_id_no", "respondent_name"):
            assert row[column] == before[column]
        assert row["prior_reports"] == before["prior_reports"] + 1
    assert followed > len(again) / 2


def test_routed_types_are_never_scored(county) -> None:
    rows, truth = county
    routed = [row for row in rows if not is_scored(row["category_code"])]
    assert 0.01 < len(routed) / CASES < 0.04
    assert len(truth) == CASES - len(routed)
    for row in routed:
        assert row["case_no"] not in truth
        assert row["outcomes"] == []


def test_busy_committees_are_late(county) -> None:
    by_committee: dict[str, list[bool]] = {}
    for row, _ in scored(county):
        by_committee.setdefault(row["committee_id"], []).append(happened(row, "overdue"))
    shares = sorted(np.mean(late) for late in by_committee.values() if len(late) >= 100)
    assert shares[-1] > shares[0] + 0.1


FACTS = Facts(
    category="0201",
    group="neighbour",
    relation="next_door",
    cues={},
    amount_yuan=None,
    involved=2,
)
HOT = ("threat_vague", "threat_explicit", "pushed", "struck", "injured", "weapon", "smashed")


@pytest.mark.parametrize("scope", [Scope.NEGATED, Scope.HEARSAY, Scope.SETTLED])
@pytest.mark.parametrize("kind", load_mix().cues)
def test_mere_mentions_carry_no_hazard(kind: str, scope: Scope) -> None:
    mentioned = replace(FACTS, cues={kind: scope})
    assert hazards.rates_of(mentioned, 1.0) == hazards.rates_of(FACTS, 1.0)


@settings(deadline=None, max_examples=50)
@given(st.sets(st.sampled_from(HOT), max_size=4), st.sampled_from(HOT), st.floats(0, 3))
def test_a_stated_danger_raises_harm(cues: set[str], more: str, load: float) -> None:
    base = replace(FACTS, cues=dict.fromkeys(sorted(cues - {more}), Scope.AFFIRMED))
    hotter = replace(base, cues={**base.cues, more: Scope.AFFIRMED})
    cool, hot = probabilities([hazards.rates_of(f, load) for f in (base, hotter)])["harm"]
    assert 0 < cool < hot < 1


@settings(deadline=None, max_examples=50)
@given(st.floats(0.01, 0.9), st.floats(0.01, 0.9), st.floats(0.0, 3.0))
def test_contact_and_a_session_soon_lower_the_hazards(one: float, two: float, load: float) -> None:
    rates = hazards.rates_of(replace(FACTS, cues={"struck": Scope.AFFIRMED}), load)
    late, soon = sorted((one, two))
    for step in ("contact", "session"):
        pair = [replace(rates, **{step: late}), replace(rates, **{step: soon})]
        found = probabilities(pair)
        for target in ("harm", "overdue"):
            assert found[target][1] <= found[target][0] + 1e-12


def test_probabilities_do_not_depend_on_the_company_they_are_in() -> None:
    rates = [hazards.rates_of(replace(FACTS, prior_reports=n), 0.4 * n) for n in range(4)]
    together = probabilities(rates)
    for index, one in enumerate(rates):
        for target, alone in probabilities([one]).items():
            assert alone[0] == pytest.approx(together[target][index], abs=1e-12)


def test_every_fact_has_wordings() -> None:
    mix, words = load_mix(), read_data("wordings.yaml")
    assert set(read_data("scenes.yaml")) == set(mix.categories)
    assert {r for group in mix.groups.values() for r in group.relations} == set(words["relations"])
    for name, kind in mix.cues.items():
        for level in kind.levels:
            assert words["cues"][level]["affirmed"]
        for scope in ("negated", "hearsay", "settled"):
            if getattr(kind, scope):
                assert words["cues"][name][scope]
    assert set(hazards.HARM_CUE) == {level for kind in mix.cues.values() for level in kind.levels}
    assert set(hazards.HARM_GROUP) == {name for name in mix.groups if mix.groups[name].heat}


def test_the_county_is_imported_whole_and_masked(tmp_path: Path) -> None:
    path = tmp_path / "county.jsonl.gz"
    write_county(path, cases=150, seed=9)
    raw = list(lines(path))
    rows = list(read_records(path, load_mapping("county"), now=moment("2026-11-24T00:00:00+08:00")))
    assert [reject for row in rows for reject in row.rejects] == []
    assert len(rows) == len(raw)
    codes: Counter[str] = Counter()
    for line, row in zip(raw, rows, strict=True):
        assert row.case is not None
        assert row.case.prior_reports == line["prior_reports"]
        assert len(row.events) == len(line["events"])
        codes.update(outcome.outcome_code for outcome in row.outcomes)
        assert {party.role for party in row.parties} == {"applicant", "respondent"}
        for secret in ("applicant_phone", "respondent_phone", "applicant_id_no"):
            assert line[secret] not in row.case.narrative_masked
    assert codes == Counter(outcome["code"] for line in raw for outcome in line["outcomes"])


@pytest.mark.parametrize(
    ("name", "cases", "seed"), [("c.csv", 5, 1), ("c.jsonl", 0, 1), ("c.jsonl", 5, -1)]
)
def test_arguments_that_make_no_county_are_refused(
    tmp_path: Path, name: str, cases: int, seed: int
) -> None:
    with pytest.raises(InputError, match="请"):
        write_county(tmp_path / name, cases=cases, seed=seed)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="请检查"):
        write_county(tmp_path / "file" / "c.jsonl", cases=5, seed=1)


def test_a_stop_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_county(tmp_path / "c.jsonl.gz", cases=1_000, seed=1, progress=stop)
    assert list(tmp_path.iterdir()) == []
