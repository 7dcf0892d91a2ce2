"""Forgetting one case: out of the store, the files and the cache, with a receipt.

Files go first: they are found by the number that only the store knows, so that after a
crash the same command does all of it again.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.masking import mask
from zaojie_cases.retention.places import Swept, Wanted, clear_cache, holders, sweep
from zaojie_cases.retention.receipts import add_receipt, path_of, settle
from zaojie_cases.retention.removal import (
    reflected,
    remove_cases,
    remove_references,
)
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.store.tombstones import bury
from zaojie_cases.vault.finding import case_id_of_either

RETRAIN = (
    "模型包已签名，不能改动：请重新训练并上线新模型包，再删除这一个（连同 MLflow 中的同一版本）"
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done: the receipt's file and content, and files to look at by hand.

    ``overwritten`` as :func:`~zaojie_cases.retention.receipts.settle` has it.
    """

    path: Path
    body: dict[str, Any]
    unsearched: tuple[Path, ...]
    overwritten: bool


def forget(store: Store, home: Path, case: str, *, who: str, why: str) -> Forgotten:
    """Remove the case with this id (or number at its source) wherever it is kept.

    Raises InputError without ``who`` and ``why``, or if there is no such case. The receipt
    names nobody: of ``why`` what identifies a person is masked, and the case is a hash.
    """
    if not who.strip() or not why.strip():
        raise InputError("删除案件要写明经办人和理由", field="why")
    receipts = home / "receipts"
    with store.reading() as session:
        wanted = _wanted(session, case)
    swept, cached = sweep(home, wanted), clear_cache(home)
    held_by = holders(home, wanted)
    with store.session() as session:
        tables = _remove(session, wanted)
        body = {
            "who": who,
            "why": mask(why).text,
            "case": _hashed(wanted.case_id),
            **tables,
            "files": _counted(swept) | {"cache": cached},
            "bundles": dict.fromkeys(held_by, RETRAIN),
        }
        row = add_receipt(session, "forget", body)
    overwritten = settle(store, receipts)
    return Forgotten(path_of(receipts, row), row.body, tuple(swept.unsearched), overwritten)


def is_receipt_of(body: dict[str, Any], case_id: str) -> bool:
    """Tell whether a receipt of forgetting is about the case with this id."""
    case: dict[str, str] = body["case"]
    return _digest(case_id, case["salt"]) == case["scrypt"]


def _wanted(session: Session, case: str) -> Wanted:
    row = session.get_one(CaseRow, case_id_of_either(session, case))
    return Wanted(row.case_id, row.source_case_no)


def _remove(session: Session, wanted: Wanted) -> dict[str, Any]:
    row = session.get(CaseRow, wanted.case_id, with_for_update=True)
    if row is None:
        raise InputError("这件案件刚刚已被别人删除", field="CASE")
    bury(session, [(row.source_system, row.source_case_no)], "forgotten")
    session.expunge(row)
    tables = reflected(session)
    removed = remove_cases(session, tables, [wanted.case_id])
    return {
        "tables": removed,
        "references": remove_references(session, tables, wanted.case_id),
    }


def _counted(swept: Swept) -> dict[str, int]:
    return {
        "rewritten": len(swept.rewritten),
        "deleted": len(swept.deleted),
        "unsearched": len(swept.unsearched),
    }


def _hashed(case_id: str) -> dict[str, str]:
    salt = secrets.token_hex(16)
    return {"salt": salt, "scrypt": _digest(case_id, salt)}


def _digest(case_id: str, salt: str) -> str:
    # Slow on purpose: ids can be computed from the numbers of a source, and be tried.
    return hashlib.scrypt(case_id.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()
