"""Values as people write them: dates, numbers, counts, yes and no, codes.

Every reader takes what a file gives (text, number, date or None) and raises :class:`CellError`.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from zaojie_cases.record import SHANGHAI, in_shanghai


class CellError(ValueError):
    """A value cannot be read; the message is a short Chinese reason without the value."""


UNKNOWN_MOMENT: Final = datetime(1970, 1, 1, tzinfo=SHANGHAI)
"""Stands for "the source does not say when": one constant, so that no time leaks in."""

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_EMPTY = frozenset(
    {"", "null", "none", "nan", "nat", r"\n", "n/a", "-", "--", "/", "无"}
    | {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!"}
)
_LONGEST_EMPTY = 9
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""Control, direction and zero-width characters; the joiner inside emoji (U+200D) stays."""
_ROUNDED = re.compile(r"[+-]?\d(?:\.\d+)?E\+\d+", re.ASCII)
"""What a spreadsheet makes of a long number when it writes CSV: 3.70102E+17."""
_TOO_LONG = "数字过长，已被表格软件舍入，请把这一列设为文本再导出"
_EXACT_DIGITS = 10**15
"""Spreadsheets keep 15 digits of a number; longer codes are already damaged."""

_FIRST_YEAR = 1900
_EXCEL_EPOCH = datetime(1899, 12, 30)
_EXCEL_DAYS = (10_000, 90_000)
"""Serial days read as dates: 1927 to 2146; other numbers are no dates."""

_DAY = r"(?P<y>\d{4})\s*[年/.-]\s*(?P<m>\d{1,2})\s*[月/.-]\s*(?P<d>\d{1,2})\s*[日号]?"
_WEEKDAY = r"(?:\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?)?"
_PART = r"(?P<part>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜间|晚)?"
_CLOCK = (
    r"(?P<h>\d{1,2})\s*[时点:](?:\s*(?P<half>半)|\s*(?P<min>\d{1,2})\s*分?"
    r"(?:\s*:?\s*(?P<s>\d{1,2})(?:\.\d+)?\s*秒?)?)?(?:\s*整)?"
)
_WRITTEN = re.compile(rf"{_DAY}{_WEEKDAY}[\sT,]*(?:{_PART}\s*{_CLOCK})?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\s?(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)

_UNITS = {"": 1, "十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_ABOUT = r"(?:约|大约|近|共|共计|总计|合计|人民币|[¥￥])*"
_NUMBER = re.compile(
    rf"{_ABOUT}\s*(?P<n>[+-]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?)\s*"
    r"(?P<times>十|百|千)?(?P<unit>万|亿)?(?:多|余)?\s*(?P<word>\D{0,3}?)(?:左右|上下|以上|余|多|整)?",
    re.ASCII,
)
_MONEY_WORDS = frozenset({"", "元", "圆", "块", "块钱", "元钱", "rmb", "cny"})
_COUNT_WORDS = frozenset({"", "人", "名", "位", "人次", "户", "件", "次", "起", "个"})
_YES = frozenset({"1", "是", "有", "对", "true", "yes", "y", "√"})
_NO = frozenset({"0", "否", "没有", "不是", "false", "no", "n", "×"})


def to_half_width(text: str) -> str:
    """Return ``text`` with full-width ASCII and the ideographic space made half-width."""
    return text.translate(_WIDE)


def without_controls(text: str) -> str:
    """Return ``text`` without characters that cannot be seen; emoji stay."""
    return _NO_TEXT.sub("", text)


def is_nothing(text: str) -> bool:
    """Tell whether ``text`` is one of the marks that stand for "nothing", as 无 or NULL."""
    return len(text) <= _LONGEST_EMPTY and to_half_width(text).strip().lower() in _EMPTY


def as_text(value: object) -> str:
    """Return a cell as stripped text; "" when it is empty, whole numbers without ``.0``.

    Characters that cannot be seen are left away: PostgreSQL refuses some, and a number that
    was copied with one would not be the number.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, (dict, list, tuple, set)):
        raise CellError("应是单个值，不应是列表或对象")
    text = without_controls(str(value)).strip()
    if _SURROGATE.search(text):
        raise CellError("含有无法识别的字节（编码损坏）")
    return text


def _number_text(value: float) -> str:
    if math.isnan(value):
        return ""
    if not value.is_integer():
        return repr(value)
    if abs(value) >= _EXACT_DIGITS:
        raise CellError(_TOO_LONG)
    return str(int(value))


def as_code(value: object) -> str:
    """Return a cell as a code: half-width, without the marks that stand for "nothing"."""
    text = to_half_width(as_text(value)).strip()
    if _ROUNDED.fullmatch(text):
        raise CellError(_TOO_LONG)
    return "" if is_nothing(text) else text


def as_list(value: object, marks: str = "|,，、;；") -> tuple[str, ...]:
    """Return a list cell, or a text cell split at any of ``marks``, without empty parts."""
    if isinstance(value, (list, tuple)):
        parts = [as_text(item) for item in value]
    else:
        parts = re.split(f"[{re.escape(marks)}]", as_code(value) and as_text(value))
    return tuple(part.strip() for part in parts if part.strip())


def parse_flag(value: object) -> bool:
    """Read yes or no: 1/0, 是/否, 有/没有, true/false."""
    word = to_half_width(as_text(value)).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellError("应为 是/否 或 1/0")


def _measure(value: object, words: frozenset[str], what: str) -> float:
    text = to_half_width(as_text(value)).strip().lower()
    found = _NUMBER.fullmatch(text)
    if not found or found["word"].strip() not in words:
        raise CellError(f"不是{what}")
    # As decimals: 0.34万 is 3400 and not 3400.0000000000005.
    number = Decimal(found["n"].replace(",", ""))
    return float(number * _UNITS[found["times"] or ""] * _UNITS[found["unit"] or ""])


def parse_number(value: object) -> float:
    """Read an amount in yuan, as 1,200元, 1.2万元, ￥3000."""
    return _measure(value, _MONEY_WORDS, "金额（元），如 1200 或 1.2万元")


def parse_count(value: object) -> int:
    """Read a whole number of people or things, as ３人, 约50人."""
    number = _measure(value, _COUNT_WORDS, "数目，如 3 或 3人")
    if not number.is_integer():
        raise CellError("应为整数")
    return int(number)


def parse_moment(value: object, formats: tuple[str, ...] = ()) -> datetime:
    """Read a point of time, in Asia/Shanghai unless it says otherwise.

    ``formats`` (as for ``strptime``) are tried first. Then ISO 8601, 2026年3月2日上午9时5分,
    2026/3/2 9:05, 2026.3.2, 20260302, and Excel serial days as number or text. A day without
    a time is its midnight.
    """
    try:
        moment = _moment(value, formats)
    except OverflowError:
        raise CellError("日期超出能表示的范围") from None
    if moment.year < _FIRST_YEAR:
        raise CellError(f"年份早于 {_FIRST_YEAR} 年")
    return moment


def _moment(value: object, formats: tuple[str, ...]) -> datetime:
    if isinstance(value, datetime):
        return in_shanghai(value).replace(microsecond=0)
    if isinstance(value, date):
        return datetime.combine(value, time(), SHANGHAI)
    text = re.sub(r"\s+", " ", to_half_width(as_text(value))).strip()
    for one in formats:
        try:
            return in_shanghai(datetime.strptime(text, one))
        except ValueError:
            continue
    try:
        return _serial(text) or _compact(text) or _written(text) or _iso(text)
    except ValueError:
        raise CellError("不是能识别的日期时间，如 2026-03-02 09:05 或 2026年3月2日") from None


def parse_date(value: object, formats: tuple[str, ...] = ()) -> date:
    """Read a day; a time of day is left away."""
    return parse_moment(value, formats).date()


def _iso(text: str) -> datetime:
    return in_shanghai(datetime.fromisoformat(text)).replace(microsecond=0)


def _serial(text: str) -> datetime | None:
    if not _SERIAL.fullmatch(text):
        return None
    days = float(text)
    if not _EXCEL_DAYS[0] <= days < _EXCEL_DAYS[1]:
        raise ValueError
    return in_shanghai(_EXCEL_EPOCH + timedelta(seconds=round(days * 86_400)))


def _compact(text: str) -> datetime | None:
    found = _COMPACT.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)


def _written(text: str) -> datetime | None:
    found = _WRITTEN.fullmatch(text)
    if not found:
        return None
    day = datetime(int(found["y"]), int(found["m"]), int(found["d"]), tzinfo=SHANGHAI)
    hour = _hour_of_day(int(found["h"] or 0), found["part"] or "")
    minute = 30 if found["half"] else int(found["min"] or 0)
    if hour == 24 and minute == 0:  # people write midnight at the end of a day as 24时
        return day + timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=int(found["s"] or 0))


def _hour_of_day(hour: int, part: str) -> int:
    if hour > 12:
        return hour
    if part in {"下午", "傍晚"} and hour < 12:
        return hour + 12
    if part in {"晚上", "夜间", "晚"}:
        return hour + 12 if hour >= 5 else hour
    if part == "中午" and hour < 5:
        return hour + 12
    return 0 if part == "凌晨" and hour == 12 else hour
