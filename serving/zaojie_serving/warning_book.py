"""Writing and reading warnings within a transaction that somebody else opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.record import Case, CaseEvent
from zaojie_models.score import Level, Score
from zaojie_serving.alerts import (
    Change,
    State,
    change_of,
    reasons_of,
    state_after,
    terms_of,
)
from zaojie_serving.answers import TrailAnswer, WarningAnswer, WarningInFull
from zaojie_serving.scorer import Duties
from zaojie_serving.tables import TrailRow, WarningRow

_WHY = {
    Change.OPENED: "评分达到{level}级",
    Change.RAISED: "重新评分后升为{level}级，需重新签收",
    Change.RENEWED: "重新评分仍为{level}级，有效期顺延",
}


def standing_warning(session: Session, case_id: str) -> WarningRow | None:
    """Return the one warning of the case that is not closed."""
    wanted = WarningRow.case_id == case_id, WarningRow.state != State.CLOSED.value
    return session.scalar(select(WarningRow).where(*wanted).with_for_update())


def apply_score(
    session: Session, case: Case, score: Score, score_id: str, duties: Duties, now: datetime
) -> Change:
    """Open, raise, renew or leave the warning of ``case`` as ``score`` demands."""
    row = standing_warning(session, case.case_id)
    change = change_of(Level(row.level) if row else None, score)
    if change is Change.LEFT:
        return change
    if row is None:
        row = WarningRow(
            warning_id=uuid4().hex,
            case_id=case.case_id,
            region_code=case.region_code or (case.grid_code and case.grid_code[:12]),
        )
        session.add(row)
    if change is not Change.RENEWED:
        _issue(row, score.level, duties, now)
    row.score_id, row.valid_until = score_id, score.valid_until
    row.reasons = [asdict(reason) for reason in reasons_of(score)]
    session.flush()
    why = _WHY[change].format(level=score.level.label)
    note(session, row, now, who=f"模型 {score.bundle_version}", what=change, why=why)
    return change


def apply_event(session: Session, event: CaseEvent, earlier: Sequence[CaseEvent], who: str) -> None:
    """Move the warning of the case on when ``event`` is a step in its life."""
    row = standing_warning(session, event.case_id)
    if row is None:
        return
    state = state_after(State(row.state), event.kind, earlier)
    if state.value != row.state:
        row.state = state.value
        note(session, row, event.recorded_at, who=who, what=state, why=f"事件 {event.kind}")


def note(session: Session, row: WarningRow, at: datetime, *, who: str, what: str, why: str) -> None:
    """Add a step to the trail of a warning."""
    session.add(
        TrailRow(
            warning_id=row.warning_id,
            at=at,
            who=who,
            what=str(what),
            level=row.level,
            state=row.state,
            why=why,
        )
    )


def warnings_of(session: Session, case_id: str) -> list[WarningInFull]:
    """Return the warnings of a case with their trails, newest first."""
    rows = session.scalars(
        select(WarningRow)
        .where(WarningRow.case_id == case_id)
        .order_by(WarningRow.issued_at.desc(), WarningRow.warning_id.desc())
    )
    return [_in_full(session, row) for row in rows]


def _in_full(session: Session, row: WarningRow) -> WarningInFull:
    steps = session.scalars(
        select(TrailRow).where(TrailRow.warning_id == row.warning_id).order_by(TrailRow.trail_id)
    )
    plain = WarningAnswer.model_validate(row).model_dump(exclude={"level_name", "state_name"})
    return WarningInFull(**plain, trail=[TrailAnswer.model_validate(step) for step in steps])


def _issue(row: WarningRow, level: Level, duties: Duties, now: datetime) -> None:
    terms = terms_of(level, duties, now)
    row.level, row.state, row.issued_at = level.value, State.ISSUED.value, now
    row.addressee, row.clock_note = duties.addressees[level], terms.note
    row.suggested_action, row.cannot_use_for = duties.actions[level], duties.cannot_use_for
    row.policy_version = duties.version
    row.sign_by, row.contact_by = terms.sign_by, terms.contact_by
    row.plan_by, row.review_by = terms.plan_by, terms.review_by
