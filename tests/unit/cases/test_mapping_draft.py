"""A draft finds what matters, loads, reads its file, and holds nothing personal."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.errors import InputError
from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping, parse_mapping
from zaojie_cases.mapping.columns import Kind, columns_of, is_id_no
from zaojie_cases.mapping.draft import draft_mapping, name_for
from zaojie_cases.mapping.guess import head_of, header_of

SAMPLES = sorted((Path(str(files("zaojie_cases"))) / "mappings" / "samples").iterdir())


def name_of(path):
    return path.name.partition(".")[0]


def drafted(path):
    text = draft_mapping(path, "own")
    return text, parse_mapping(text, "own.yaml")


def write(path, header, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_number_narrative_and_time_are_found_and_the_file_is_read(path):
    _, draft = drafted(path)
    shipped = load_mapping(name_of(path))
    for name in ("source_case_no", "narrative", "registered_at"):
        assert draft.fields[name].columns == shipped.fields[name].columns
    rows = list(read_records(path, draft))
    cases = [row for row in rows if row.case]
    assert len(cases) >= 0.8 * len(rows)
    assert any(row.case.category_code for row in cases)
    assert any(row.parties for row in cases)


def test_a_file_without_column_names_is_not_drafted(tmp_path):
    """Its first row would be written into the draft."""
    row = ["A1", "张三丰", "99999919500101000X", "19900000000", "楼上漏水没人管"]
    for first in (row, ["1", "张三丰", "2026-03-02", "漏水"], ["a", "楼上漏水没人管" * 6]):
        path = write(tmp_path / "a.csv", first, first, first)
        with pytest.raises(InputError, match="不是列名"):
            draft_mapping(path, "own")


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_draft_tells_what_to_check_and_leaves_no_column_out(path):
    text, draft = drafted(path)
    mentioned = draft.read_columns() | draft.left_out.keys()
    assert set(header_of(head_of(path))) <= mentioned
    for line in text.splitlines():
        if line.startswith(
            ("  source_case_no", "  narrative", "  registered_at", "  category_code")
        ):
            assert "# 请核对" in line


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_what_is_known_afterwards_or_of_staff_is_never_a_field_of_a_draft(path):
    _, draft = drafted(path)
    shipped = load_mapping(name_of(path))
    used = {c for source in draft.fields.values() for c in source.columns}
    used.update(c for columns in draft.parties.values() for c in columns)
    assert not used & shipped.left_out.keys()


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_draft_holds_no_identity(path):
    text, draft = drafted(path)
    identity = {c for columns in load_mapping(name_of(path)).parties.values() for c in columns}
    identity.discard("")
    assert identity <= {c for columns in draft.parties.values() for c in columns}
    own = load_mapping(name_of(path)).parties
    for cells in head_of(path):
        for column in (
            c for key in ("name", "id_no", "phone", "address") for c in own.get(key, ())
        ):
            value = str(cells.get(column) or "")
            assert len(value) < 2 or value not in text


def test_columns_are_told_by_their_values_where_the_names_say_nothing(tmp_path):
    rows = [
        [
            f"K{n:03d}",
            f"2026-03-{n:02d} 09:00",
            f"第{n}件：两家为排水沟的走向争执多日，要求有人上门来看一看。",
            f"9999991990010100{n:02d}",
            f"1990000{n:04d}",
            "邻里" if n % 2 else "物业",
        ]
        for n in range(1, 20)
    ]
    path = write(tmp_path / "a.csv", ["甲", "乙", "丙", "丁", "戊", "类型"], *rows)
    _, draft = drafted(path)
    assert draft.fields["source_case_no"].columns == ("甲",)
    assert draft.fields["registered_at"].columns == ("乙",)
    assert draft.fields["narrative"].columns == ("丙",)
    assert draft.parties == {"phone": ("戊",)}  # the numbers of 丁 have a wrong check digit
    assert draft.fields["category_code"].codes == {"邻里": "02", "物业": ""}


def test_names_in_a_column_of_codes_are_not_written_down(tmp_path):
    rows = [
        [str(n), "楼上漏水没人管，找过物业三次", ["欧阳小明", "王伟"][n % 2]] for n in range(20)
    ]
    path = write(tmp_path / "a.csv", ["编号", "内容", "类型"], *rows)
    text, _ = drafted(path)
    assert "欧阳小明" not in text
    assert "王伟" not in text
    assert "可能含个人信息" in text


def test_a_file_without_narrative_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", ["编号", "颜色"], ["1", "红"], ["2", "蓝"])
    with pytest.raises(InputError, match="叙述"):
        draft_mapping(path, "own")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Export-2026.csv", "export"),
        ("网格导出.xlsx", "new_source"),
        ("12345.csv", "new_source"),
        ("hotline_12345.csv", "hotline"),
        ("grid_report.jsonl.gz", "grid_report_own"),
    ],
)
def test_the_name_of_a_draft(file, name):
    assert name_for(Path(file)) == name


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2026-03-02", "2026年3月3日", "20260304", "46000"], Kind.OTHER),
        (["2026-03-02", "2026年3月3日", "20260304", "20260305101500"], Kind.DATE),
        (["202606010815", "20260631101500", *["202606010815"] * 9], Kind.DATE),
        (["369901101201", "369901", "369901101202001"], Kind.PLACE),
        (["13800138000", "0791-12345678"], Kind.PHONE),
        (["1.2万元", "300", "５人"], Kind.NUMBER),
        (["是", "否", "是", "否"], Kind.CODES),
        (["", "无", "-"], Kind.EMPTY),
    ],
)
def test_kinds_of_values(values, kind):
    assert columns_of([{"a": value} for value in values], ["a"])[0].kind is kind


@given(st.from_regex(r"[1-9]\d{16}", fullmatch=True))
def test_of_eleven_check_digits_one_is_right(body):
    body = body.translate({ord(c): str(i % 10) for i, c in enumerate(body) if not c.isascii()})
    assert sum(is_id_no(body + digit) for digit in "0123456789X") == 1
