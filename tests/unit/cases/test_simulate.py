"""The file of a simulated county: what is in it, and that the same arguments give the same."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zaojie_cases.codes import is_scored
from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.simulate import oracle_path, truth_path, write_county

TARGETS = {
    "harm": ({"E1", "E2", "E3", "E4"}, 30),
    "breakdown": ({"R2", "M1"}, 60),
    "recurrence": ({"R1"}, 90),
    "overdue": ({"L1"}, 30),
}
BANDS = {
    "harm": (0.005, 0.009),
    "breakdown": (0.10, 0.14),
    "recurrence": (0.075, 0.105),
    "overdue": (0.09, 0.15),
}
LAWFUL = {"petition", "lawsuit", "complaint", "media_contact"}
NOW = datetime.fromisoformat("2026-11-24T00:00:00+08:00")
Line = dict[str, Any]


def lines(path: Path) -> Iterator[Line]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        yield from map(json.loads, text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def happened(row: Line, target: str) -> bool:
    codes, days = TARGETS[target]
    limit = moment(row["registered_at"]) + timedelta(days=days)
    return any(o["code"] in codes and moment(o["observed_at"]) <= limit for o in row["outcomes"])


def scored(county) -> list[tuple[Line, Line]]:
    """Rows whose outcomes are all known, and what the oracle says at registration."""
    known = (county.preset.exported_at - timedelta(days=90)).isoformat()
    first = {line["case_no"]: line for line in county.oracle if line["cohort"] == "registration"}
    rows = [row for row in county.rows if row["registered_at"] < known]
    return [(row, first[row["case_no"]]) for row in rows if row["case_no"] in first]


def test_a_county_has_the_wanted_size_and_runs_until_the_export(simulated) -> None:
    rows, preset = simulated.rows, simulated.preset
    times = [moment(row["registered_at"]) for row in rows]
    assert len(rows) == 10_000
    assert times == sorted(times)
    assert times[0].date() == preset.start
    assert times[-1].date() == preset.exported_at.date() - timedelta(days=1)
    assert preset.exported_at - times[0] > timedelta(days=729)
    assert len({row["case_no"] for row in rows}) == len(rows)
    assert all(row["simulated"] is True for row in rows)


def test_what_becomes_known_after_the_export_is_not_in_the_file(simulated) -> None:
    cut = simulated.preset.exported_at
    assert all(moment(line["as_of"]) <= cut for line in simulated.oracle)
    for row in simulated.rows:
        assert all(moment(event["recorded_at"]) <= cut for event in row["events"])
        assert all(moment(outcome["observed_at"]) <= cut for outcome in row["outcomes"])


@pytest.mark.parametrize("target", TARGETS)
def test_base_rates_lie_in_their_bands(simulated, target: str) -> None:
    low, high = BANDS[target]
    pairs = scored(simulated)
    assert low < np.mean([happened(row, target) for row, _ in pairs]) < high
    assert low < np.mean([true[target] for _, true in pairs]) < high


@pytest.mark.parametrize("options", [{}, {"truth": True, "sightings": 0.3}])
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "parquet"])
def test_same_seed_same_bytes(tmp_path: Path, ending: str, options: dict[str, Any]) -> None:
    one, other, third = (tmp_path / f"{name}.{ending}" for name in "abc")
    write_county(one, cases=120, seed=5, **options)
    write_county(other, cases=120, seed=5, **options)
    write_county(third, cases=120, seed=6, **options)
    assert one.read_bytes() == other.read_bytes() != third.read_bytes()
    assert oracle_path(one).read_bytes() == oracle_path(other).read_bytes()
    assert truth_path(one).exists() is bool(options)
    if options:
        assert truth_path(one).read_bytes() == truth_path(other).read_bytes()


def test_every_form_of_file_holds_the_same(tmp_path: Path) -> None:
    plain, packed, parquet = (tmp_path / f"c.{end}" for end in ("jsonl", "jsonl.gz", "parquet"))
    for path in (plain, packed, parquet):
        write_county(path, cases=50, seed=5)
    assert plain.read_bytes() == gzip.decompress(packed.read_bytes())
    assert oracle_path(plain).name == "c.oracle.jsonl"
    assert oracle_path(parquet) == oracle_path(packed)
    mapping = load_mapping("county")
    read = [
        [(row.case, row.events, row.outcomes, row.rejects) for row in read_records(p, mapping)]
        for p in (packed, parquet)
    ]
    assert len(read[0]) == 50
    assert read[0] == read[1]


def test_a_county_can_be_written_without_its_oracle(tmp_path: Path) -> None:
    with_it, without = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    write_county(with_it, cases=30, seed=5)
    write_county(without, cases=30, seed=5, oracle=False)
    assert with_it.read_bytes() == without.read_bytes()
    assert not oracle_path(without).exists()


@pytest.mark.parametrize("cases", [1, 2, 37])
def test_small_counties_have_exactly_the_wanted_size(tmp_path: Path, cases: int) -> None:
    path = tmp_path / "c.jsonl.gz"
    told: list[int] = []
    write_county(path, cases=cases, seed=3, progress=told.append)
    assert len(list(lines(path))) == cases
    assert told[-1] == cases


def test_the_oracle_is_not_in_the_data(simulated) -> None:
    assert not {*TARGETS, "cues", "traits"} & set(simulated.rows[0])
    columns = {"case_no", "simulated", "cohort", "as_of", *TARGETS}
    assert set(simulated.oracle[0]) == columns


def test_lawful_acts_are_independent_of_risk(simulated) -> None:
    pairs = scored(simulated)
    acted = np.array([any(e["kind"] in LAWFUL for e in row["events"]) for row, _ in pairs])
    assert 0.1 < acted.mean() < 0.3
    for target in TARGETS:
        chance = np.array([true[target] for _, true in pairs])
        error = chance.std() * np.sqrt(1 / acted.sum() + 1 / (~acted).sum())
        assert abs(chance[acted].mean() - chance[~acted].mean()) < 3.5 * error


def test_events_are_in_order_and_recorded_late(simulated) -> None:
    late = 0
    for row in simulated.rows:
        times = [moment(event["at"]) for event in row["events"]]
        known = [moment(event["recorded_at"]) for event in row["events"]]
        assert row["events"][0]["kind"] == "registered"
        assert row["events"][0]["recorded_at"] == row["registered_at"]
        assert times == sorted(times)
        assert all(k >= at for at, k in zip(times, known, strict=True))
        late += sum(k - at > timedelta(days=1) for at, k in zip(times, known, strict=True))
    assert late > len(simulated.rows) / 10


def test_outcomes_agree_with_the_time_line(simulated) -> None:
    for row in simulated.rows:
        at = {event["kind"]: event["at"] for event in row["events"]}
        seen = {outcome["code"]: outcome["observed_at"] for outcome in row["outcomes"]}
        assert all(observed > row["registered_at"] for observed in seen.values())
        if "breached" in at:
            assert seen["R2"] == at["breached"]
        if "M1" in seen and "transferred" in at:
            assert seen["M1"] == at["transferred"]
        if "L1" in seen and "closed" in at:
            assert at["closed"] > seen["L1"]


def test_a_recurrence_is_a_later_registration_of_the_same_dispute(simulated) -> None:
    rows = {row["case_no"]: row for row in simulated.rows}
    again = [row for row in rows.values() if row["prior_reports"]]
    assert len(again) > len(rows) * 0.05
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


def test_routed_types_are_never_scored(simulated) -> None:
    asked = {line["case_no"] for line in simulated.oracle}
    routed = [row for row in simulated.rows if not is_scored(row["category_code"])]
    assert 0.01 < len(routed) / len(simulated.rows) < 0.04
    assert len(asked) == len(simulated.rows) - len(routed)
    assert all(row["case_no"] not in asked and row["outcomes"] == [] for row in routed)


def test_busy_committees_are_late(simulated) -> None:
    by_committee: dict[str, list[bool]] = {}
    for row, _ in scored(simulated):
        by_committee.setdefault(row["committee_id"], []).append(happened(row, "overdue"))
    shares = sorted(np.mean(late) for late in by_committee.values() if len(late) >= 60)
    assert shares[-1] > shares[0] + 0.1


def test_the_county_is_imported_whole_and_masked(tmp_path: Path) -> None:
    path = tmp_path / "county.jsonl.gz"
    write_county(path, cases=150, seed=9)
    raw = list(lines(path))
    rows = list(read_records(path, load_mapping("county"), now=NOW))
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


@pytest.mark.parametrize("ending", ["jsonl.gz", "parquet"])
def test_a_stop_half_way_leaves_nothing_behind(tmp_path: Path, ending: str) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_county(tmp_path / f"c.{ending}", cases=600, seed=1, truth=True, progress=stop)
    assert list(tmp_path.iterdir()) == []
