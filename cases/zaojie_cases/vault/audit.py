"""The reading log of the vault: who opened the identities of which case, and what for."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.chain import Fault, Link, append, faults_of, head_of
from zaojie_cases.masking import mask
from zaojie_cases.record import SHANGHAI
from zaojie_cases.salted import salted
from zaojie_cases.store.tables import ReceiptRow, VaultReadRow

READS = "vault_reads"
"""The chain of the reading log."""
RECEIPTS = "receipts"
"""The chain of the receipts of retention and forgetting."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked: the case, who asks in which role, and what for.

    ``note`` is free text; personal data in it is masked before it is kept.
    """

    case_id: str
    reader: str
    role: str
    purpose: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking a chain, and where it ends now."""

    links: int
    head: str
    faults: tuple[Fault, ...]
    noted_found: bool | None
    """Whether the head noted earlier still occurs; None if none was given."""


def record(session: Session, reading: Reading, parties: int) -> None:
    """Write ``reading`` down, in the transaction of ``session``; ``parties`` were opened."""
    salt = secrets.token_hex(16)
    row = VaultReadRow(
        at=datetime.now(SHANGHAI),
        case_id=reading.case_id,
        case_salt=salt,
        case_hash=salted(salt, reading.case_id),
        reader=reading.reader,
        role=reading.role,
        purpose=reading.purpose,
        note=mask(reading.note).text,
        parties=parties,
    )
    link = append(session, READS, _content(row))
    row.read_id, row.entry_hash = link.number, link.hash
    session.add(row)


def readings(session: Session, case_id: str | None = None) -> Iterator[VaultReadRow]:
    """Yield the readings in order, of one case or of all."""
    chosen = select(VaultReadRow).order_by(VaultReadRow.read_id)
    if case_id is not None:
        chosen = chosen.where(VaultReadRow.case_id == case_id)
    yield from session.scalars(chosen.execution_options(yield_per=500))


def check_readings(session: Session, noted: str | None = None) -> Checked:
    """Check the reading log; ``noted`` is a head that was written down earlier.

    Beside the chain: a case id must be the one that was chained, and as many readings may
    have lost their case as the receipts account for.
    """
    rows = list(readings(session))
    checked = _checked(
        session, READS, [Link(r.read_id, _content(r), r.entry_hash) for r in rows], noted
    )
    swapped = [Fault(r.read_id, "changed") for r in rows if not _case_fits(r)]
    bare = [r for r in rows if r.case_id is None]
    bodies = session.scalars(select(ReceiptRow.body))
    accounted = sum(body.get("tables", {}).get(READS, 0) for body in bodies)
    unaccounted = [Fault(r.read_id, "changed") for r in bare[accounted:]]
    return Checked(
        checked.links,
        checked.head,
        (*checked.faults, *swapped, *unaccounted),
        checked.noted_found,
    )


def check_receipts(session: Session) -> Checked:
    """Check the receipts in the store."""
    rows = session.scalars(select(ReceiptRow).order_by(ReceiptRow.number))
    return _checked(session, RECEIPTS, [Link(r.number, r.body, r.entry_hash) for r in rows], None)


def _checked(session: Session, chain: str, links: list[Link], noted: str | None) -> Checked:
    end = head_of(session, chain)
    found = None if noted is None else any(link.hash == noted for link in links)
    return Checked(end[0], end[1], tuple(faults_of(links, end)), found)


def _case_fits(row: VaultReadRow) -> bool:
    if row.case_id is None:
        return row.case_salt is None
    return salted(row.case_salt or "", row.case_id) == row.case_hash


def _content(row: VaultReadRow) -> dict[str, Any]:
    """Return what the chain holds of a reading; migration 0005 has it the same way."""
    kept = ("case_hash", "reader", "role", "purpose", "note", "parties")
    at = row.at.astimezone(UTC).isoformat()
    return {"at": at} | {name: getattr(row, name) for name in kept}
