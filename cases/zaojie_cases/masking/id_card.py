"""Resident identity numbers: 18 digits (GB 11643) and the older 15."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from zaojie_cases.masking.plate import PROVINCE
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import GAP, before, matches

_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

_SHAPE = re.compile(
    r"(?<![\dA-Za-z.])[1-8](?:[ \-]?\d){16}[ \-]?[\dXx](?![\dA-Za-z])"
    r"|(?<![\dA-Za-z.])[1-8](?: ?\d){14}(?![\dA-Za-z])"
)
_STARRED = re.compile(
    r"(?<![\dA-Za-z])(?=[\dXx*×]{15}(?:[\dXx*×]{3})?(?![\dA-Za-z*×]))[1-8]\d{2,9}[*×]{4,14}\d{0,5}[Xx]?"
)
_NO_CALL = r"(?!0\d{2,3}[ \-]|400[ \-]|0\d{9,11}(?!\d))"
_NAMED = re.compile(
    r"(?:身份证|身份号|身份证件|证件号|公民身份|社会保障号|驾驶证号?|军官证|残疾证)"
    rf"{GAP}{{0,10}}?(?=[Xx*× \-]{{0,20}}\d){_NO_CALL}(?<![{PROVINCE}])"
    r"([\dXx*×](?:[ \-]?[\dXx*×]){5,21})(?![\dA-Za-z年月元])"
)
_MORE_AFTER = re.compile(r"[ \-]\d{1,4}(?!\d)")
_MORE_BEFORE = re.compile(r"\d[ \-]$")
_OTHER_NUMBER = re.compile(
    r"(?:[单编票案批期货]号|流水号?|合同号?|条码|学号|工号|订单|编码)\D{0,4}$"
)


def check_digit(first17: str) -> str:
    """Return the GB 11643 check character of the first 17 digits."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECKS[total % 11]


def _is_birth(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= 1880


def _plausible(number: str) -> bool:
    if number[:2] not in _PROVINCES:
        return False
    return _is_birth(number[6:14] if len(number) == 18 else f"19{number[6:12]}")


def _inside_longer(view: str, hit: re.Match[str]) -> bool:
    """Say whether a spaced number goes on at either side: then it is no identity number."""
    spaced = " " in hit[0] or "-" in hit[0]
    more = _MORE_AFTER.match(view, hit.end()) or _MORE_BEFORE.search(before(view, hit.start(), 2))
    return spaced and more is not None


def find(view: str) -> Iterator[Span]:
    """Yield identity numbers: by check digit, by plausible region and birth, by context."""
    for hit in _SHAPE.finditer(view):
        number = hit[0].replace(" ", "").replace("-", "").upper()
        if _inside_longer(view, hit) or not _plausible(number):
            continue
        good = len(number) == 18 and check_digit(number[:17]) == number[17]
        if good or not _OTHER_NUMBER.search(before(view, hit.start(), 10)):
            yield Span(hit.start(), hit.end(), SpanType.ID_CARD)
    yield from matches(_NAMED, view, SpanType.ID_CARD, group=1)
    yield from matches(_STARRED, view, SpanType.ID_CARD)
