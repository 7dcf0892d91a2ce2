"""Names of persons: known parties, long names, then every other form by its context."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain

from zaojie_cases.masking import name_long, name_model
from zaojie_cases.masking.name_context import crossing
from zaojie_cases.masking.persons import given_of, surname_of
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.surnames import surname_last
from zaojie_cases.masking.view import matches

_BLANK = re.compile(r"(?<=[\u4e00-\u9fff]) {1,2}(?=[\u4e00-\u9fffxX×*])")
_PARTED = re.compile(r"\S{1,2} +\S{1,2}|\S(?: +\S){2,3}")


def recognisers(changed: Sequence[int] | None) -> list[Callable[[str], Iterable[Span]]]:
    """Return the recognisers in order, surest first.

    ``changed`` are the places settled since the last look, None at the first.
    """
    return [name_long.find, partial(name_model.find, changed=changed), find_spaced]


def find_spaced(view: str) -> Iterator[Span]:
    """Yield names with a blank after the surname or after every character: 王 强, 逄 玉 梅."""
    starts = [hit.start() for hit in _spaced().finditer(view)]
    if not starts:
        return
    blanks = {at for hit in _BLANK.finditer(view) for at in range(*hit.span())}
    places = [at for at in range(len(view)) if at not in blanks]
    narrow = "".join(view[at] for at in places)
    near = [bisect_left(places, at) for at in starts]
    for span in chain(name_long.find(narrow), name_model.find(narrow, near)):
        start, end = places[span.start], places[span.end - 1] + 1
        if _PARTED.fullmatch(view, start, end):
            yield Span(start, end, SpanType.NAME)


@cache
def _spaced() -> re.Pattern[str]:
    return re.compile(rf"[{surname_last()}] {{1,2}}[\u4e00-\u9fffxX×*](?![\u4e00-\u9fff]{{2}})")


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
