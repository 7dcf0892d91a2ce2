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
    passport,
    phone,
    plate,
)
from zaojie_cases.masking.names import find_known, find_parties, recognisers
from zaojie_cases.masking.pseudonyms import Pseudonyms
from zaojie_cases.masking.spans import Masked, Span
from zaojie_cases.masking.view import Page

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
_RUN = re.compile(
    r"[\d*×xX](?:[ \-—–·.()]?[\d*×xX]){4}|[A-Za-z_][A-Za-z0-9_\-]{4}|尾号|后[四4]位"
    r"|[一幺][三四五六七八九][〇零一二三四五六七八九幺两]{9}"
)
"""What every long number or account name has; most texts have none."""


def _recognisers(view: str) -> Iterable[Recogniser]:
    return (email.find, *(_LONG_NUMBERS if _RUN.search(view) else ()), plate.find, address.find)


def _find_all(text: str, pseudonyms: Pseudonyms) -> list[Span]:
    page = Page(text)
    page.settle(find_parties(page.view, pseudonyms.parties))
    seen, changed = -1, None
    while len(page.spans) > seen:
        for find in _recognisers(page.view):
            page.settle(find(page.view))
        changed = None if seen < 0 else page.changed(seen)
        seen = len(page.spans)
        for find in recognisers(changed):
            page.settle(find(page.view))
        page.settle(find_known(page.view, [*pseudonyms.known, *page.names()]))
    return sorted(page.spans)


def mask(text: str, *, pseudonyms: Pseudonyms | None = None) -> Masked:
    """Return ``text`` with identity replaced: tokens such as 〔电话〕, 当事人甲 for names.

    One person keeps one pseudonym throughout the text, and throughout all texts that are
    masked with the same ``pseudonyms``; the parties that it was made with are masked wherever
    they stand. Deterministic, and masking a masked text changes nothing. Span offsets are
    characters of ``text``.
    """
    people = Pseudonyms() if pseudonyms is None else pseudonyms
    spans = _find_all(text, people)
    return Masked(people.render(text, spans), tuple(spans)) if spans else Masked(text, ())
