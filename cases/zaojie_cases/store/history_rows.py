"""Reading what History needs to know of the stored registrations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from zaojie_cases.history import WINDOW_DAYS, HistoryEntry
from zaojie_cases.ledger_entries import Linked
from zaojie_cases.linking.matter import Matter
from zaojie_cases.linking.places import places_of
from zaojie_cases.record import EventKind
from zaojie_cases.store.link_keys import IDS_AT_ONCE
from zaojie_cases.store.links import linked
from zaojie_cases.store.rows import unpack
from zaojie_cases.store.tables import CaseRow, EventRow

HISTORY_WINDOW = timedelta(days=WINDOW_DAYS + 30)
"""How far back History is filled: what it can be asked about any moment of the last month."""

_COLUMNS = (
    CaseRow.case_id,
    CaseRow.place,
    CaseRow.registered_at,
    CaseRow.sketch,
    CaseRow.category_code,
    CaseRow.judicial_type,
    CaseRow.occurred_on,
    CaseRow.amount_yuan,
    CaseRow.involved_count,
    CaseRow.prior_case_ids,
)


def history_entries(
    session: Session, since: datetime, before: datetime, place: str | None = None
) -> Iterator[HistoryEntry]:
    """Stream the registrations from ``since`` before ``before`` in order of time.

    With a ``place``, those of the widest area around it. A closing is the one that was
    known first, so that a later record does not change it.
    """
    chosen = _chosen().where(CaseRow.registered_at >= since, CaseRow.registered_at < before)
    if place is not None:
        chosen = chosen.where(CaseRow.place.in_(_places_around(session, place)))
    by_case = groupby(session.execute(chosen), key=lambda row: row[0])
    firsts = (next(rows) for _, rows in by_case)
    while page := list(islice(firsts, IDS_AT_ONCE)):
        known = linked(session, [row[0] for row in page])
        for row in page:
            yield _entry(row, known.get(row[0]) or Linked())


def _chosen() -> Select[*tuple[Any, ...]]:
    closed = and_(EventRow.case_id == CaseRow.case_id, EventRow.kind == EventKind.CLOSED.value)
    in_order = (CaseRow.registered_at, CaseRow.case_id, EventRow.recorded_at, EventRow.at)
    return (
        select(*_COLUMNS, EventRow.at, EventRow.recorded_at)
        .outerjoin(EventRow, closed)
        .order_by(*in_order)
        .execution_options(yield_per=IDS_AT_ONCE)
    )


def _entry(row: Row[*tuple[Any, ...]], known: Linked) -> HistoryEntry:
    case_id, place, registered_at, sketch, *said, closed_at, known_at = row
    category, judicial, occurred_on, amount, involved, named = said
    return HistoryEntry(
        case_id=case_id,
        place=place,
        registered_at=registered_at,
        closed_at=closed_at,
        closed_known_at=known_at,
        sketch=unpack(sketch),
        matter=Matter(
            category,
            judicial,
            occurred_on,
            amount,
            involved,
            tuple(named),
            known.keys,
            known.later_keys,
        ),
        decided=known.decided,
    )


def _places_around(session: Session, place: str) -> list[str]:
    widest = places_of(place)[-1]
    known = session.scalars(select(CaseRow.place).distinct())
    return [other for other in known if places_of(other)[-1] == widest]
