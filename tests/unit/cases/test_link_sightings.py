"""The option of the simulated county that has disputes registered by other offices too."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.errors import InputError
from zaojie_cases.simulate import oracle_path, write_county

Line = dict[str, Any]


def lines(path: Path) -> list[Line]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        return [json.loads(line) for line in text]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sightings") / "county.jsonl.gz"
    write_county(path, cases=700, seed=5, sightings=0.6)
    return path


def test_the_year_stays_as_it_is_and_sightings_come_between_in_order(
    county: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.jsonl.gz"
    write_county(plain, cases=700, seed=5)
    rows = lines(county)
    assert [row for row in rows if row["case_no"].startswith("M")] == lines(plain)
    times = [row["registered_at"] for row in rows]
    assert times == sorted(times)
    assert 300 < len(rows) - 700 < 460
    scored = [line for line in lines(oracle_path(county)) if "as_of" in line]
    assert all(line.pop("dispute") for line in scored)
    assert scored == lines(oracle_path(plain))


def test_the_truth_lies_beside_the_data_and_never_in_it(county: Path) -> None:
    rows = lines(county)
    told = [line["case_no"] for line in lines(oracle_path(county))]
    assert [row["case_no"] for row in rows] == list(dict.fromkeys(told))
    assert len({tuple(row) for row in rows}) == 1, "the same columns for all, none that tells"
    assert all("dispute" not in row for row in rows)
    seen = [row for row in rows if row["case_no"].startswith("S")]
    assert all(not row["prior_case_nos"] and not row["outcomes"] for row in seen)


def test_disputes_are_seen_again_with_other_words_and_gaps_and_look_alikes_are_not(
    county: Path,
) -> None:
    truth = {line["case_no"]: line["dispute"] for line in lines(oracle_path(county))}
    disputes: dict[str, list[Line]] = defaultdict(list)
    for row in lines(county):
        disputes[truth[row["case_no"]]].append(row)
    again = [(d[0], r) for d in disputes.values() for r in d[1:] if r["case_no"][0] == "S"]
    changed = Counter(
        name for first, row in again for name in row if first.get(name) != row.get(name)
    )
    for name in (
        "narrative",
        "region_code",
        "category_code",
        "amount_yuan",
        "occurred_on",
        "respondent_id_no",
    ):
        assert changed[name] > 0.05 * len(again), name
    alone = [d[0] for d in disputes.values() if d[0]["case_no"].startswith("S")]
    assert len(alone) > 50
    people = {(r["applicant_id_no"], r["respondent_id_no"]) for d in disputes.values() for r in d}
    known = sum((r["applicant_id_no"], r["respondent_id_no"]) in people for r in alone)
    assert known > 10, "the same parties about something else"


def test_the_same_seed_gives_the_same_bytes(county: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.jsonl.gz"
    write_county(again, cases=700, seed=5, sightings=0.6)
    assert again.read_bytes() == county.read_bytes()
    assert oracle_path(again).read_bytes() == oracle_path(county).read_bytes()


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_a_share(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match="0 到 1"):
        write_county(tmp_path / "x.jsonl.gz", cases=10, seed=1, sightings=share)
