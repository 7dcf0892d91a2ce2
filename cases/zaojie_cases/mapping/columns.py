"""What the columns of an unknown file seem to hold, by their names and by their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Any

import yaml

from zaojie_cases.mapping.source import bare_header
from zaojie_cases.readers import Cells
from zaojie_cases.values import CellError, as_code, parse_moment, parse_number

_MOST = 0.8
"""Share of the values that must look alike for the column to be of that kind."""
_LONG = 15
"""Characters on average from which texts are narratives."""
_LONGEST_NAME = 40
"""Characters of a column name."""
_FEW = 30
"""Different values of a column of codes, at most."""

_YEARS = range(1950, 2100)
_REGION = re.compile(r"\d{6}(\d{3}){0,2}|\d{12}\d{2,4}", re.ASCII)
_ID = re.compile(r"\d{17}[\dXx]", re.ASCII)
_PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Kind(StrEnum):
    """What the values of a column look like."""

    EMPTY = "empty"
    DATE = "date"
    ID_NO = "id_no"
    PHONE = "phone"
    PLACE = "place"
    NUMBER = "number"
    TEXT = "text"
    CODES = "codes"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its ``name``, the ``kind`` of its values, and the values seen."""

    name: str
    kind: Kind
    values: Counter[str] = field(repr=False)
    length: float
    """Characters of a value on average."""

    @property
    def unique(self) -> bool:
        """Whether hardly a value comes twice."""
        return len(self.values) >= 0.9 * self.values.total() > 0


@cache
def header_words() -> dict[str, Any]:
    """Return the words of column names, ``data/headers.yaml``; not to be changed."""
    source = files("zaojie_cases").joinpath("data", "headers.yaml")
    content: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return content


def columns_of(rows: Sequence[Cells], header: Iterable[str]) -> list[Column]:
    """Return what the columns of ``rows`` seem to hold."""
    return [_column(name, [_text(cells.get(name)) for cells in rows]) for name in header]


def closeness(header: str, words: Iterable[str]) -> tuple[int, int] | None:
    """Return how well a column name fits one of ``words``, small is good; None for not at all.

    First whether it is the word (0) or only bears it (1), then the place of the word.
    """
    bare = bare_header(header)
    found = [
        (0 if bare_header(word) == bare else 1, place)
        for place, word in enumerate(words)
        if bare_header(word) in bare
    ]
    return min(found, default=None)


def is_data(name: str) -> bool:
    """Tell whether a column name looks like a value: the file has no column names."""
    values = {Kind.ID_NO, Kind.PHONE, Kind.DATE, Kind.PLACE, Kind.NUMBER}
    return len(name) > _LONGEST_NAME or _kind(Counter([name]), len(name)) in values


def is_id_no(text: str) -> bool:
    """Tell whether this is a resident identity number with the right check digit (GB 11643)."""
    if not _ID.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


def _text(value: object) -> str:
    try:
        return as_code(value)
    except CellError:
        return ""


def _column(name: str, cells: Sequence[str]) -> Column:
    values = Counter(filter(None, cells))
    length = fmean(map(len, values.elements())) if values else 0.0
    return Column(name, _kind(values, length), values, length)


def _kind(values: Counter[str], length: float) -> Kind:
    if not values:
        return Kind.EMPTY
    tests = {
        Kind.ID_NO: is_id_no,
        Kind.PHONE: lambda text: bool(_PHONE.fullmatch(text)),
        Kind.DATE: _is_date,
        Kind.PLACE: lambda text: bool(_REGION.fullmatch(text)),
        Kind.NUMBER: _is_number,
    }
    for kind, test in tests.items():
        if sum(n for text, n in values.items() if test(text)) >= _MOST * values.total():
            return kind
    if length >= _LONG:
        return Kind.TEXT
    few = len(values) <= min(_FEW, max(2, 0.9 * values.total()))
    return Kind.CODES if few else Kind.OTHER


def _is_date(text: str) -> bool:
    if len(text) < 8:
        return False
    try:
        return parse_moment(text).year in _YEARS  # a region code may read as the year 3601
    except CellError:
        return False


def _is_number(text: str) -> bool:
    try:
        parse_number(text.rstrip("人次名"))
    except CellError:
        return False
    return True
