"""Under which keys a registration is filed, and which it looks into: one of them must agree.

Parties (a pair anywhere, one within a county and a kind), text (near within a town, re-posts
anywhere), stated facts (town, kind, and the amount or the day), and the source's own word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import numpy.typing as npt

from zaojie_cases.linking.bands import text_keys
from zaojie_cases.linking.keys import ONE, PAIR, groups_of
from zaojie_cases.linking.matter import Seen
from zaojie_cases.linking.places import places_of

Keys = npt.NDArray[np.uint64]

_PARTY_VOTES = {PAIR: 40, ONE: 10}
"""A shared party key counts like so many shared bands of text."""
_FACT_VOTES = 4
_NAMED_VOTES = 40


def filed_under(seen: Seen) -> Keys:
    """Return the keys that a registration is filed under from the start."""
    named = tuple(f"id\0{case_id}" for case_id in seen.matter.named)
    names = (*seen.matter.keys, *_facts(seen), *named)
    return np.concatenate([text_keys(seen.sketch, _scope(seen)), _hashed(names)])


def filed_later(seen: Seen) -> Iterator[tuple[int, datetime]]:
    """Yield the keys that it is filed under as well, each from a moment on."""
    later = seen.matter.later_keys
    keys = _hashed(tuple(key for key, _ in later)).tolist()
    return zip(keys, (at for _, at in later), strict=True)


def looked_into(seen: Seen, by: datetime) -> tuple[Keys, list[int]]:
    """Return the keys that a registration looks into, and how much each agreement counts.

    Of its party keys those that are known by the moment ``by``.
    """
    text, facts = text_keys(seen.sketch, _scope(seen)), [*_facts(seen)]
    party = seen.matter.keys_by(by)
    keys = np.concatenate([text, _hashed((*party, *facts, f"id\0{seen.case_id}"))])
    votes = [1] * len(text) + [_PARTY_VOTES[key[0]] for key in party]
    return keys, [*votes, *[_FACT_VOTES] * len(facts), _NAMED_VOTES]


def _scope(seen: Seen) -> str:
    """Return the area in which near texts and facts are compared: the town, or A for A7."""
    return places_of(seen.place)[1]


def _facts(seen: Seen) -> Iterator[str]:
    matter, scope = seen.matter, _scope(seen)
    if not scope:
        return
    for group in groups_of(matter.category_code, matter.judicial_type):
        if matter.amount_yuan:
            yield f"yuan\0{scope}\0{group}\0{matter.amount_yuan:.0f}"
        if matter.occurred_on:
            yield f"day\0{scope}\0{group}\0{matter.occurred_on.toordinal()}"


def _hashed(names: tuple[str, ...]) -> Keys:
    digests = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
