"""Masking a text: recognisers take turns on one view until none finds anything more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from zaojie_cases.masking import (
    accounts,
    address,
    bank_card,
    email,
    id_card,
    landline,
    names,
    passport,
    phone,
    plate,
)
from zaojie_cases.masking.pseudonyms import render
from zaojie_cases.masking.spans import Masked, Span, SpanType
from zaojie_cases.masking.view import FILL, NAME_FILL, view_of

Recogniser = Callable[[str], Iterable[Span]]

_LONG_NUMBERS: tuple[Recogniser, ...] = (
    id_card.find,
    bank_card.find,
    accounts.find,
    passport.find,
    phone.find,
    landline.find,
)
"""From the surest shape to the loosest: what one settles, the next does not see."""
_RUN = re.compile(r"[\d*×xX](?:[ \-—–·.()]?[\d*×xX]){4}|[A-Za-z_][A-Za-z0-9_\-]{4}|尾号|后[四4]位")
"""What every long number or account name has; most texts have none."""


def _recognisers(view: str) -> Iterable[Recogniser]:
    return (email.find, *(_LONG_NUMBERS if _RUN.search(view) else ()), plate.find, address.find)


def _settle(view: str, found: Iterable[Span], spans: list[Span]) -> str:
    """Add ``found`` (the longest of those that overlap) to ``spans``; return the view without."""
    pieces, position = [], 0
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        stretch = view[span.start : span.end]
        if span.start < position or FILL in stretch or NAME_FILL in stretch:
            continue
        spans.append(span)
        fill = NAME_FILL if span.type is SpanType.NAME else FILL
        pieces += [view[position : span.start], fill * (span.end - span.start)]
        position = span.end
    return "".join([*pieces, view[position:]]) if pieces else view


def _find_all(text: str) -> list[Span]:
    view = folded = view_of(text)
    spans: list[Span] = []
    settled = -1
    while len(spans) > settled:
        again, settled = settled >= 0, len(spans)
        for find in _recognisers(view):
            view = _settle(view, find(view), spans)
        known = {folded[span.start : span.end] for span in spans if span.type is SpanType.NAME}
        for find in names.recognisers(known, again):
            view = _settle(view, find(view), spans)
    return sorted(spans)


def mask(text: str) -> Masked:
    """Return ``text`` with identity replaced: tokens such as 〔电话〕, 当事人甲 for names.

    The same name gets the same pseudonym throughout the text. Deterministic, and masking
    a masked text changes nothing. Span offsets are characters of ``text``.
    """
    spans = _find_all(text)
    return Masked(render(text, spans), tuple(spans)) if spans else Masked(text, ())
