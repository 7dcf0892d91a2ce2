"""Names of persons: known parties, long names, then every other form by its context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from zaojie_cases.masking import name_long, name_model
from zaojie_cases.masking.name_context import crossing
from zaojie_cases.masking.persons import given_of, surname_of
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches


def recognisers(changed: Sequence[int] | None) -> list[Callable[[str], Iterable[Span]]]:
    """Return the recognisers in order, surest first.

    ``changed`` are the places settled since the last look, None at the first.
    """
    return [name_long.find, partial(name_model.find, changed=changed)]


def find_known(view: str, known: Iterable[str]) -> Iterator[Span]:
    """Yield further places of the names in ``known``, and of their given names alone."""
    full = dict.fromkeys(known)
    given = dict.fromkeys(filter(None, map(given_of, full)))
    return name_model.find_known(view, full, given)


def find_parties(view: str, parties: Sequence[str]) -> Iterator[Span]:
    """Yield the names of known parties wherever they stand, and forms that show the surname."""
    for name in parties:
        yield from matches(re.compile(" *".join(map(re.escape, name))), view, SpanType.NAME)
    surnames = {surname_of(name) for name in parties if len(name) <= 4} - {""}
    for surname in surnames:
        for hit in re.finditer(rf"{surname}(?:某{{1,3}}|[xX×*○〇]{{1,2}})|[老小]{surname}", view):
            if not crossing(view, hit.start()) and not crossing(view, hit.end()):
                yield Span(*hit.span(), SpanType.NAME)
