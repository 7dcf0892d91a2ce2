from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.record import SHANGHAI
from zaojie_cases.values import (
    CellError,
    as_code,
    as_list,
    as_text,
    parse_count,
    parse_date,
    parse_flag,
    parse_moment,
    parse_number,
    to_half_width,
)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026年3月2日", at(2026, 3, 2)),
        ("2026年03月02日 星期一", at(2026, 3, 2)),
        ("2026年3月2日上午9时5分", at(2026, 3, 2, 9, 5)),
        ("2026年3月2日（星期一）下午3点半", at(2026, 3, 2, 15, 30)),
        ("2026年3月2日 晚上8点", at(2026, 3, 2, 20)),
        ("2026年3月2日中午12时", at(2026, 3, 2, 12)),
        ("2026年3月2日凌晨12时10分", at(2026, 3, 2, 0, 10)),
        ("2026年3月2日24时", at(2026, 3, 3)),
        ("2026年12月31日24:00", at(2027, 1, 1)),
        ("２０２６年３月２日　９时５分３０秒", at(2026, 3, 2, 9, 5, 30)),
        ("2026/3/2 9:05", at(2026, 3, 2, 9, 5)),
        ("2026/3/2 9:05:07", at(2026, 3, 2, 9, 5, 7)),
        ("2026-3-2", at(2026, 3, 2)),
        ("2026.3.2", at(2026, 3, 2)),
        ("20260302", at(2026, 3, 2)),
        ("202603020905", at(2026, 3, 2, 9, 5)),
        ("20260302090507", at(2026, 3, 2, 9, 5, 7)),
        ("2026-03-02 09:05:07.250", at(2026, 3, 2, 9, 5, 7)),
        ("2026-03-02T09:05:07+08:00", at(2026, 3, 2, 9, 5, 7)),
        ("2026-03-02T01:05:07Z", at(2026, 3, 2, 9, 5, 7)),
        (46083, at(2026, 3, 2)),
        ("46083", at(2026, 3, 2)),
        (46083.378472222219, at(2026, 3, 2, 9, 5)),
        ("46083.378472222219", at(2026, 3, 2, 9, 5)),
        (20260302, at(2026, 3, 2)),
        (datetime(2026, 3, 2, 9, 5), at(2026, 3, 2, 9, 5)),
        (datetime(2026, 3, 2, 1, 5, tzinfo=UTC), at(2026, 3, 2, 9, 5)),
        (date(2026, 3, 2), at(2026, 3, 2)),
    ],
)
def test_moments_as_people_write_them(written, moment):
    found = parse_moment(written)
    assert found == moment
    assert found.tzinfo is SHANGHAI
    assert parse_date(written) == moment.date()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "昨天",
        "2026年13月2日",
        "2026年2月30日",
        "2025年3月",
        "26.3.2",
        "3/2/2026",
        "20261345",
        "2026年3月2日25时",
        "2026年3月2日24时30分",
        "0026-03-02",
        "12345678901234567890",
        99999,
        7,
        True,
        math.nan,
        ["2026-03-02"],
    ],
)
def test_what_is_no_moment_is_refused_without_repeating_it(written):
    with pytest.raises(CellError) as caught:
        parse_moment(written)
    assert str(written) == "" or str(written) not in str(caught.value)


def test_own_formats_come_first():
    assert parse_moment("02/03/26", ("%d/%m/%y",)) == at(2026, 3, 2)
    assert parse_moment("2026-03-02", ("%d/%m/%y",)) == at(2026, 3, 2)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)))
def test_every_way_of_writing_gives_the_same_moment(naive):
    moment = naive.replace(microsecond=0, tzinfo=SHANGHAI)
    y, m, d, h, mi, s = moment.timetuple()[:6]
    days = (moment.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1)
    for written in (
        f"{y}年{m}月{d}日{h}时{mi}分{s}秒",
        f"{y}/{m}/{d} {h}:{mi:02}:{s:02}",
        f"{y:04}{m:02}{d:02}{h:02}{mi:02}{s:02}",
        moment.isoformat(),
        naive,
        days,
        repr(days),
    ):
        assert parse_moment(written) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_a_cell_error(text):
    try:
        assert parse_moment(text).year >= 1900
    except CellError as error:
        assert "日期" in str(error) or "年份" in str(error) or "编码" in str(error)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,200元", 1200),
        ("1.2万元", 12_000),
        ("１，２００．５０", 1200.5),
        ("￥3,000.00", 3000),
        ("约3千元", 3000),
        ("人民币 50 万元整", 500_000),
        ("1.5亿", 150_000_000),
        ("12345678", 12_345_678),
        (3000, 3000),
        (1.5, 1.5),
        (Decimal("99.90"), 99.9),
    ],
)
def test_amounts(written, number):
    assert parse_number(written) == pytest.approx(number)


@pytest.mark.parametrize(
    "written", ["", "若干", "3-5万", "1,2", "12a", "3人", "12元34", "1.2.3", "3万5"]
)
def test_what_is_no_amount(written):
    with pytest.raises(CellError):
        parse_number(written)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("３人", 3),
        ("约50人", 50),
        ("50余人", 50),
        ("1.2万人", 12_000),
        (3.0, 3),
        ("2户", 2),
        ("7", 7),
    ],
)
def test_counts(written, count):
    found = parse_count(written)
    assert found == count
    assert isinstance(found, int)


@pytest.mark.parametrize("written", ["2.5人", "三五人", "3-5人", "3元"])
def test_what_is_no_count(written):
    with pytest.raises(CellError):
        parse_count(written)


def test_flags():
    assert [parse_flag(v) for v in ("是", "1", 1, True, "TRUE", "有", 1.0)] == [True] * 7
    assert [parse_flag(v) for v in ("否", "0", 0, False, "False", "没有", "０")] == [False] * 7
    with pytest.raises(CellError):
        parse_flag("也许")


def test_texts_of_cells():
    assert [as_text(v) for v in (None, 2549, 2549.0, 0.5, True, math.nan, " a ")] == [
        "",
        "2549",
        "2549",
        "0.5",
        "1",
        "",
        "a",
    ]
    for damaged in (3.60102001001001e17, "\udcff", ["a"], {"a": 1}):
        with pytest.raises(CellError):
            as_text(damaged)


def test_marks_for_nothing_are_nothing():
    assert [as_code(v) for v in ("NULL", r"\N", "nan", "－", "无", "N/A", "０１０１")] == [
        ""
    ] * 6 + ["0101"]


def test_lists():
    assert as_list("甲、乙；丙|丁") == ("甲", "乙", "丙", "丁")
    assert as_list(["甲", " ", None, 3]) == ("甲", "3")
    assert as_list("甲、乙|丙", "|") == ("甲、乙", "丙")
    assert as_list("无") == as_list(None) == ()


@given(st.text())
def test_half_width_keeps_length_and_ascii(text):
    half = to_half_width(text)
    assert len(half) == len(text)
    assert to_half_width(half) == half
    assert not any("！" <= char <= "～" for char in half)
