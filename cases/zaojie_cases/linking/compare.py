"""Two registrations side by side: one level for each comparison.

A level is a short word; its weight and its Chinese wording stand in ``data/weights.yaml``.
``unknown`` says nothing either way.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from functools import cache

from zaojie_cases.codes import gb_codes_for
from zaojie_cases.linking.keys import ONE, PAIR
from zaojie_cases.linking.matter import Matter, Seen
from zaojie_cases.linking.places import nearness
from zaojie_cases.values import UNKNOWN_MOMENT

UNKNOWN = "unknown"
_SHORT_TEXT = 12
"""Hashes of a text below which it is a set phrase rather than an account."""
_TEXT_BANDS = (
    (0.8, "same"),
    (0.6, "high"),
    (0.45, "good"),
    (0.3, "some"),
    (0.2, "little"),
    (0.1, "trace"),
    (0.05, "hint"),
)
_DAY_BANDS = ((1.0, "day"), (7.0, "week"), (30.0, "month"), (90.0, "quarter"))
_NEAR_AMOUNT = 0.1
_NEAR_DAYS = 3


def levels_of(one: Seen, other: Seen, similarity: float, by: datetime) -> dict[str, str]:
    """Return the level of every comparison, by what is known at the moment ``by``.

    The order of the two does not matter.
    """
    a, b = one.matter, other.matter
    return {
        "parties": _parties(frozenset(a.keys_by(by)), frozenset(b.keys_by(by))),
        "text": _text(similarity, min(len(one.sketch), len(other.sketch))),
        "place": nearness(one.place, other.place),
        "category": _category(a, b),
        "days": _days(one, other),
        "occurred": _occurred(a, b),
        "amount": _amount(a.amount_yuan, b.amount_yuan),
        "involved": _involved(a.involved_count, b.involved_count),
        "named": "given" if one.case_id in b.named or other.case_id in a.named else "none",
    }


def _parties(one: Set[str], other: Set[str]) -> str:
    if not one or not other:
        return UNKNOWN
    common = {key[0] for key in one & other}
    if PAIR in common:
        return "pair"
    both_sides = _has_pair(one) and _has_pair(other)
    if ONE in common:
        return "one_of_two" if both_sides else "one"
    return "differ"


def _has_pair(keys: Set[str]) -> bool:
    return any(key[0] == PAIR for key in keys)


def _text(similarity: float, hashes: int) -> str:
    if hashes < _SHORT_TEXT:
        return UNKNOWN
    return next((name for least, name in _TEXT_BANDS if similarity >= least), "other")


def _category(a: Matter, b: Matter) -> str:
    if a.category_code and b.category_code:
        if a.category_code == b.category_code:
            return "same"
        if a.category_code[:2] == b.category_code[:2]:
            return "group"
    ways = _codes(a.category_code, a.judicial_type), _codes(b.category_code, b.judicial_type)
    if not all(ways):
        return UNKNOWN
    meet = any(x.startswith(y) or y.startswith(x) for x in ways[0] for y in ways[1])
    return "crosswalk" if meet else "differ"


@cache
def _codes(category: str | None, judicial: str | None) -> frozenset[str]:
    """Codes a registration can mean."""
    if judicial:
        return frozenset(gb_codes_for(judicial))
    return frozenset({category}) if category else frozenset()


def _days(one: Seen, other: Seen) -> str:
    if UNKNOWN_MOMENT in (one.registered_at, other.registered_at):
        return UNKNOWN
    days = abs((one.registered_at - other.registered_at).total_seconds()) / 86_400
    return next((name for most, name in _DAY_BANDS if days <= most), "year")


def _occurred(a: Matter, b: Matter) -> str:
    if a.occurred_on is None or b.occurred_on is None:
        return UNKNOWN
    apart = abs((a.occurred_on - b.occurred_on).days)
    return "same" if apart == 0 else "near" if apart <= _NEAR_DAYS else "differ"


def _amount(one: float | None, other: float | None) -> str:
    if one is None or other is None:
        return UNKNOWN
    if one == other:
        return "same"
    return "near" if abs(one - other) <= _NEAR_AMOUNT * max(one, other) else "differ"


def _involved(one: int | None, other: int | None) -> str:
    if one is None or other is None:
        return UNKNOWN
    return "same" if one == other else "near" if abs(one - other) == 1 else "differ"
