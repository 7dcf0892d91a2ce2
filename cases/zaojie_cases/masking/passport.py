"""Passports and travel permits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import GAP, matches

_CHINESE = re.compile(
    r"(?<![A-Za-z0-9])(?:[EGeg]\d{8}|[Ee][A-HJ-NP-Z]\d{7}|[PSDK]E?\d{7})(?![A-Za-z0-9])"
)
_NAMED = re.compile(
    rf"(?:护照|通行证|回乡证|台胞证|居留证|[Pp]assport)(?:(?![A-Za-z]){GAP}){{0,8}}?"
    r"([A-Za-z]{0,3} ?\d(?:[ \-]?[A-Za-z0-9]){5,16})(?![A-Za-z0-9年])"
)


def find(view: str) -> Iterator[Span]:
    """Yield Chinese passport numbers, and any number named as passport or permit."""
    yield from matches(_CHINESE, view, SpanType.PASSPORT)
    yield from matches(_NAMED, view, SpanType.PASSPORT, group=1)
