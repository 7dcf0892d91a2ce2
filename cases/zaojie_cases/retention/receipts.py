"""Receipts of what was removed or sealed: in the store as a hash chain, and as files.

The row is written in the transaction that does the work; the file is a copy of it and is
written again whenever it is missing, so that no crash leaves work without a receipt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zaojie_cases.chain import append
from zaojie_cases.record import SHANGHAI
from zaojie_cases.retention.removal import overwrite_freed
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import ReceiptRow
from zaojie_cases.text_files import written_whole
from zaojie_cases.vault.audit import RECEIPTS

BATCH = "retention_batch"
"""The kind of receipt that a batch of retention leaves; the run's own sums them up."""


def add_receipt(session: Session, kind: str, body: Mapping[str, Any]) -> ReceiptRow:
    """Write a receipt in the transaction of ``session``; ``body`` must name nobody."""
    now = datetime.now(SHANGHAI)
    content = {"kind": kind, "at": now.astimezone(UTC).isoformat(), **body}
    link = append(session, RECEIPTS, content)
    row = ReceiptRow(
        number=link.number, at=now, kind=kind, body=dict(content), entry_hash=link.hash
    )
    session.add(row)
    return row


def path_of(directory: Path, row: ReceiptRow) -> Path:
    """Return where the file of a receipt stands.

    The hash keeps it apart from one of a chain that went on before a backup was restored.
    """
    return directory / f"{row.kind}-{row.number:06d}-{row.entry_hash[:8]}.json"


def settle(store: Store, directory: Path) -> bool:
    """Do what comes after a commit, also for a run that was killed just then.

    Writes the files of receipts that have none in ``directory``. Returns whether what was
    removed is overwritten, see :func:`~zaojie_cases.retention.removal.overwrite_freed`.
    """
    with store.reading() as session:
        _write_missing(session, directory)
    return overwrite_freed(store)


def _write_missing(session: Session, directory: Path) -> None:
    chosen = select(ReceiptRow).where(ReceiptRow.kind != BATCH).order_by(ReceiptRow.number)
    missing = [row for row in session.scalars(chosen) if not path_of(directory, row).exists()]
    for row in missing:
        content = row.body | {"chain": {"number": row.number, "hash": row.entry_hash}}
        with written_whole(path_of(directory, row)) as file:
            json.dump(content, file, ensure_ascii=False, indent=2)


def batches_since_last_run(session: Session) -> list[dict[str, Any]]:
    """Return what batches of retention did that no run has summed up yet."""
    last = select(func.coalesce(func.max(ReceiptRow.number), 0)).where(
        ReceiptRow.kind == "retention"
    )
    chosen = select(ReceiptRow.body).where(
        ReceiptRow.kind == BATCH, ReceiptRow.number > last.scalar_subquery()
    )
    return list(session.scalars(chosen.order_by(ReceiptRow.number)))
