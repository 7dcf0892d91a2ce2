"""Family names: where they stand in a text and their kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from zaojie_cases.masking.words import names

_VERBAL = "任于向"
"""Surnames that are mostly a verb or a preposition."""


@cache
def kinds() -> Mapping[str, str]:
    """Return surname -> kind: compound, pure, common, verbal, rare or doubtful."""
    found = dict.fromkeys(names().doubtful, "doubtful") | dict.fromkeys(names().rare, "rare")
    found |= dict.fromkeys(names().common, "common") | dict.fromkeys(_VERBAL, "verbal")
    found |= dict.fromkeys(names().pure, "pure")
    return found | dict.fromkeys(names().compound, "compound")


@cache
def surname_pattern() -> str:
    """Return the regex of one surname, two-character ones first."""
    singles = "".join(sorted(surname for surname in kinds() if len(surname) == 1))
    return f"(?:{'|'.join(sorted(names().compound))}|[{singles}])"


@cache
def surname_first() -> re.Pattern[str]:
    """Return the pattern of a character that the surname of a full name may begin with."""
    firsts, never = {surname[0] for surname in kinds()}, names().never
    return re.compile(f"[{''.join(sorted(firsts))}](?![{''.join(sorted(never))}])")


@cache
def surname_last() -> str:
    """Return the characters that a surname may end with."""
    return "".join(sorted({surname[-1] for surname in kinds()}))


@cache
def _compound_first() -> frozenset[str]:
    return frozenset(surname[0] for surname in names().compound)


def surname_at(view: str, start: int) -> str:
    """Return the surname that begins at ``start``, empty if there is none."""
    known, one = kinds(), view[start : start + 1]
    if one in _compound_first() and (two := view[start : start + 2]) in known:
        return two
    return one if one in known else ""


def surname_before(view: str, end: int) -> str:
    """Return the surname that ends at ``end``, empty if there is none."""
    known, two = kinds(), view[max(0, end - 2) : end]
    return two if two in known else two[-1:] if two[-1:] in known else ""
