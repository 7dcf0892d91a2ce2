"""Changing the vault's key: everything is sealed anew, batch by batch.

Each batch is one transaction, so the work can be killed at any point and run again. The
token of a party changes with the key and is part of its primary key and of what its seal
is bound to: all of it changes in the one statement that replaces the row. A batch takes
rows that still bear an old key, so another run finds exactly what is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_
from sqlalchemy.orm import Session

from zaojie_cases.errors import StoreError
from zaojie_cases.store.casts import CastRow
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import VaultPartyRow, VaultTextRow
from zaojie_cases.vault import register
from zaojie_cases.vault.casts import turn_cast
from zaojie_cases.vault.keys import KeyRing, VaultKey
from zaojie_cases.vault.sealing import Place, opened, replace_rows, replacing, sealed_under
from zaojie_cases.vault.texts import open_text, seal_text

OnRetoken = Callable[[Session, Collection[str]], None]
"""Told, in the batch's transaction, of which cases the tokens have changed."""
_OneOfACase = TypeVar("_OneOfACase", VaultTextRow, CastRow)


@dataclass(slots=True)
class Rotation:
    """What a rotation has done: rows sealed anew, and rows that do not open and stay."""

    parties: int = 0
    texts: int = 0
    casts: int = 0
    damaged: int = 0
    damaged_cases: set[str] = field(default_factory=set)
    """Ids of the cases that the rows which do not open belong to."""
    left: list[str] = field(default_factory=list)
    """Ids of the keys that no row needs any more."""


def rotate(
    store: Store,
    ring: KeyRing,
    *,
    batch: int = 500,
    on_retoken: OnRetoken | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Rotation:
    """Seal all rows under the current key of ``ring``; its previous keys open them.

    ``progress`` is told how many rows each batch had. Raises StoreError if ``ring`` lacks
    a key that is needed, or its current key was in force before and was left.
    """
    with store.session() as session:
        register.put_in_force(session, ring)
        old_ids = register.keys_held(session)[:-1]
    work = _Work(store, ring, batch, on_retoken, progress)
    for old_id in old_ids:
        work.leave(ring.key(old_id))
    return work.done


def rows_by_key(session: Session) -> dict[str, tuple[int, ...]]:
    """Return how many parties, texts and casts are sealed with each key that may be needed."""
    counts: list[dict[str | None, int]] = []
    for table in (VaultPartyRow, VaultTextRow, CastRow):
        by_key = select(table.key_id, func.count()).where(table.key_id.is_not(None))
        counts.append(dict(session.execute(by_key.group_by(table.key_id)).all()))
    used = (key for one in counts for key in one if key is not None)
    ids = dict.fromkeys([*register.keys_held(session), *used])
    return {key_id: tuple(one.get(key_id, 0) for one in counts) for key_id in ids}


@dataclass(slots=True)
class _Work:
    store: Store
    ring: KeyRing
    batch: int
    on_retoken: OnRetoken | None
    progress: Callable[[int], object]
    done: Rotation = field(default_factory=Rotation)

    def leave(self, old: VaultKey) -> None:
        """Seal what is under ``old`` anew, and note that the key is left if nothing remains."""
        last: Place | None = ("", "")
        while last is not None:
            last = self._parties(old, last)
        for turn in (self._texts, self._casts):
            last_case: str | None = ""
            while last_case is not None:
                last_case = turn(old, last_case)
        with self.store.session() as session:
            register.lock_out_writers(session)
            if not any(rows_by_key(session).get(old.id, ())):
                register.note_left(session, old.id)
                self.done.left.append(old.id)

    def _parties(self, old: VaultKey, after: Place) -> Place | None:
        """Seal a batch after ``after`` anew; return where it ended, None if there was none."""
        with self.store.session() as session:
            rows = _batch_of_parties(session, old, after, self.batch)
            if not rows:
                return None
            changes = _changes(old, self.ring.current, rows)
            damaged = [row.case_id for row in rows if (row.case_id, row.party_token) not in changes]
            replace_rows(session, _without_doubles(session, changes))
            end = rows[-1].case_id, rows[-1].party_token
            case_ids = {row.case_id for row in rows}
            session.expunge_all()  # what was loaded is not what is stored now
            if self.on_retoken:
                self.on_retoken(session, case_ids)
        self._count(parties=len(changes), damaged=damaged)
        return end

    def _texts(self, old: VaultKey, after: str) -> str | None:
        with self.store.session() as session:
            rows = _batch_of(VaultTextRow, session, old, after, self.batch)
            if not rows:
                return None
            end, damaged = rows[-1].case_id, list[str]()
            for row in rows:
                try:
                    text = open_text(old, row)
                except StoreError:
                    damaged.append(row.case_id)
                    continue
                row.sealed = seal_text(self.ring.current, row.case_id, text)
                row.key_id = self.ring.current.id
        self._count(texts=len(rows) - len(damaged), damaged=damaged)
        return end

    def _casts(self, old: VaultKey, after: str) -> str | None:
        with self.store.session() as session:
            rows = _batch_of(CastRow, session, old, after, self.batch)
            for row in rows:
                turn_cast(row, old, self.ring.current)
            end = rows[-1].case_id if rows else None
        self._count(casts=len(rows))
        return end

    def _count(
        self, parties: int = 0, texts: int = 0, casts: int = 0, damaged: Sequence[str] = ()
    ) -> None:
        self.done.parties += parties
        self.done.texts += texts
        self.done.casts += casts
        self.done.damaged += len(damaged)
        self.done.damaged_cases.update(damaged)
        self.progress(parties + texts + casts + len(damaged))


def _batch_of(
    table: type[_OneOfACase], session: Session, old: VaultKey, after: str, batch: int
) -> Sequence[_OneOfACase]:
    chosen = select(table).where(table.key_id == old.id, table.case_id > after)
    return session.scalars(chosen.order_by(table.case_id).limit(batch).with_for_update()).all()


def _batch_of_parties(
    session: Session, old: VaultKey, after: Place, batch: int
) -> Sequence[VaultPartyRow]:
    case_id, token = after
    later: ColumnElement[bool] = or_(
        VaultPartyRow.case_id > case_id,
        and_(VaultPartyRow.case_id == case_id, VaultPartyRow.party_token > token),
    )
    chosen = select(VaultPartyRow).where(VaultPartyRow.key_id == old.id, later)
    ordered = chosen.order_by(VaultPartyRow.case_id, VaultPartyRow.party_token).limit(batch)
    return session.scalars(ordered.with_for_update()).all()


def _changes(
    old: VaultKey, new: VaultKey, rows: Sequence[VaultPartyRow]
) -> dict[Place, dict[str, Any]]:
    """Return the new values by the place they replace, without the rows that do not open."""
    changes = {}
    for row in rows:
        place = row.case_id, row.party_token
        try:
            party = opened(old, row)
        except StoreError:
            continue
        changes[place] = replacing(place, sealed_under(new, party))
    return changes


def _without_doubles(
    session: Session, changes: dict[Place, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return ``changes`` with one for each new place, and delete the rows left over.

    Version 0.1.0 kept a party that was known by name only once for each column it stood in;
    by their new tokens such parties are one.
    """
    place_of = (VaultPartyRow.case_id, VaultPartyRow.party_token)
    wanted = {(old[0], change["party_token"]): old for old, change in changes.items()}
    taken = set(session.execute(select(*place_of).where(tuple_(*place_of).in_(wanted))).all())
    kept = {old for new, old in wanted.items() if new not in taken}
    if extra := changes.keys() - kept:
        session.execute(delete(VaultPartyRow).where(tuple_(*place_of).in_(extra)))
    return [change for old, change in changes.items() if old in kept]
