from __future__ import annotations

import csv
import gzip
from datetime import datetime
from itertools import islice
from pathlib import Path

import openpyxl
import pytest

from zaojie_cases.importing import Reject, RejectFile, read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import SHANGHAI

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
NOW = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)


def test_reading_is_lazy(sheet):
    path = sheet.write(*(sheet.row | {"编号": str(n)} for n in range(400)))
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join("{" for _ in range(3)))
    rows = read_records(path, sheet.mapping(), now=NOW)
    assert [row.source_id for row in islice(rows, 2)] == ["0", "1"]


def test_every_format_gives_the_same_rows(sheet, tmp_path):
    rows = [
        {key: str(value) for key, value in (sheet.row | change).items()}
        for change in (
            {},
            {"编号": "2", "内容": '他说"不管"，\n第二行;\t🙂'},
            {"编号": "3", "类型": "噪声", "登记时间": "46083.378472222219"},
            {"编号": "4", "标题": "", "内容": ""},
        )
    ]
    paths = [sheet.write(*rows)]
    for name, encoding in (("a.csv", "utf-8"), ("b.csv", "gb18030"), ("c.csv", "utf-16")):
        paths.append(tmp_path / name)
        with paths[-1].open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, list(sheet.row))
            writer.writeheader()
            writer.writerows(rows)
    paths.append(tmp_path / "d.csv.gz")
    paths[-1].write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    book = openpyxl.Workbook()
    book.active.append(list(sheet.row))
    for row in rows:
        book.active.append(list(row.values()))
    paths.append(tmp_path / "e.xlsx")
    book.save(paths[-1])
    first, *others = [
        [
            (row.source_id, row.case, [(fault.field, fault.reason) for fault in row.rejects])
            for row in read_records(path, sheet.mapping(), now=NOW)
        ]
        for path in paths
    ]
    assert [case is not None for _, case, _ in first] == [True, True, True, False]
    assert all(other == first for other in others)


def test_parquet_gives_the_same_rows_as_json_lines(sheet, tmp_path):
    pa = pytest.importorskip("pyarrow", reason="Parquet 需要 training 部分")
    pq = pytest.importorskip("pyarrow.parquet")
    when = datetime(2026, 3, 2, 9, 5)
    table = pa.Table.from_pylist([sheet.row | {"登记时间": when, "人数": 3}])
    pq.write_table(table, tmp_path / "a.parquet")
    packed = next(read_records(tmp_path / "a.parquet", sheet.mapping(), now=NOW))
    assert packed.case == sheet.read_one().case


def test_the_reject_file_opens_in_excel(tmp_path):
    path = tmp_path / "deep" / "r.csv"
    with RejectFile(path) as file:
        file.write([Reject(3, "registered_at", "登记时间是空的")])
        file.write([Reject(4, "", "这一行不是 JSON 对象")])
    assert file.count == 2
    lines = [
        "\ufeff行号,字段,原因",
        "3,登记时间,登记时间是空的",
        "4,整行,这一行不是 JSON 对象",
        "",
    ]
    assert path.read_bytes() == "\r\n".join(lines).encode()
    with RejectFile(path) as file:
        file.write([])
    assert not path.exists()


def shared_rows(name, step=1):
    """Return some rows of a shared set as written, or skip the test."""
    path = SHARED / name / "train.csv.gz"
    if not path.exists():
        pytest.skip(f"没有共享数据 {name}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[::step]


def as_csv(tmp_path, rows):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("name", "target", "column"),
    [
        ("tipdm_replies", "L1", "slow_reply_30d"),
        ("tipdm_hot", "attention", "hot_5"),
        ("tipdm_messages", "topic", "category"),
        ("cjrc_case_cause", "cause", "cause_group"),
        ("lawbench_consult_type", "consult", "label"),
        ("lawbench_dispute_focus", "focus", "label"),
    ],
)
def test_the_real_sets_are_read_without_a_fault(tmp_path, name, target, column):
    source = shared_rows(name, step=23)
    rows = list(read_records(as_csv(tmp_path, source), load_mapping(name), now=NOW))
    assert [row.number for row in rows] == list(range(2, len(source) + 2))
    assert not any(row.rejects for row in rows)
    assert [row.skipped for row in rows] == [r.get("domain") == "criminal" for r in source]
    for row, line in zip(rows, source, strict=True):
        stated = [(o.outcome_code, o.value) for o in row.outcomes]
        assert stated == ([] if row.skipped else [(target, line[column])])
        assert (row.case is None) is row.skipped


def test_a_real_file_that_is_only_scored_needs_no_outcome_columns(tmp_path):
    source = shared_rows("tipdm_replies", step=97)
    kept = ("message_id", "title", "detail", "posted_at", "region_code")
    whole = as_csv(tmp_path, source)
    using = load_mapping("tipdm_replies")
    with_outcomes = [row.case for row in read_records(whole, using, now=NOW)]
    bare = as_csv(tmp_path, [{key: line[key] for key in kept} for line in source])
    rows = list(read_records(bare, using, now=NOW))
    assert [row.case for row in rows] == with_outcomes
    assert not any(row.rejects or row.outcomes or row.events for row in rows)


def test_the_delay_rule_agrees_with_the_source(tmp_path):
    source = [line | {"detail": "略"} for line in shared_rows("tipdm_replies")]
    rows = read_records(as_csv(tmp_path, source), load_mapping("tipdm_replies"), now=NOW)
    assert [row.outcomes[0].value for row in rows] == [line["slow_reply_30d"] for line in source]
