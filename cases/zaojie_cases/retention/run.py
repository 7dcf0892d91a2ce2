"""The retention job: deletes and seals what the policy says is due.

Each batch is one transaction with its own receipt in the store; a run that was killed is
run again and does the rest. At the end one receipt sums up all batches since the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zaojie_cases.retention import due
from zaojie_cases.retention.places import clear_cache
from zaojie_cases.retention.policy import RetentionPolicy
from zaojie_cases.retention.receipts import (
    BATCH,
    add_receipt,
    batches_since_last_run,
    path_of,
    settle,
)
from zaojie_cases.retention.removal import reflected, remove_cases, total
from zaojie_cases.retention.sealed_texts import seal_cases
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.store.tombstones import bury
from zaojie_cases.vault import KeyRing

Due = Select[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due: cases to delete and to seal, files by folder.

    ``undated`` cases are closed, but nothing tells since when: they are left alone.
    """

    delete: int
    seal: int
    undated: int
    files: dict[str, int]


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did: its receipt, and cases not sealed for want of a key.

    ``overwritten`` as :func:`~zaojie_cases.retention.receipts.settle` has it.
    """

    path: Path
    body: dict[str, Any]
    refused: int
    overwritten: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """The job on a store and the data directory ``home``, as of ``now``.

    Without ``ring`` nothing is sealed; what is due for deletion is deleted all the same.
    """

    store: Store
    home: Path
    policy: RetentionPolicy
    now: datetime
    ring: KeyRing | None = None
    batch: int = 500

    def plan(self) -> Plan:
        """Return what a run would do; changes nothing."""
        with self.store.reading() as session:
            delete = _counted(session, self._to_delete)
            seal = _counted(session, self._to_seal)
            undated = due.undated(session)
        return Plan(delete, seal, undated, {f: len(p) for f, p in self._old_files().items()})

    def run(self) -> Done:
        """Do what is due; raises StoreError if the vault needs another key."""
        for case_ids in self._batches(self._to_delete):
            self._delete(case_ids)
        refused = 0
        if self.ring:
            for case_ids in self._batches(self._to_seal):
                self._seal(case_ids, self.ring)
        else:
            refused = self.plan().seal
        return self._finish(self._delete_files(), refused)

    @property
    def _to_delete(self) -> Due | None:
        return due.due_to_delete(self.policy.cases, self.now)

    @property
    def _to_seal(self) -> Due | None:
        return due.due_to_seal(self.policy.cases, self.now)

    def _batches(self, chosen: Due | None) -> Iterator[list[str]]:
        if chosen is None:
            return
        with self.store.reading() as session:
            case_ids = list(session.scalars(chosen))
        for start in range(0, len(case_ids), self.batch):
            yield case_ids[start : start + self.batch]

    def _delete(self, case_ids: list[str]) -> None:
        with self.store.session() as session:
            case_ids = _still(session, self._to_delete, case_ids)
            registrations = session.execute(
                select(CaseRow.source_system, CaseRow.source_case_no).where(
                    CaseRow.case_id.in_(case_ids)
                )
            )
            bury(session, registrations, "expired")
            removed = remove_cases(session, reflected(session), case_ids)
            self._note(session, {"deleted": len(case_ids), "tables": removed})

    def _seal(self, case_ids: list[str], ring: KeyRing) -> None:
        with self.store.session() as session:
            case_ids = _still(session, self._to_seal, case_ids)
            sealed = seal_cases(session, ring, case_ids, self.policy.version)
            self._note(session, {"sealed": sealed})

    def _note(self, session: Session, counts: dict[str, Any]) -> None:
        add_receipt(session, BATCH, {"policy": self.policy.version, "tables": {}, **counts})

    def _finish(self, files: dict[str, int], refused: int) -> Done:
        with self.store.session() as session:
            batches = batches_since_last_run(session)
            body = {
                "policy": self.policy.version,
                "deleted": sum(batch.get("deleted", 0) for batch in batches),
                "sealed": sum(batch.get("sealed", 0) for batch in batches),
                "not_sealed_without_key": refused,
                "rows": total(batch["tables"] for batch in batches),
                "files": files,
            }
            row = add_receipt(session, "retention", body)
        if body["deleted"] or body["sealed"]:
            clear_cache(self.home)
        receipts = self.home / "receipts"
        overwritten = settle(self.store, receipts)
        return Done(path_of(receipts, row), row.body, refused, overwritten)

    def _old_files(self) -> dict[str, list[Path]]:
        """Return the files that are due, by folder; links are not followed."""
        return {
            folder: [
                path
                for path in sorted((self.home / folder).rglob("*"))
                if path.is_file() and not path.is_symlink() and self._older(path, days)
            ]
            for folder, days in self.policy.files.items()
        }

    def _older(self, path: Path, days: int) -> bool:
        return path.stat().st_mtime < (self.now - timedelta(days=days)).timestamp()

    def _delete_files(self) -> dict[str, int]:
        found = self._old_files()
        for paths in found.values():
            for path in paths:
                path.unlink(missing_ok=True)
        return {folder: len(paths) for folder, paths in found.items()}


def _counted(session: Session, chosen: Due | None) -> int:
    if chosen is None:
        return 0
    return session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0


def _still(session: Session, chosen: Due | None, case_ids: list[str]) -> list[str]:
    """Return those of ``case_ids`` that are due still: one may have been reopened since.

    They are locked first, so that none is reopened before the transaction ends.
    """
    if chosen is None:
        return []
    locked = select(CaseRow.case_id).where(CaseRow.case_id.in_(case_ids))
    session.execute(locked.order_by(CaseRow.case_id).with_for_update())
    return list(session.scalars(due.among(chosen, case_ids)))
