"""Bank card numbers: Luhn check, or the word 卡号 / 账号 before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import GAP, matches

_RUN = re.compile(r"(?<![\dA-Za-z.])[3-69]\d{3}(?:[ \-]?\d){10,15}(?![\dA-Za-z年])")
_NAMED = re.compile(
    r"(?:卡号|[账帐]号|[账帐]户|银行卡|储蓄卡|信用卡|借记卡|存折|社保卡|工资卡)"
    rf"{GAP}{{0,12}}?(\d(?:[ \-]?[\d*]){{14,21}})(?![\dA-Za-z*])"
)
_TAIL = re.compile(rf"(?:卡|[账帐][号户])号?(?:尾号|后[四4]位){GAP}{{0,3}}(\d{{4}})(?!\d)")


def luhn(digits: str) -> bool:
    """Say whether ``digits`` pass the Luhn check."""
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card_length(run: str) -> int:
    """Return how much of ``run`` is a card number, cutting at its separators; 0 if nothing is."""
    ends = [match.start() for match in re.finditer(r"[ \-]", run)] + [len(run)]
    for end in reversed(ends):
        digits = run[:end].replace(" ", "").replace("-", "")
        card = 16 <= len(digits) <= 19 or (len(digits) == 15 and digits[:2] in {"34", "37"})
        if card and luhn(digits):
            return end
    return 0


def find(view: str) -> Iterator[Span]:
    """Yield card numbers of 16 to 19 digits that pass Luhn, and those named as such."""
    for hit in _RUN.finditer(view):
        if length := _card_length(hit[0]):
            yield Span(hit.start(), hit.start() + length, SpanType.BANK_CARD)
    for pattern in (_NAMED, _TAIL):
        yield from matches(pattern, view, SpanType.BANK_CARD, group=1)
