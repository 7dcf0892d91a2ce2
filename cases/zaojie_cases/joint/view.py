"""What a centre that takes part may see of a joint case. Never an identity.

Until every side has accepted: category, scale, regions, dates, status and clock, the ids of
its own cases, its own reasons and those of a refusal. From then on also the other sides'
case ids and reasons, and the masked narratives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.codes import category_name, scale_name
from zaojie_cases.joint.book import take_part
from zaojie_cases.joint.rules import check_centre, region_name, stricter_due
from zaojie_cases.joint.tables import (
    JointCaseRow,
    JointMemberRow,
    JointOfferRow,
    JointSideRow,
    JointTrailRow,
)
from zaojie_cases.record import Case
from zaojie_cases.store.rows import read_records, select_record
from zaojie_cases.store.tables import CaseRow

_SHARED = ("active", "closed")
"""States that only a joint case which every side accepted can be in."""


@dataclass(frozen=True, slots=True)
class SideView:
    """One centre that takes part."""

    region_code: str
    region: str
    is_lead: bool
    accepted_at: datetime | None
    accepted_by: str | None
    share_percent: int | None


@dataclass(frozen=True, slots=True)
class MemberView:
    """One registration; ``case_id`` and ``narrative`` are None where they are not shared."""

    region_code: str
    category: str | None
    scale: str | None
    registered_at: datetime
    occurred_on: date | None
    due_on: date | None
    status: str
    case_id: str | None
    narrative: str | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """What waits for an answer, and who has agreed to it."""

    subject: str
    content: dict[str, Any]
    agreed: list[str]


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the trail; ``why`` is None where it is not shared."""

    at: datetime
    region_code: str
    who: str
    what: str
    state: str
    why: str | None


@dataclass(frozen=True, slots=True)
class JointView:
    """A joint case as one of its centres sees it; ``due_on`` is the stricter limit."""

    joint_no: str
    state: str
    lead_region: str
    proposed_at: datetime
    closed_at: datetime | None
    due_on: date | None
    sides: list[SideView]
    members: list[MemberView]
    offer: OfferView | None
    trail: list[StepView]


def joint_view(session: Session, joint_no: str, *, as_region: str) -> JointView:
    """Return what the centre of ``as_region`` may see.

    Raises NoSuchJointCaseError if it takes no part, the same as if there were none.
    """
    joint, region = take_part(session, joint_no, as_region), check_centre(as_region)
    shared = joint.state in _SHARED
    cases = _cases(session, joint_no)
    return JointView(
        joint_no=joint_no,
        state=joint.state,
        lead_region=joint.lead_region,
        proposed_at=joint.proposed_at,
        closed_at=joint.closed_at,
        due_on=stricter_due([case for _, case in cases]),
        sides=_sides(session, joint),
        members=[_member(case, home, shared or home == region, shared) for home, case in cases],
        offer=_offer(session, joint_no),
        trail=_trail(session, joint_no, region, shared),
    )


def list_joint(session: Session, *, as_region: str, ended: bool = True) -> list[JointView]:
    """Return the joint cases that the centre of ``as_region`` takes part in, newest first.

    ``ended``: those that are closed or dissolved, too.
    """
    region = check_centre(as_region)
    mine = (
        select(JointCaseRow.joint_no)
        .join(JointSideRow, JointSideRow.joint_no == JointCaseRow.joint_no)
        .where(JointSideRow.region_code == region)
        .order_by(JointCaseRow.proposed_at.desc(), JointCaseRow.joint_no)
    )
    if not ended:
        mine = mine.where(JointCaseRow.closed_at.is_(None))
    return [joint_view(session, number, as_region=region) for number in session.scalars(mine)]


def _cases(session: Session, joint_no: str) -> list[tuple[str, Case]]:
    homes = {
        row.case_id: row.region_code
        for row in session.scalars(
            select(JointMemberRow).where(JointMemberRow.joint_no == joint_no)
        )
    }
    chosen = select_record(CaseRow, Case).where(CaseRow.case_id.in_(homes))
    in_order = chosen.order_by(CaseRow.registered_at, CaseRow.case_id)
    return [(homes[case.case_id], case) for case in read_records(session, in_order, Case)]


def _member(case: Case, home: str, with_id: bool, with_narrative: bool) -> MemberView:
    return MemberView(
        region_code=home,
        category=category_name(case.category_code) if case.category_code else None,
        scale=scale_name(case.scale_code) if case.scale_code else None,
        registered_at=case.registered_at,
        occurred_on=case.occurred_on,
        due_on=case.due_on,
        status=case.status,
        case_id=case.case_id if with_id else None,
        narrative=case.narrative_masked if with_narrative else None,
    )


def _sides(session: Session, joint: JointCaseRow) -> list[SideView]:
    rows = session.scalars(
        select(JointSideRow)
        .where(JointSideRow.joint_no == joint.joint_no)
        .order_by(JointSideRow.region_code)
    )
    return [
        SideView(
            region_code=row.region_code,
            region=region_name(row.region_code),
            is_lead=row.region_code == joint.lead_region,
            accepted_at=row.accepted_at,
            accepted_by=row.accepted_by,
            share_percent=row.share_percent,
        )
        for row in rows
    ]


def _offer(session: Session, joint_no: str) -> OfferView | None:
    row = session.scalar(
        select(JointOfferRow).where(
            JointOfferRow.joint_no == joint_no, JointOfferRow.state == "open"
        )
    )
    return OfferView(row.subject, row.content, row.agreed) if row else None


def _trail(session: Session, joint_no: str, region: str, shared: bool) -> list[StepView]:
    rows = session.scalars(
        select(JointTrailRow)
        .where(JointTrailRow.joint_no == joint_no)
        .order_by(JointTrailRow.trail_id)
    )
    return [
        StepView(
            at=row.at,
            region_code=row.region_code,
            who=row.who,
            what=row.what,
            state=row.state,
            why=row.why if shared or row.region_code == region or "refused" in row.what else None,
        )
        for row in rows
    ]
