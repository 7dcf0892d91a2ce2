from __future__ import annotations

import codecs
import csv
import gzip
import json
import sys
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.errors import InputError, MissingExtraError
from zaojie_cases.readers import BrokenRow, read_rows
from zaojie_cases.text_files import BAD_BYTES, Meter, open_text, written_whole

TABLE = [
    {"编号": "001", "内容": "漏水，找过物业🙂", "日期": "2026-03-02"},
    {"编号": "002", "内容": '他说"不管"\n第二行', "日期": ""},
    {"编号": "003", "内容": "欠薪;三个月\t没发", "日期": "2026年3月2日"},
]


def write_csv(path, encoding="utf-8", delimiter=",", rows=TABLE):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_xlsx(path, rows=TABLE):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)
    return path


def filled(rows):
    return [{k: v for k, v in cells.items() if v not in ("", None)} for _, cells in rows]


EXPECTED = [{k: v for k, v in row.items() if v} for row in TABLE]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_csv_in_every_encoding(tmp_path, encoding, delimiter, suffix):
    path = write_csv(tmp_path / f"a{suffix}", encoding, delimiter)
    assert filled(read_rows(path)) == EXPECTED
    assert [number for number, _ in read_rows(path)] == [2, 3, 4]


def test_excel(tmp_path):
    assert filled(read_rows(write_xlsx(tmp_path / "A.XLSX"))) == EXPECTED


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_json_lines(tmp_path, suffix, encoding):
    path = tmp_path / f"a{suffix}"
    opener = gzip.open if suffix.endswith("gz") else open
    with opener(path, "wt", encoding=encoding) as file:
        for row in TABLE:
            file.write(json.dumps(row, ensure_ascii=False) + "\n\n")
    assert filled(read_rows(path)) == EXPECTED
    assert [number for number, _ in read_rows(path)] == [1, 3, 5]


def test_parquet_keeps_types_and_needs_no_pandas(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="Parquet 需要 training 部分")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    nano = pa.array([1_772_413_500_123_456_789, None], pa.timestamp("ns", "Asia/Shanghai"))
    pq.write_table(pa.table({"编号": ["1", "2"], "时间": nano, "数": [1, None]}), path)
    rows = list(read_rows(path))
    assert [number for number, _ in rows] == [2, 3]
    assert rows[0][1]["时间"].isoformat() == "2026-03-02T09:05:00.123456+08:00"
    assert rows[1][1] == {"编号": "2", "时间": None, "数": None}


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path, rows):
    pa = pytest.importorskip("pyarrow", reason="Parquet 需要 training 部分")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=700)
    return path


WRITERS = {
    "a.csv": lambda path, rows: write_csv(path, rows=rows),
    "a.csv.gz": lambda path, rows: write_csv(path, rows=rows),
    "a.jsonl": write_lines,
    "a.xlsx": write_xlsx,
    "a.parquet": write_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
def test_rows_up_to_a_number_are_passed_over(tmp_path, name):
    path = WRITERS[name](tmp_path / name, [{"a": str(n), "b": "漏水"} for n in range(2_500)])
    whole = list(read_rows(path))
    assert len(whole) == 2_500
    for after in (0, 1, 2, 1_001, 2_400, 2_501):
        assert list(read_rows(path, after=after)) == [row for row in whole if row[0] > after]


@pytest.mark.parametrize("name", WRITERS)
def test_the_meter_tells_the_share_that_was_read(tmp_path, name):
    path = WRITERS[name](tmp_path / name, [{"a": str(n), "b": "漏水"} for n in range(20_000)])
    meter, shares = Meter(), []
    assert meter.share() == 0
    for number, _ in read_rows(path, meter=meter):
        if number % 2_000 == 0:
            shares.append(meter.share())
    assert shares == sorted(shares)
    assert shares[4] == pytest.approx(0.5, abs=0.2)
    assert meter.share() == pytest.approx(1)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"requirements/run.txt"):
        list(read_rows(path))


def test_excel_cells_keep_dates_and_numbers(tmp_path):
    path = write_xlsx(
        tmp_path / "a.xlsx", [{"时": datetime(2026, 3, 2, 9, 5), "数": 3, "串": "03"}]
    )
    assert [cells for _, cells in read_rows(path)] == [
        {"时": datetime(2026, 3, 2, 9, 5), "数": 3, "串": "03"}
    ]


def test_excel_rows_are_numbered_as_seen_and_side_notes_left_away(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (["a", None, "b"], [1, "x", 2], [], [3], [4, None, 5, "旁注"]):
        sheet.append(line)
    book.save(tmp_path / "a.xlsx")
    assert list(read_rows(tmp_path / "a.xlsx")) == [
        (2, {"a": 1, "b": 2}),
        (4, {"a": 3, "b": None}),
        (5, {"a": 4, "b": 5}),
    ]


def test_broken_rows_do_not_stop_the_others(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n\n3\n4,5,6\n7,8,,\n"9","10"\n', encoding="utf-8")
    rows = list(read_rows(path))
    assert [number for number, _ in rows] == [2, 4, 5, 6, 7]
    assert [isinstance(cells, BrokenRow) for _, cells in rows] == [False, True, True, False, False]
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"a": 1}\n{"a": \n[1]\n' + "[" * 100_000 + "\n" + '{"a": NaN}\n')
    rows = list(read_rows(lines))
    assert [isinstance(cells, BrokenRow) for _, cells in rows] == [False, True, True, True, False]
    assert all(cells.reason for _, cells in rows[1:4])


def test_columns_with_the_same_name_are_kept_apart(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,备注,备注,\n1,2,3,4\n", encoding="utf-8")
    assert list(read_rows(path)) == [(2, {"a": "1", "备注": "2", "备注(2)": "3"})]


def test_one_bad_byte_spoils_one_cell(tmp_path):
    path = tmp_path / "a.csv"
    good = "编号,内容\n1,楼上漏水多次\n2,".encode()
    path.write_bytes(good + b"\xe6\xbc\n3," + "噪声扰民".encode() + b"\n")
    cells = [cells["内容"] for _, cells in read_rows(path)]
    assert cells[0] == "楼上漏水多次"
    assert BAD_BYTES in cells[1]
    assert cells[2] == "噪声扰民"


def test_a_long_cell_is_read(tmp_path):
    path = write_csv(tmp_path / "a.csv", rows=[{"a": "漏" * 4_000_000}])
    assert len(next(read_rows(path))[1]["a"]) == 4_000_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\n\n"),
        ("a.csv", b",,\n1,2,3\n"),
        ("a.csv", b"PK\x03\x04\x00\x00\x00\x00"),
        ("a.csv", "内容\n漏水".encode("utf-16-le")),
        ("a.csv", b"\xff" * 100),
        ("a.csv.gz", b"a,b\n1,2\n"),
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:-30]),
        ("a.xlsx", b"not a zip"),
        ("a.xlsx", b""),
        ("a.parquet", b"PAR1 nothing PAR1"),
        ("a.xls", b"\xd0\xcf\x11\xe0"),
        ("a", b"x"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(tmp_path, name, content):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="Parquet 需要 training 部分")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(read_rows(tmp_path / name))
    assert name in caught.value.message


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(InputError, match="找不到文件"):
        list(read_rows(tmp_path / "none.csv"))


def test_an_unclosed_quote_is_not_swallowed(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"2\n' + "3,4\n" * 50, encoding="utf-8")
    monkeypatch.setattr("zaojie_cases.readers.MAX_CELL", 100)
    with pytest.raises(InputError, match="引号"):
        list(read_rows(path))


chinese = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=60
)


@given(st.lists(chinese, min_size=1, max_size=8), st.sampled_from(["utf-8", "gb18030"]))
def test_the_encoding_is_found(tmp_path_factory, lines, encoding):
    path = tmp_path_factory.mktemp("enc") / "a.txt"
    text = "案件编号,正文内容\n" + "\n".join(lines)
    path.write_bytes(text.encode(encoding))
    with open_text(path) as file:
        assert file.read() == text


def test_encodings_with_a_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(codecs.BOM_UTF16_BE + "漏水".encode("utf-16-be"))
    with open_text(path) as file:
        assert file.read() == "漏水"


def test_the_encoding_is_found_after_a_long_ascii_beginning(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a,b\n" * 700_000 + "漏水".encode("gb18030"))
    with open_text(path) as file:
        assert file.read().endswith("漏水")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.jsonl.gz"
    with written_whole(path) as file:
        file.write("漏水\udcff\n")
    before = path.read_bytes()
    assert gzip.decompress(before).decode() == "漏水?\n"
    with pytest.raises(KeyError), written_whole(path) as file:
        file.write("半")
        raise KeyError
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_device_or_directory_is_never_replaced(tmp_path):
    with pytest.raises(InputError, match="不是普通文件"), written_whole(tmp_path):
        pass
