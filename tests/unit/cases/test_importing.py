from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.errors import InputError
from zaojie_cases.importing import Reject, read_records
from zaojie_cases.importing.fields import case_id_of
from zaojie_cases.importing.narrative import clean, shorten
from zaojie_cases.record import MAX_NARRATIVE, SHANGHAI
from zaojie_cases.values import UNKNOWN_MOMENT


def test_a_row_becomes_a_case(sheet):
    row = sheet.read_one()
    case = row.case
    assert (row.number, row.source_id, row.rejects, row.skipped) == (1, "A-1", (), False)
    assert case.case_id == case_id_of("x", "A-1")
    assert case.narrative_masked == "楼上漏水。找过物业三次没人管"
    assert case.registered_at == datetime(2026, 3, 2, 9, 5, tzinfo=SHANGHAI)
    assert (case.category_code, case.grid_code) == ("0402", "360102001002001")
    assert (case.involved_count, case.amount_yuan, case.due_on) == (3, 12_000, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("编号", "", "source_case_no"),
        ("编号", ["A"], "source_case_no"),
        ("内容", ["A"], "narrative"),
        ("登记时间", "", "registered_at"),
        ("登记时间", "前天", "registered_at"),
        ("登记时间", "2026-11-26", "registered_at"),
    ],
)
def test_a_bad_required_field_rejects_the_row(sheet, column, value, field):
    row = sheet.read_one(**{column: value})
    assert row.case is None
    assert [fault.field for fault in row.rejects] == [field]


def test_an_empty_narrative_rejects_the_row(sheet):
    row = sheet.read_one(标题=" \u200b", 内容="\x00\x1b")
    assert row.case is None
    assert row.rejects == (Reject(1, "narrative", "内容是空的"),)
    assert row.source_id == "A-1"


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("类型", "噪声", "category_code"),
        ("区划", "123", "region_code"),
        ("网格", "360103001002001", "grid_code"),
        ("人数", "若干", "involved_count"),
        ("人数", "0", "involved_count"),
        ("金额", "-5", "amount_yuan"),
        ("期限", "下周", "due_on"),
        ("地点", "长" * 65, "place_key"),
        ("地点", "电话13800138000", "place_key"),
    ],
)
def test_a_bad_optional_field_is_left_empty_and_reported(sheet, column, value, field):
    row = sheet.read_one(**{column: value})
    assert row.case is not None
    assert getattr(row.case, field) is None
    assert [fault.field for fault in row.rejects] == [field]
    assert value not in row.rejects[0].reason or value == "0"


def test_empty_optional_cells_are_no_faults(sheet):
    row = sheet.read_one(类型="", 区划=None, 网格="无", 人数="NULL", 金额="-", 期限="", 地点="/")
    assert row.rejects == ()
    assert row.case.category_code is row.case.region_code is row.case.amount_yuan is None


def test_a_date_due_may_lie_ahead_but_what_happened_may_not(sheet):
    assert sheet.read_one(期限="2030-01-01").rejects == ()
    assert sheet.read_one(登记时间="2026-11-25 11:59").case is not None
    row = sheet.read_one(登记时间="2026-11-25 12:01")
    assert row.rejects[0].reason == "日期在未来，请核对"


@pytest.mark.parametrize(
    ("policy", "code", "reported"),
    [
        ("reject", None, True),
        ("empty", None, False),
        ("keep", "0301", False),
        ("default", "99", False),
    ],
)
def test_unknown_codes_follow_the_mapping(sheet, policy, code, reported):
    source = {
        "column": "类型",
        "translate": {"邻里": "0299"},
        "default": "99",
        "on_unknown": policy,
    }
    row = sheet.read_one(using=sheet.field_mapping(category_code=source), 类型="0301")
    assert row.case.category_code == code
    assert bool(row.rejects) is reported


def test_a_default_fills_empty_cells_and_needs_no_column(sheet):
    using = sheet.field_mapping(
        category_code={"column": "类型", "default": "99"}, channel_code={"default": "05"}
    )
    row = sheet.read_one(using=using, 类型="")
    assert (row.case.category_code, row.case.channel_code) == ("99", "05")


def test_codes_that_a_spreadsheet_made_numbers_are_mended(sheet):
    row = sheet.read_one(using=sheet.field_mapping(category_code="类型"), 类型=101, 编号=7.0)
    assert row.case.category_code == "0101"
    assert row.case.source_case_no == "7"


def test_a_grid_tells_its_region_and_a_judicial_type_its_table(sheet):
    case = sheet.read_one(
        using=sheet.field_mapping(judicial_type="司法类型"), 区划="", 司法类型="物业纠纷"
    ).case
    assert (case.region_code, case.crosswalk_version) == ("360102001002", "1")
    case = sheet.read_one(网格="").case
    assert (case.grid_code, case.crosswalk_version) == (None, None)


def test_earlier_numbers_of_the_source_become_our_ids(sheet):
    using = sheet.field_mapping(prior_case_ids="前案")
    row = sheet.read_one(using=using, 前案=["A-0", "B-9"])
    assert row.case.prior_case_ids == (case_id_of("x", "A-0"), case_id_of("x", "B-9"))


def test_an_unmapped_or_unneeded_time_is_unknown(sheet):
    fields = {k: v for k, v in sheet.mapping().fields.items() if k != "registered_at"}
    undated = sheet.mapping().model_copy(update={"fields": fields})
    assert sheet.read_one(using=undated).case.registered_at == UNKNOWN_MOMENT
    using = sheet.field_mapping(registered_at={"column": "登记时间", "required": False})
    rows = sheet.read(
        sheet.row | {"编号": "1"},
        sheet.row | {"编号": "2", "登记时间": ""},
        sheet.row | {"编号": "3", "登记时间": "前天"},
        using=using,
    )
    assert rows[0].case.registered_at.year == 2026
    assert rows[1].case.registered_at == rows[2].case.registered_at == UNKNOWN_MOMENT
    assert [fault.field for fault in rows[2].rejects] == ["registered_at"]


def test_a_filter_skips_rows_in_place(sheet):
    using = sheet.mapping(filter={"类型": ["邻里", "物业"]})
    rows = sheet.read(sheet.row, sheet.row | {"编号": "2", "类型": "刑事"}, using=using)
    assert [(row.skipped, row.case is None, row.source_id) for row in rows] == [
        (False, False, "A-1"),
        (True, True, "2"),
    ]


def test_a_number_that_comes_again_is_rejected(sheet):
    bad = sheet.row | {"内容": "", "标题": ""}
    rows = sheet.read(bad, sheet.row, sheet.row | {"内容": "另一件事"}, sheet.row | {"编号": "2"})
    assert [row.case is not None for row in rows] == [False, True, False, True]
    assert "重复" in rows[2].rejects[0].reason


def test_a_missing_required_column_stops_at_once(sheet):
    with pytest.raises(InputError) as caught:
        sheet.read({"编号": "1", "标题": "a", "登记时间": "2026-01-01"})
    assert "内容" in caught.value.message
    assert "x" in caught.value.message


def test_other_missing_columns_are_reported_once(sheet):
    bare = {k: sheet.row[k] for k in ("编号", "标题", "内容", "登记时间")}
    using = sheet.mapping(
        outcomes={"a": {"code": "E1", "kind": "binary", "column": "结果", "observed": "结案"}},
        events=[{"kind": "closed", "at": "结案"}],
        filter={"域": "民事"},
    )
    rows = sheet.read(bare, bare | {"编号": "2"}, using=using)
    assert all(row.case for row in rows)
    assert {f.field for f in rows[0].rejects} == {
        "区划",
        "网格",
        "类型",
        "人数",
        "金额",
        "期限",
        "地点",
        "域",
    }
    assert rows[1].rejects == ()


def test_a_broken_line_is_one_rejected_row(sheet):
    path = sheet.write(sheet.row)
    path.write_text(path.read_text() + '{"编号":\n' + json.dumps(sheet.row | {"编号": "2"}) + "\n")
    rows = list(read_records(path, sheet.mapping()))
    assert [row.case is not None for row in rows] == [True, False, True]
    assert [row.number for row in rows] == [1, 2, 3]


def test_joined_columns_get_one_mark_between_sentences(sheet):
    assert "漏水！找过" in sheet.read_one(标题="楼上漏水！").case.narrative_masked
    assert sheet.read_one(标题="").case.narrative_masked == "找过物业三次没人管"


def test_a_segmented_narrative_is_marked(sheet):
    using = sheet.field_mapping(narrative={"column": "内容", "segmented": "true"})
    case = sheet.read_one(using=using, 内容="楼上 漏水 多次").case
    assert (case.narrative_form, case.narrative_masked) == ("segmented", "楼上 漏水 多次")


def test_a_fault_never_repeats_a_value(sheet):
    secret = "欧阳小明13800138000"
    row = sheet.read_one(**{c: secret for c in sheet.row if c not in {"编号", "标题", "内容"}})
    assert len(row.rejects) >= 7
    assert not any(secret in f.reason or "1380013" in f.reason for f in row.rejects)


def test_a_long_narrative_is_cut_with_a_note(sheet):
    row = sheet.read_one(内容="楼上漏水，" * 2_000_000)
    assert len(row.case.narrative_masked) <= MAX_NARRATIVE
    assert [f.field for f in row.rejects] == ["narrative"]


def test_a_cut_never_leaves_half_a_phone_number():
    head = "漏" * (MAX_NARRATIVE - 5)
    assert shorten(head + "13800138000") == head
    assert shorten("漏水。" + "1" * MAX_NARRATIVE) == "漏水。"
    assert shorten("漏" * MAX_NARRATIVE) == "漏" * MAX_NARRATIVE


def test_what_is_no_text_goes_and_emoji_stay():
    family = "👨\u200d👩\u200d👧"
    dirty = f"\ufeff漏\x00水\u200b\r\n第二行\x1b[0m{family}\ud83d\t完 "
    assert clean(dirty) == f"漏水\n第二行[0m{family}\t完"


@given(st.text(st.characters(), max_size=200))
def test_cleaned_text_can_be_stored_and_stays_clean(text):
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned


@given(st.text("漏水。1a ", max_size=90), st.text("漏水。1a ", min_size=30, max_size=90))
def test_shortened_text_is_a_beginning(before, after):
    text = "漏" * (MAX_NARRATIVE - len(before) - 20) + before + after
    short = shorten(text)
    assert len(short) <= MAX_NARRATIVE
    assert text.startswith(short)
