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
Names = tuple[str, ...]
"""What one thing is called under each of the vault's keys, the one in force first."""
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
    return tuple(sorted(name for (name,) in link_key_names(case, parties, [token_of])))


def link_key_names(
    case: Case, parties: Iterable[Party], token_ofs: Sequence[TokenOf]
) -> set[Names]:
    """Return the link keys of ``case``, each as it is called under each of ``token_ofs``.

    So a key that was made before the vault turned its key is known again.
    """
    people = _distinct([_tokens(party, token_ofs) for party in parties])
    if len(people) > MOST_PARTIES:
        return {_key(PAIR, [tuple(map(min, zip(*tokens, strict=True))) for tokens in people])}
    pairs = {
        _key(PAIR, both) for one, other in combinations(people, 2) for both in product(one, other)
    }
    groups = groups_of(case.category_code, case.judicial_type) if case.place else ()
    scopes = [(county_of(case.place or ""), group) for group in groups]
    ones = {_key(ONE, [token], *scope) for tokens in people for token in tokens for scope in scopes}
    return pairs | ones


def groups_of(category_code: str | None, judicial_type: str | None) -> tuple[str, ...]:
    """Return the level-1 categories that a dispute can belong to by its codes."""
    if category_code:
        return (category_code[:2],)
    if judicial_type:
        return tuple(sorted({code[:2] for code in gb_codes_for(judicial_type)}))
    return ()


def _tokens(party: Party, token_ofs: Sequence[TokenOf]) -> frozenset[Names]:
    known = {k: v for k, v in party.identity.items() if v.strip()}
    ways = (("id_no",), ("name", "phone"))
    parts = [
        party.model_copy(update={"identity": {k: known[k] for k in way}})
        for way in ways
        if known.keys() >= set(way)
    ]
    return frozenset(tuple(token_of(part) for token_of in token_ofs) for part in parts)


def _distinct(people: Sequence[frozenset[Names]]) -> list[frozenset[Names]]:
    """Join what is one person, named twice in one registration."""
    found: list[frozenset[Names]] = []
    for tokens in filter(None, people):
        same = [one for one in found if one & tokens]
        found = [one for one in found if not one & tokens] + [tokens.union(*same)]
    return found


def _key(kind: str, tokens: Iterable[Names], *scope: str) -> Names:
    """Hash ``tokens``, whatever their order, within ``scope``: once for each vault key."""
    return tuple(_hashed(kind, *sorted(names), *scope) for names in zip(*tokens, strict=True))


def _hashed(kind: str, *parts: str) -> str:
    return kind + hashlib.sha256("\0".join((kind, *parts)).encode()).hexdigest()[:_HEX]
