"""The texts of closed cases, sealed in the vault by retention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import VaultTextRow
from zaojie_cases.vault import register
from zaojie_cases.vault.keys import KeyRing, VaultKey


def keep_texts(
    session: Session, ring: KeyRing, texts: Mapping[str, str], policy_version: str
) -> None:
    """Seal ``texts`` by case id, in place of what is sealed of the case already."""
    register.check_for_writing(session, ring)
    known = set(
        session.scalars(select(VaultTextRow.case_id).where(VaultTextRow.case_id.in_(texts)))
    )
    rows = [
        {
            "case_id": case_id,
            "key_id": ring.current.id,
            "sealed": seal_text(ring.current, case_id, text),
            "sealed_at": datetime.now(SHANGHAI),
            "policy_version": policy_version,
            "open_until": None,
        }
        for case_id, text in texts.items()
    ]
    if new := [row for row in rows if row["case_id"] not in known]:
        session.execute(insert(VaultTextRow), new)
    if changed := [row for row in rows if row["case_id"] in known]:
        session.execute(update(VaultTextRow), changed)


def seal_text(key: VaultKey, case_id: str, text: str) -> bytes:
    """Return ``text`` sealed for this case."""
    return key.seal(text, _bound_to(case_id))


def open_text(key: VaultKey, row: VaultTextRow) -> str:
    """Return the text of ``row``; raises StoreError if the row was moved or altered."""
    return key.open(row.sealed, _bound_to(row.case_id))


def _bound_to(case_id: str) -> str:
    return f"text\0{case_id}"
