"""Files as clerks really send them: each is read, or it is said what to do, row by row."""

from __future__ import annotations

import json

import openpyxl
import pytest

from zaojie_cases.errors import InputError
from zaojie_cases.importing import Reject, RejectFile, read_records
from zaojie_cases.importing.run import import_file
from zaojie_cases.mapping.check import try_mapping
from zaojie_cases.readers import BrokenRow, read_rows
from zaojie_cases.store import Store

HEADER = ["编号", "内容", "登记时间", "区划"]
ROWS = [[f"A-{n}", "楼上漏水没人管", "2026-03-02", "360102001002"] for n in (1, 2)]
TITLES = {
    "one": [["某县2026年矛盾纠纷台账"]],
    "as wide as the table": [["某县2026年矛盾纠纷台账", "", "", ""]],
    "two": [["某县台账"], ["填报单位：某司法所", "", "填报时间：2026年3月", ""]],
    "with a blank row": [["某县台账"], ["", "", "", ""]],
    "none": [],
}


def as_table(path, lines, delimiter):
    text = "\n".join(delimiter.join(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def as_book(path, *sheets, merged=()):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, lines in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"第{number}季度")
        for line in lines:
            sheet.append([cell or None for cell in line])
    for cells in merged:
        book.worksheets[0].merge_cells(cells)
    book.save(path)
    return path


def faults(rows):
    return [fault for row in rows for fault in row.rejects if "没有这一列" not in fault.reason]


@pytest.mark.parametrize("titles", TITLES)
@pytest.mark.parametrize("kind", [",", "\t", ";", "xlsx"])
def test_title_lines_above_the_column_names_are_passed_over(tmp_path, titles, kind):
    lines = [*TITLES[titles], HEADER, *ROWS]
    if kind == "xlsx":
        path = as_book(tmp_path / "a.xlsx", lines)
    else:
        path = as_table(tmp_path / "a.csv", lines, kind)
    first = len(TITLES[titles]) + 2
    assert list(read_rows(path)) == [
        (first, dict(zip(HEADER, ROWS[0], strict=True))),
        (first + 1, dict(zip(HEADER, ROWS[1], strict=True))),
    ]
    assert [number for number, _ in read_rows(path, after=first)] == [first + 1]


def test_a_short_header_is_no_title(tmp_path):
    path = as_table(tmp_path / "a.csv", [["编号", "内容（格式：文字）"], ["1", "漏水"]], ",")
    assert list(read_rows(path)) == [(2, {"编号": "1", "内容（格式：文字）": "漏水"})]


def test_names_that_end_in_blanks_and_blank_rows_spoil_nothing(tmp_path):
    path = as_table(tmp_path / "a.csv", [[*HEADER, "", ""], *ROWS, ["", " ", "", ""]], ",")
    assert [dict(cells) for _, cells in read_rows(path)] == [
        dict(zip(HEADER, row, strict=True)) for row in ROWS
    ]


def test_an_open_quotation_mark_is_told_with_its_row_and_what_it_swallowed(tmp_path):
    lines = [HEADER, ROWS[0], ["A-3", '"没写完', "2026-03-02", ""], *ROWS * 5]
    *good, (number, broken) = read_rows(as_table(tmp_path / "a.csv", lines, ","))
    assert [cells["编号"] for _, cells in good] == ["A-1"]
    assert number == 3
    assert isinstance(broken, BrokenRow)
    assert "引号" in broken.reason
    assert "11 行" in broken.reason
    in_last_cell = [HEADER, [*ROWS[0][:3], '"360102'], *ROWS * 5]
    (_, broken), *none = read_rows(as_table(tmp_path / "a.csv", in_last_cell, ","))
    assert isinstance(broken, BrokenRow)
    assert none == []


def test_a_few_zero_bytes_spoil_nothing(sheet, tmp_path):
    path = tmp_path / "a.csv"
    text = "编号,标题,内容,登记时间\n" + "".join(
        f"A-{n},漏水,找过物业,2026-3-2\n" for n in range(9)
    )
    path.write_bytes(text.replace("A-7", "A\0-7").replace("漏水", "漏\0水", 1).encode())
    cases = [row.case for row in read_records(path, sheet.mapping())]
    assert [case.source_case_no for case in cases] == [f"A-{n}" for n in range(9)]
    assert "\0" not in cases[0].narrative_masked


def test_an_excel_file_with_another_ending_is_recognised(tmp_path):
    path = as_book(tmp_path / "a.xlsx", [HEADER, *ROWS]).rename(tmp_path / "a.csv")
    with pytest.raises(InputError, match="其实是 Excel"):
        list(read_rows(path))


def test_what_is_not_read_of_a_workbook_is_told(sheet, tmp_path):
    lines = [["台账"], HEADER, *ROWS, ["A-3", "噪声扰民", "2026-03-02", ""]]
    book = as_book(tmp_path / "a.xlsx", lines, [HEADER], merged=["A1:D1", "D3:D5", "C4:D4"])
    told = faults(read_records(book, sheet.field_mapping(narrative="内容")))
    assert [(fault.row, fault.field) for fault in told] == [(1, "工作表"), (3, "合并的单元格")]
    assert "有 2 个" in told[0].reason
    assert "季度" not in told[0].reason
    assert "D3:D5" in told[1].reason
    plain = as_book(tmp_path / "b.xlsx", [HEADER, *ROWS])
    assert faults(read_records(plain, sheet.field_mapping(narrative="内容"))) == []


def test_an_empty_first_sheet_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="移到最前面"):
        list(read_rows(as_book(tmp_path / "a.xlsx", [], [HEADER, *ROWS])))


@pytest.mark.parametrize("indent", [None, 1])
def test_json_that_is_one_list_is_refused_as_a_whole(sheet, tmp_path, indent):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps([sheet.row] * 3, indent=indent), encoding="utf-8")
    with pytest.raises(InputError, match="都读不出来"):
        list(read_records(path, sheet.mapping()))


def test_a_key_that_comes_late_in_json_lines_is_read_as_the_mapping_says(sheet):
    using = sheet.field_mapping(accepted_at={"column": "受理", "otherwise": "登记时间"})
    first = {key: value for key, value in sheet.row.items() if key != "受理"}
    rows = [first | {"编号": str(n)} for n in range(1_500)]
    rows.append(first | {"编号": "last", "受理": "2026-03-09"})
    *_, last = sheet.read(*rows, using=using)
    assert last.case.accepted_at.day == 9


@pytest.mark.parametrize("nothing", ["无", "/", " - ", "NULL", "#REF!", "\u200b"])
def test_a_mark_for_nothing_is_no_narrative_no_number_and_nobody(sheet, nothing):
    using = sheet.mapping(parties={"name": ["甲", "乙"], "id_no": ["甲证", "乙证"]})
    row = sheet.read_one(using=using, 甲=nothing, 乙=nothing, 甲证=nothing, 乙证=nothing)
    assert row.parties == ()
    assert nothing.strip() not in row.case.narrative_masked or nothing == "\u200b"
    assert sheet.read_one(标题=nothing, 内容=nothing).case is None
    assert sheet.read_one(编号=nothing).case is None
    assert nothing not in sheet.read_one(标题=nothing).case.narrative_masked


def test_what_is_wrong_with_one_party_does_not_cost_the_other(sheet):
    using = sheet.mapping(parties={"id_no": ["甲证", "乙证"]})
    row = sheet.read_one(using=using, 甲证="3.60102E+17", 乙证="36010219900101001X")
    assert [dict(party.identity) for party in row.parties] == [{"id_no": "36010219900101001X"}]
    assert [(fault.field, "舍入" in fault.reason) for fault in row.rejects] == [("甲证", True)]


def test_numbers_that_a_spreadsheet_has_spoilt_are_not_taken_for_one_case(sheet):
    rows = sheet.read(sheet.row | {"编号": "2.02603E+11"}, sheet.row | {"编号": "2.02603E+11"})
    assert [row.case for row in rows] == [None, None]
    assert all("舍入" in fault.reason for row in rows for fault in row.rejects)
    assert sheet.read_one(编号="2E+5栋").case.source_case_no == "2E+5栋"


def test_a_number_that_is_a_whole_text_is_refused(sheet):
    (fault,) = sheet.read_one(编号="漏水" * 200).rejects
    assert (fault.field, "不像编号" in fault.reason) == ("source_case_no", True)


def test_characters_that_cannot_be_seen_make_no_other_number(sheet):
    row = sheet.read_one(编号="\ufeffA-1\u200b", 类型="物业\u200b", 地点="A\x003")
    plain = sheet.read_one()
    assert row.case == plain.case
    assert row.rejects == plain.rejects


def test_without_the_column_of_the_filter_it_is_told_that_all_rows_went_in(sheet):
    (row,) = sheet.read(sheet.row, using=sheet.mapping(filter={"是否纠纷": "是"}))
    assert row.case
    (fault,) = row.rejects
    assert (fault.row, fault.field, "所有的行都导入了" in fault.reason) == (1, "是否纠纷", True)


def test_the_reject_file_replaces_nothing_but_a_reject_file(tmp_path):
    path = tmp_path / "台账.csv"
    path.write_text("编号,内容\n", encoding="utf-8")
    with pytest.raises(InputError, match="不会覆盖"), RejectFile(path):
        pass
    assert path.read_text("utf-8") == "编号,内容\n"


def test_two_writers_of_one_reject_file_do_not_spoil_it(tmp_path):
    path = tmp_path / "r.csv"
    with RejectFile(path) as first:
        first.write([Reject(2, "", "一")])
        mark = first.mark()
        first.write([Reject(3, "", "二")])
        with pytest.raises(KeyError), RejectFile(path, mark) as second:
            second.write([Reject(3, "", "二"), Reject(4, "", "三")])
            raise KeyError
        first.write([Reject(4, "events.closed", "三")])
        last = first.mark()
    rows = path.read_text("utf-8-sig").splitlines()
    assert rows == ["行号,字段,原因", "2,整行,一", "3,整行,二", "4,时间线·办结,三"]
    assert last.holds(path)
    assert list(tmp_path.iterdir()) == [path]


def test_dates_that_cannot_be_are_told_by_row(sheet, tmp_path):
    using = sheet.field_mapping(occurred_on="发生")
    path = sheet.write(
        sheet.row | {"发生": "2026-03-01"}, sheet.row | {"编号": "2", "发生": "2026-3-9"}
    )
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.upgrade()
        done = import_file(store, path, using, rejects=tmp_path / "r.csv")
        assert done.row.counted.added == 2
    (line,) = (tmp_path / "r.csv").read_text("utf-8-sig").splitlines()[1:]
    assert line == "2,日期,发生晚于登记；已照原样导入，请核对"


def test_an_unknown_time_does_not_count_as_given_when_a_mapping_is_tried(sheet):
    using = sheet.field_mapping(registered_at={"column": "登记时间", "required": False})
    path = sheet.write(sheet.row | {"登记时间": ""}, sheet.row | {"编号": "2"})
    assert try_mapping(using, path).filled["registered_at"] == 1


def test_a_listed_event_cannot_be_recorded_in_the_future(sheet):
    event = {"kind": "closed", "at": "2026-03-09", "recorded_at": "2027-03-09"}
    row = sheet.read_one(using=sheet.mapping(timeline="进展"), 进展=[event])
    assert row.events == ()
    assert [(fault.field, fault.reason) for fault in row.rejects] == [
        ("进展.1", "日期在未来，请核对")
    ]
