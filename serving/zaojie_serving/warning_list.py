"""Reading warnings: pages for programs, and the standing ones for the console."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import CaseRow
from zaojie_models.score import Level
from zaojie_serving.alerts import State
from zaojie_serving.answers import WarningAnswer, WarningsAnswer
from zaojie_serving.errors import RequestError
from zaojie_serving.findings import Finding
from zaojie_serving.tables import WarningRow

_REGION_DEPTHS = (2, 4, 6, 9, 12)


class Wanted(NamedTuple):
    """Which warnings are asked for; empty means all."""

    levels: Sequence[Level]
    states: Sequence[State]
    region: str | None


def page_of(session: Session, wanted: Wanted, cursor: str | None, limit: int) -> WarningsAnswer:
    """Return the page after ``cursor``, newest first; raise RequestError for a bad cursor."""
    chosen = select(WarningRow).where(*_conditions(wanted))
    if cursor is not None:
        chosen = chosen.where(_older_than(cursor))
    newest_first = chosen.order_by(WarningRow.issued_at.desc(), WarningRow.warning_id.desc())
    rows = session.scalars(newest_first.limit(limit + 1)).all()
    page = rows[:limit]
    return WarningsAnswer(
        warnings=[WarningAnswer.model_validate(row) for row in page],
        next_cursor=_cursor_of(page[-1]) if len(rows) > limit else None,
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


def _cursor_of(row: WarningRow) -> str:
    text = f"{row.issued_at.isoformat()} {row.warning_id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _older_than(cursor: str) -> ColumnElement[bool]:
    try:
        moment, warning_id = base64.urlsafe_b64decode(cursor).decode().split(" ")
        issued_at = datetime.fromisoformat(moment).astimezone(SHANGHAI)
    except (binascii.Error, UnicodeError, ValueError, OverflowError) as error:
        message = "游标不对，请原样使用上一页返回的 next_cursor。"
        finding = Finding(field="cursor", rule="cursor", message=message)
        raise RequestError(message, [finding]) from error
    same_moment = and_(WarningRow.issued_at == issued_at, WarningRow.warning_id < warning_id)
    return or_(WarningRow.issued_at < issued_at, same_moment)
