"""What was removed must not come back by importing the same file again.

A tombstone is the salted hash of source and number. The salt is one for the store, so that
an import can ask for a whole batch at once; the hash names nobody by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.record import SHANGHAI
from zaojie_cases.salted import salted
from zaojie_cases.store.tables import TombstoneRow

if TYPE_CHECKING:
    from zaojie_cases.store.merge import Entry, Key

REASONS = {
    "forgotten": "这件案件已按要求删除（遗忘），不再登记；确需重新受理，请用新的编号登记",
    "expired": "这件案件已按保存期限删除，不再登记；确需重新受理，请用新的编号登记",
}
"""Why a registration is rejected, by the kind of its tombstone."""


def bury(session: Session, keys: Iterable[Key], kind: Literal["forgotten", "expired"]) -> None:
    """Leave a tombstone for each registration; one that is there stays."""
    salt = next(iter(_salts(session)), None) or secrets.token_hex(16)
    hashes = {salted(salt, *key) for key in keys}
    known = set(
        session.scalars(
            select(TombstoneRow.registration).where(TombstoneRow.registration.in_(hashes))
        )
    )
    now = datetime.now(SHANGHAI)
    session.add_all(
        TombstoneRow(registration=one, salt=salt, kind=kind, at=now) for one in hashes - known
    )


def forgotten_keys(session: Session, entries: Iterable[Entry]) -> dict[Key, str]:
    """Return those registrations among ``entries`` that were removed, each with the reason.

    An entry's ``key`` is its source and its number there. Without tombstones it asks the
    database once.
    """
    places = {salted(salt, *entry.key): entry.key for salt in _salts(session) for entry in entries}
    if not places:
        return {}
    found = select(TombstoneRow.registration, TombstoneRow.kind).where(
        TombstoneRow.registration.in_(places)
    )
    return {places[one]: REASONS[kind] for one, kind in session.execute(found)}


def refuse_forgotten(session: Session, entry: Entry) -> None:
    """Raise InputError if the registration of ``entry`` was removed."""
    if reason := forgotten_keys(session, [entry]).get(entry.key):
        raise InputError(reason, field="source_case_no")


def _salts(session: Session) -> list[str]:
    # Two administrators who bury the first registrations at the same time leave two.
    return list(session.scalars(select(TombstoneRow.salt).distinct()))
