"""Writing link keys: made while identity is at hand, kept without it.

A key is only ever added, with the moment since which it counts, so that parties who are
imported later do not change what was known before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from zaojie_cases.linking.keys import Names, TokenOf, link_key_names
from zaojie_cases.record import Case, Party
from zaojie_cases.store.link_tables import LinkKeyRow

IDS_AT_ONCE = 500
"""Ids in one statement: SQLite allows 32,766 variables, older builds 999."""
Id = TypeVar("Id")
Since = dict[str, datetime | None]
"""Link key -> since when it counts; None: since the registration."""


def keep_keys(
    session: Session,
    entries: Iterable[tuple[Case, Collection[Party]]],
    token_ofs: Sequence[TokenOf],
    brought_at: Mapping[str, datetime],
) -> None:
    """Add the link keys of the cases that come with parties; what is there stays.

    Keys are made while identity is at hand. ``token_ofs`` are the vault's, under the key in
    force and under earlier ones: a link key that was made under one of these is renamed.
    ``brought_at``: the time of the import, for the cases that were stored before it.
    """
    made = _made(entries, token_ofs)
    known = _since_when(session, made)
    rows: list[dict[str, object]] = []
    for case_id, keys in made.items():
        had = known.get(case_id, {})
        rows += _new_rows(case_id, had, keys, brought_at.get(case_id))
        _remove(session, case_id, {old for _, *earlier in keys for old in earlier if old in had})
    _insert(session, rows)


def renew_keys(
    session: Session,
    entries: Iterable[tuple[Case, Collection[Party]]],
    token_ofs: Sequence[TokenOf],
) -> None:
    """Make the link keys of the cases anew from all their parties, when the vault's key turns.

    A key counts from when it did under its earlier name; one that is new, from when the last
    one of the case did. What the parties do not make any more is gone.
    """
    made = _made(entries, token_ofs)
    known = _since_when(session, made)
    rows: list[dict[str, object]] = []
    for case_id, keys in made.items():
        had = known.get(case_id, {})
        latest = max((at for at in had.values() if at is not None), default=None)
        rows += _new_rows(case_id, had, keys, latest)
        _remove(session, case_id, had.keys() - {name for name, *_ in keys})
    _insert(session, rows)


def _made(
    entries: Iterable[tuple[Case, Collection[Party]]], token_ofs: Sequence[TokenOf]
) -> dict[str, set[Names]]:
    made: dict[str, set[Names]] = defaultdict(set)
    for case, parties in entries:
        if parties:
            made[case.case_id] |= link_key_names(case, parties, token_ofs)
    return made


def _since_when(session: Session, case_ids: Iterable[str]) -> dict[str, Since]:
    known: dict[str, Since] = defaultdict(dict)
    for ids in parts_of(list(case_ids)):
        for case_id, key, known_at in session.execute(keys_of(ids)):
            known[case_id][key] = known_at
    return known


def _new_rows(
    case_id: str, had: Since, keys: Iterable[Names], news_since: datetime | None
) -> Iterator[dict[str, object]]:
    """Yield the rows of those keys that the case does not have under their name in force."""
    for name, *earlier in keys:
        if name not in had:
            since = next((had[old] for old in earlier if old in had), news_since)
            yield {"case_id": case_id, "link_key": name, "known_at": since}


def _remove(session: Session, case_id: str, keys: Collection[str]) -> None:
    if keys:
        of_case = LinkKeyRow.case_id == case_id
        session.execute(delete(LinkKeyRow).where(of_case, LinkKeyRow.link_key.in_(keys)))


def _insert(session: Session, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        session.execute(insert(LinkKeyRow), rows)


def keys_of(ids: list[str]) -> Select[str, str, datetime | None]:
    """Select case, link key and since when it counts, in order of keys."""
    columns = (LinkKeyRow.case_id, LinkKeyRow.link_key, LinkKeyRow.known_at)
    return select(*columns).where(LinkKeyRow.case_id.in_(ids)).order_by(LinkKeyRow.link_key)


def parts_of(ids: list[Id]) -> Iterator[list[Id]]:
    """Return ``ids`` in parts that fit into one statement."""
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
