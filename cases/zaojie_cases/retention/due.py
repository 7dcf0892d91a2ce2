"""Which cases are closed, since when, and hence due to be sealed or deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from zaojie_cases.record import EventKind
from zaojie_cases.retention.policy import CaseTerms
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import CaseRow, EventRow, VaultTextRow

# What was entered late counts from then: an old date alone never shortens a term.
_known = case((EventRow.recorded_at > EventRow.at, EventRow.recorded_at), else_=EventRow.at)


def _latest(*kinds: EventKind) -> ColumnElement[datetime | None]:
    """Return the moment of the last event of a case, of one of ``kinds`` or of any."""
    chosen = select(func.max(_known)).where(EventRow.case_id == CaseRow.case_id)
    if kinds:
        chosen = chosen.where(EventRow.kind.in_([kind.value for kind in kinds]))
    return chosen.correlate(CaseRow).scalar_subquery()


_closed_at = _latest(EventKind.CLOSED)
_reopened_at = _latest(EventKind.REOPENED)
_since = func.coalesce(_closed_at, _latest())
_is_closed = and_(
    or_(CaseRow.status != "open", _closed_at.is_not(None)),
    or_(
        _reopened_at.is_(None),
        # A closing after the reopening closes again; a status alone does not.
        _closed_at > _reopened_at,
    ),
)


def due_to_seal(terms: CaseTerms, now: datetime) -> Select[str] | None:
    """Select the ids of closed cases whose narrative is due in the vault; None: never.

    Also of sealed ones whose time line has grown: what was written there is due too.
    """
    if terms.seal_after_days is None:
        return None
    unsealed = select(VaultTextRow.case_id).where(VaultTextRow.open_until > now)
    grown = (
        select(VaultTextRow.case_id)
        .join(EventRow, EventRow.case_id == VaultTextRow.case_id)
        .where(EventRow.recorded_at > VaultTextRow.sealed_at)
    )
    chosen = _closed_before(now - timedelta(days=terms.seal_after_days)).where(
        or_(CaseRow.narrative_masked != SEALED_MARK, CaseRow.case_id.in_(grown)),
        CaseRow.case_id.not_in(unsealed),
    )
    if terms.delete_after_days is None:
        return chosen
    return chosen.where(_since >= now - timedelta(days=terms.delete_after_days))


def due_to_delete(terms: CaseTerms, now: datetime) -> Select[str] | None:
    """Select the ids of closed cases that are due to be deleted; None: never."""
    if terms.delete_after_days is None:
        return None
    return _closed_before(now - timedelta(days=terms.delete_after_days))


def undated(session: Session) -> int:
    """Return how many cases are closed without any event that tells since when."""
    return session.scalar(select(func.count()).where(_is_closed, _since.is_(None))) or 0


def among(due: Select[str], case_ids: Collection[str]) -> Select[str]:
    """Narrow ``due`` to ``case_ids``: what was due a while ago may not be any more."""
    return due.where(CaseRow.case_id.in_(case_ids))


def _closed_before(moment: datetime) -> Select[str]:
    return select(CaseRow.case_id).where(_is_closed, _since < moment).order_by(CaseRow.case_id)
