"""Fixed-line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import GAP, matches

_AREA = r"(?:10|2[0-57-9]|[3-9]\d{2})"
_LOCAL = r"[2-8]\d{2,3}[ \-]?\d{4}"
_EXTENSION = r"(?:(?:[ \-]?(?:转|分机)[ :]?|-)\d{1,5})?"
_FIXED = re.compile(
    rf"(?<![\d.A-Za-z])(?:(?:\+|00)86[ \-]?{_AREA}|\(0{_AREA}\)|0{_AREA})[ \-—–]{{0,2}}"
    rf"{_LOCAL}{_EXTENSION}(?!\d)"
)
_NAMED = re.compile(
    rf"(?:电话|座机|固话|热线|传真|致电|拨打|联系方式|[Tt][Ee][Ll]){GAP}{{0,8}}?"
    rf"({_LOCAL}{_EXTENSION}(?:[、/,和或 ]{{1,2}}{_LOCAL}{_EXTENSION})*)(?![\d元])"
)


def find(view: str) -> Iterator[Span]:
    """Yield numbers with an area code, and local ones named as 电话; 400 numbers are a firm's."""
    yield from matches(_FIXED, view, SpanType.LANDLINE)
    yield from matches(_NAMED, view, SpanType.LANDLINE, group=1)
