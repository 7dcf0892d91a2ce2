"""The vault's register of keys: which one is in force, and which may still be needed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from zaojie_cases.errors import StoreError
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import VaultKeyRow
from zaojie_cases.vault.keys import KeyRing

_WRITING = "ROW EXCLUSIVE"
_ALONE = "SHARE ROW EXCLUSIVE"


def check_for_reading(session: Session, ring: KeyRing) -> None:
    """Raise StoreError unless ``ring`` has every key that rows may still be sealed with."""
    for held in _held(session):
        ring.key(held.key_id)


def check_for_writing(session: Session, ring: KeyRing) -> None:
    """Raise StoreError unless the current key of ``ring`` is in force; register the first.

    Until the transaction ends no rotation can put another key in force.
    """
    _lock(session, _WRITING)
    check_for_reading(session, ring)
    held = _held(session)
    if not held:
        _register(session, ring)
    elif held[-1].key_id != ring.current.id:
        raise StoreError(
            "身份保险库正在轮换或已换成新密钥：请把 ZAOJIE_VAULT_KEY（或 ZAOJIE_VAULT_KEY_FILE）"
            "改成新密钥，旧密钥放到 ZAOJIE_VAULT_OLD_KEY_FILE"
        )


def put_in_force(session: Session, ring: KeyRing) -> None:
    """Put the current key of ``ring`` in force; doing it twice is doing it once.

    Waits for the writers under the key before. Raises StoreError if ``ring`` lacks a key
    that rows may need, or if its current key was in force once and was left.
    """
    _lock(session, _ALONE)
    check_for_reading(session, ring)
    held = _held(session)
    if held and held[-1].key_id == ring.current.id:
        return
    if session.scalar(select(VaultKeyRow).where(VaultKeyRow.key_id == ring.current.id)):
        raise StoreError("这把密钥以前用过，已经换下：请用 zaojie vault new-key 生成一把新的再轮换")
    _register(session, ring)


def note_left(session: Session, key_id: str) -> None:
    """Note that no row is sealed with the key any more."""
    row = session.scalars(select(VaultKeyRow).where(VaultKeyRow.key_id == key_id)).one()
    row.left_at = datetime.now(SHANGHAI)


def keys_held(session: Session) -> list[str]:
    """Return the ids of the keys that rows may be sealed with; the last is in force."""
    return [row.key_id for row in _held(session)]


def lock_out_writers(session: Session) -> None:
    """Wait for whoever writes to the vault, and keep others out until the transaction ends."""
    _lock(session, _ALONE)


def _held(session: Session) -> list[VaultKeyRow]:
    chosen = select(VaultKeyRow).where(VaultKeyRow.left_at.is_(None))
    return list(session.scalars(chosen.order_by(VaultKeyRow.number)))


def _register(session: Session, ring: KeyRing) -> None:
    # The number is counted and not drawn: two first writers with different keys clash.
    last = session.scalar(select(func.max(VaultKeyRow.number))) or 0
    now = datetime.now(SHANGHAI)
    session.add(VaultKeyRow(number=last + 1, key_id=ring.current.id, since=now, left_at=None))
    session.flush()


def _lock(session: Session, mode: str) -> None:
    # A transaction of SQLite that writes has the database to itself from its start.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE vault_parties IN {mode} MODE"))
