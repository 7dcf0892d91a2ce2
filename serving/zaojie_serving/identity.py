"""Identity where none belongs: in numbers of cases and in the small print of events."""

from __future__ import annotations

import re
from datetime import datetime

from zaojie_cases.masking import Pseudonyms, SpanType, mask
from zaojie_cases.masking.id_card import check_digit
from zaojie_cases.record import PayloadValue

_PERSONAL = frozenset({SpanType.NAME, SpanType.PHONE, SpanType.EMAIL})
_RESIDENT = re.compile(r"(?<!\d)(\d{17})([\dXx])(?!\d)")
_YOUNGEST = 10
"""Years. Sources number cases as county + day + order, which looks like the identity number
of somebody born that day; a party is older than this."""


def carries_identity(text: str, now: datetime) -> bool:
    """Tell whether a number or code is really somebody's name, phone or identity number."""
    if any(span.type in _PERSONAL for span in mask(text).spans):
        return True
    return any(
        check_digit(first) == last.upper() and int(first[6:10]) <= now.year - _YOUNGEST
        for first, last in _RESIDENT.findall(text)
    )


def masked_value(value: PayloadValue, people: Pseudonyms | None = None) -> PayloadValue:
    """Return a value of an event's payload without identity; numbers can be phones too.

    ``people``: who is called what in the texts of the case.
    """
    if value is None or isinstance(value, bool):
        return value
    masked = mask(str(value), pseudonyms=people)
    return masked.text if masked.spans else value
