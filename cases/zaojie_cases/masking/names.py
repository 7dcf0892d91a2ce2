"""Names of persons: long names, hidden and spoken forms, then full names by context."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from zaojie_cases.masking import name_forms, name_long, name_model
from zaojie_cases.masking.spans import Span


def recognisers(known: Collection[str], again: bool) -> list[Callable[[str], Iterable[Span]]]:
    """Return the recognisers in order, surest first.

    ``known`` are the names found so far in the text, ``again`` says that this is not the
    first look at it.
    """
    return [
        name_long.find,
        name_forms.find,
        partial(name_model.find, near_settled=again),
        partial(name_model.find_known, known=known),
    ]
