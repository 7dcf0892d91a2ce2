"""Which mapping fits a file, told from its columns."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from pathlib import Path

import pytest

from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.mapping.guess import equally_good, head_of, header_of, rank_mappings

SAMPLES = sorted((Path(str(files("zaojie_cases"))) / "mappings" / "samples").iterdir())


def name_of(path):
    return path.name.partition(".")[0]


def write(path, header, *rows, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_sample_is_known_and_nothing_else_comes_near(path):
    first, *others = rank_mappings(path)
    assert first.mapping.name == name_of(path)
    assert (first.missing, first.unknown) == ((), ())
    assert first.share > 0.9
    assert all(other.share < 0.4 for other in others)
    assert len(equally_good((first, *others))) == 1


@pytest.mark.parametrize("path", [p for p in SAMPLES if p.suffix == ".csv"], ids=name_of)
def test_other_spellings_of_the_columns_are_known_and_read(path, tmp_path):
    rows = head_of(path)
    header = header_of(rows)
    spellings = {"编号": "号", "日期": "时间"}
    varied = []
    for place, column in enumerate(header):
        other = column[:-2] + spellings.get(column[-2:], column[-2:])
        name = column if other in header else other
        varied.append([f" {name}", f"{name}（必填）", name][place % 3])
    cells = [[str(row.get(column) or "") for column in header] for row in rows]
    copy = write(tmp_path / "copy.csv", varied, *cells, encoding="gb18030")
    best = rank_mappings(copy)[0]
    assert best.mapping.name == name_of(path)
    assert (best.missing, best.unknown) == ((), ())
    mapping = load_mapping(name_of(path))
    own = list(read_records(path, mapping))
    read = list(read_records(copy, mapping))
    assert [row.case for row in read] == [row.case for row in own]
    assert [row.outcomes for row in read] == [row.outcomes for row in own]
    assert [row.parties for row in read] == [row.parties for row in own]


def test_what_lacks_a_required_column_does_not_fit(tmp_path):
    path = write(
        tmp_path / "a.csv", ["工单编号", "来电时间", "诉求类型"], ["1", "2026-03-02", "投诉"]
    )
    hotline = next(g for g in rank_mappings(path) if g.mapping.name == "hotline_12345")
    assert hotline.missing == ("诉求内容",)
    assert not hotline.fits
    assert equally_good(rank_mappings(path)) == ()


def test_columns_of_nobody_fit_nothing(tmp_path):
    path = write(tmp_path / "a.csv", ["颜色", "重量"], ["红", "3"])
    assert not any(guess.fits for guess in rank_mappings(path))
    assert rank_mappings(path)[0].unknown == ("颜色", "重量")


def test_two_mappings_may_fit_equally(tmp_path):
    row = {"message_id": "1", "title": "漏水", "detail": "没人管", "posted_at": "2026-03-02"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    assert {g.mapping.name for g in equally_good(rank_mappings(path))} == {
        "tipdm_hot",
        "tipdm_replies",
    }


def test_a_column_that_some_lines_lack_is_still_a_column(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"b": 2}\n', encoding="utf-8")
    assert header_of(head_of(path)) == ["a", "b"]
