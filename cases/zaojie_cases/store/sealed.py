"""How a sealed case is told in the record, also by an import that meets it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.store.tables import CaseRow

if TYPE_CHECKING:
    from zaojie_cases.store.merge import Entry

SEALED_MARK = "〔案情已封存〕"
"""Stands in the record for a narrative that is in the vault."""


def without_sealed_texts(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Return ``entries`` so that what is sealed in the vault does not come back by them.

    Call it with the ids that the cases are stored under. Of a sealed case the events go in
    without texts; its narrative stays out by itself while the row at the source is the same.
    """
    sealed = set(
        session.scalars(
            select(CaseRow.case_id).where(
                CaseRow.case_id.in_({entry.case.case_id for entry in entries}),
                CaseRow.narrative_masked == SEALED_MARK,
            )
        )
    )
    return [_without_texts(entry) if entry.case.case_id in sealed else entry for entry in entries]


def _without_texts(entry: Entry) -> Entry:
    kept = [{k: v for k, v in e.payload.items() if not isinstance(v, str)} for e in entry.events]
    bare = (e.model_copy(update={"payload": p}) for e, p in zip(entry.events, kept, strict=True))
    return replace(entry, events=tuple(bare))
