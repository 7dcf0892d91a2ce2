"""Reading warnings: pages for programs, and the standing ones for the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from zaojie_cases.store.tables import CaseRow
from zaojie_models.score import Level
from zaojie_serving.alerts import State
from zaojie_serving.answers import WarningAnswer, WarningsAnswer
from zaojie_serving.cursors import Cursors, Moment
from zaojie_serving.tables import WarningRow
from zaojie_serving.word_requests import RowId

_REGION_DEPTHS = (2, 4, 6, 9, 12)
_CURSORS = Cursors(tuple[Moment, RowId])


class Wanted(NamedTuple):
    """Which warnings are asked for; empty means all."""

    levels: Sequence[Level]
    states: Sequence[State]
    region: str | None


def page_of(session: Session, wanted: Wanted, cursor: str | None, limit: int) -> WarningsAnswer:
    """Return the page after ``cursor``, newest first; raise RequestError for a bad cursor."""
    chosen = select(WarningRow).where(*_conditions(wanted))
    if place := _CURSORS.place(cursor):
        chosen = chosen.where(_older_than(*place))
    newest_first = chosen.order_by(WarningRow.issued_at.desc(), WarningRow.warning_id.desc())
    rows = session.scalars(newest_first.limit(limit + 1)).all()
    page = rows[:limit]
    return WarningsAnswer(
        warnings=[WarningAnswer.model_validate(row) for row in page],
        next_cursor=_next(page[-1]) if len(rows) > limit else None,
    )


def standing(session: Session, limit: int) -> Sequence[Row[WarningRow, CaseRow]]:
    """Return warnings that are not closed with their cases, newest first."""
    return session.execute(
        select(WarningRow, CaseRow)
        .join(CaseRow, CaseRow.case_id == WarningRow.case_id)
        .where(WarningRow.state != State.CLOSED.value)
        .order_by(WarningRow.issued_at.desc(), WarningRow.warning_id.desc())
        .limit(limit)
    ).all()


def counts_by_level(session: Session, *conditions: ColumnElement[bool]) -> dict[Level, int]:
    """Return how many warnings there are at each level."""
    rows = session.execute(
        select(WarningRow.level, func.count()).where(*conditions).group_by(WarningRow.level)
    )
    return {Level(level): count for level, count in rows}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.levels:
        found.append(WarningRow.level.in_([level.value for level in wanted.levels]))
    if wanted.states:
        found.append(WarningRow.state.in_([state.value for state in wanted.states]))
    if wanted.region:
        full = wanted.region.ljust(12, "0")
        depth = next(n for n in _REGION_DEPTHS if not full[n:].strip("0"))
        found.append(WarningRow.region_code.startswith(full[:depth]))
    return found


def _next(row: WarningRow) -> str:
    return _CURSORS.after((row.issued_at, row.warning_id))


def _older_than(issued_at: datetime, warning_id: str) -> ColumnElement[bool]:
    same_moment = and_(WarningRow.issued_at == issued_at, WarningRow.warning_id < warning_id)
    return or_(WarningRow.issued_at < issued_at, same_moment)
