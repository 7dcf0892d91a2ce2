"""Link keys from the parties of a dispute; by design no index of a person.

A key is the hash of an unordered pair of parties (or of all of many), or of one party
together with the county and the level-1 category. Nothing can be asked of a key but whether
another registration has the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product

from zaojie_cases.codes import gb_codes_for
from zaojie_cases.linking.places import county_of
from zaojie_cases.record import Case, Party

TokenOf = Callable[[Party], str]
"""The vault's keyed hash of a party: equal in two cases for one person, under one key."""
PAIR, ONE = "p", "o"
"""First letter of a key: what it was made from."""
MOST_PARTIES = 6
"""With more, only all of them together make a key: a list of signers has too many pairs."""
_HEX = 24


def link_keys(case: Case, parties: Iterable[Party], token_of: TokenOf) -> tuple[str, ...]:
    """Return the link keys of ``case``, in order; ``token_of`` is the vault's.

    A party counts by its identity number and by name and phone together, each for itself,
    since one office knows this and another that. One with neither makes no key.
    """
    people = _distinct([_tokens(party, token_of) for party in parties])
    if len(people) > MOST_PARTIES:
        return (_key(PAIR, *sorted(min(tokens) for tokens in people)),)
    pairs = {
        _key(PAIR, *sorted(both))
        for one, other in combinations(people, 2)
        for both in product(one, other)
    }
    groups = groups_of(case.category_code, case.judicial_type) if case.place else ()
    scopes = [(county_of(case.place or ""), group) for group in groups]
    ones = {_key(ONE, token, *scope) for tokens in people for token in tokens for scope in scopes}
    return tuple(sorted(pairs | ones))


def groups_of(category_code: str | None, judicial_type: str | None) -> tuple[str, ...]:
    """Return the level-1 categories that a dispute can belong to by its codes."""
    if category_code:
        return (category_code[:2],)
    if judicial_type:
        return tuple(sorted({code[:2] for code in gb_codes_for(judicial_type)}))
    return ()


def _tokens(party: Party, token_of: TokenOf) -> frozenset[str]:
    known = {k: v for k, v in party.identity.items() if v.strip()}
    ways = (("id_no",), ("name", "phone"))
    return frozenset(
        token_of(party.model_copy(update={"identity": {k: known[k] for k in way}}))
        for way in ways
        if known.keys() >= set(way)
    )


def _distinct(people: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Join what is one person, named twice in one registration."""
    found: list[frozenset[str]] = []
    for tokens in filter(None, people):
        same = [one for one in found if one & tokens]
        found = [one for one in found if not one & tokens] + [tokens.union(*same)]
    return found


def _key(kind: str, *parts: str) -> str:
    return kind + hashlib.sha256("\0".join((kind, *parts)).encode()).hexdigest()[:_HEX]
