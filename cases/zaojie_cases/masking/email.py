"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches

_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63} ?@ ?[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}"
)


def find(view: str) -> Iterator[Span]:
    """Return e-mail addresses."""
    return matches(_EMAIL, view, SpanType.EMAIL) if "@" in view else iter(())
