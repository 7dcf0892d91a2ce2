"""Between records and rows."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zaojie_cases.record import Case, CaseEvent, Outcome, Record
from zaojie_cases.sketch import Sketch, sketch_of
from zaojie_cases.store.tables import Base, EventRow, OutcomeRow

AnyRecord = TypeVar("AnyRecord", bound=Record)


def hash_of(case: Case) -> str:
    """Return the SHA-256 of the content of ``case``, its id left out.

    Fields at their default do not count, so that a new field does not change old cases.
    """
    text = case.model_dump_json(exclude={"case_id"}, exclude_defaults=True)
    return hashlib.sha256(text.encode()).hexdigest()


def case_values(case: Case, content_hash: str) -> dict[str, Any]:
    """Return the column values of ``case``; ``content_hash`` is that of the case as it came."""
    return case.model_dump() | {
        "place": case.place or "",
        "sketch": pack(sketch_of(case.narrative_masked)),
        "content_hash": content_hash,
    }


def event_values(event: CaseEvent) -> dict[str, Any]:
    """Return the column values of ``event``."""
    return event.model_dump() | {"kind": event.kind.value}


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    """Return the column values of ``outcome``."""
    return outcome.model_dump()


def pack(sketch: Sketch) -> bytes:
    """Return the sketch as little-endian 32-bit numbers."""
    return struct.pack(f"<{len(sketch)}I", *sketch)


def unpack(data: bytes) -> Sketch:
    """Return the sketch that :func:`pack` packed."""
    return struct.unpack(f"<{len(data) // 4}I", data)


def select_record(table: type[Base], record: type[Record]) -> Select[Any]:
    """Select exactly the columns that make up ``record``."""
    return select(*(getattr(table, name) for name in record.model_fields))


def read_records(
    session: Session, statement: Select[Any], record: type[AnyRecord]
) -> Iterator[AnyRecord]:
    """Yield the records that a :func:`select_record` statement finds."""
    return (record.model_validate(dict(row)) for row in session.execute(statement).mappings())


def events_of(session: Session, case_ids: Collection[str]) -> Iterator[CaseEvent]:
    """Yield the events of the cases, each time line in order."""
    chosen = select_record(EventRow, CaseEvent).where(EventRow.case_id.in_(case_ids))
    in_order = (EventRow.at, EventRow.recorded_at, EventRow.event_id)
    return read_records(session, chosen.order_by(EventRow.case_id, *in_order), CaseEvent)


def outcomes_of(session: Session, case_ids: Collection[str]) -> Iterator[Outcome]:
    """Yield the outcomes of the cases, those of one case by their codes."""
    chosen = select_record(OutcomeRow, Outcome).where(OutcomeRow.case_id.in_(case_ids))
    in_order = chosen.order_by(OutcomeRow.case_id, OutcomeRow.outcome_code)
    return read_records(session, in_order, Outcome)
