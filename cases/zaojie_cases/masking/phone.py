"""Mobile numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import GAP, matches

_PREFIX = r"(?:(?:\((?:\+|00)?86\)|(?:\+|00)?86)[ \-]{0,2})?"
_DIGIT = "[〇零一二三四五六七八九幺两]"
_MOBILE = re.compile(
    rf"(?<![\d])(?:{_PREFIX}"
    r"(?:1[3-9]\d[ \-—–·.]?\d{4}[ \-—–·.]?\d{4}"
    r"|1[3-9]\d[ \-—–·.]\d{3}[ \-—–·.]\d{5}"
    r"|1[3-9]\d\d[ \-—–·.]\d{3}[ \-—–·.]\d{4}"
    r"|1 ?[3-9](?: ?\d){9}"
    r"|1[3-9]\d[*×xX]{4}\d{4}))(?![\d])"
)
_SPELT = re.compile(rf"[一幺][三四五六七八九]{_DIGIT}{{9}}(?!{_DIGIT})")
_NAMED = re.compile(
    rf"(?:手机|电话|联系方式|联系号码|电联|致电){GAP}{{0,6}}?"
    r"(1[ \-]?\d(?:[ \-]?[\d*]){7,11})(?![\d*])"
)


def find(view: str) -> Iterator[Span]:
    """Yield mobile numbers, plain, spaced or spelt, and mistyped ones after 手机 or 电话."""
    yield from matches(_MOBILE, view, SpanType.PHONE)
    yield from matches(_SPELT, view, SpanType.PHONE)
    yield from matches(_NAMED, view, SpanType.PHONE, group=1)
