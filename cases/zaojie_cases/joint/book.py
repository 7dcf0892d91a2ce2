"""Joint cases, step by step; every step is in the trail with who, when and why.

    proposed ──all sides accept──> active ──the lead closes──> closed
        └──────a side refuses────> dissolved

Changing the lead of an active case, and sharing the credit of an active or closed one, are
offers: they hold once every side has agreed, and one refusal ends them. One offer at a time.
All functions work in the transaction of ``session``; reasons are masked before they are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.joint.errors import JointStepError, NoSuchJointCaseError
from zaojie_cases.joint.rules import centre_of_case, check_centre, suggested_lead
from zaojie_cases.joint.tables import (
    JointCaseRow,
    JointMemberRow,
    JointOfferRow,
    JointSideRow,
    JointTrailRow,
)
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store.rows import read_records, select_record
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.store.trails import signed

HUNDRED = 100
NO_SIDE = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step: a person of the centre of a county, and the reason given.

    ``region`` is :data:`NO_SIDE` where the step is taken for none of them.
    """

    region: str
    by: str
    why: str


def propose_joint(
    session: Session,
    case_ids: Sequence[str],
    *,
    by: str,
    why: str,
    lead: str | None = None,
    for_first: bool = True,
    now: datetime | None = None,
) -> str:
    """Propose to deal with registrations of one dispute together; return the joint number.

    The centre of the first case proposes and has thereby agreed, unless it is not
    ``for_first``: then every side is still to answer. Without ``lead``
    :func:`~zaojie_cases.joint.rules.suggested_lead` decides. Raises InputError for unknown
    cases, cases of one county, or a lead that takes no part; JointStepError if a case is in
    a running joint case already.
    """
    cases = _cases(session, case_ids)
    regions = _centres(cases)
    chosen = check_centre(lead) if lead else suggested_lead(cases)
    if chosen not in regions:
        raise InputError("牵头中心必须是其中一件案件所属的县（市、区）", field="lead")
    actor = _checked(Actor(regions[0] if for_first else NO_SIDE, by, why))
    moment = now or datetime.now(SHANGHAI)
    number = _number(case_ids, moment)
    session.add(
        JointCaseRow(joint_no=number, state="proposed", lead_region=chosen, proposed_at=moment)
    )
    try:
        session.flush()
        for region in dict.fromkeys(regions):
            session.add(JointSideRow(joint_no=number, region_code=region))
        for case, region in zip(cases, regions, strict=True):
            session.add(JointMemberRow(joint_no=number, case_id=case.case_id, region_code=region))
        session.flush()
    except IntegrityError as error:
        raise JointStepError(
            "其中有案件已在一件办理中的联合案件里：请先办结原来的联合案件，或与对方中心联系"
        ) from error
    joint = session.get_one(JointCaseRow, number)
    _offer(session, joint, "start", {"lead": chosen}, actor, moment)
    return number


def accept(
    session: Session, joint_no: str, *, region: str, by: str, why: str, now: datetime | None = None
) -> None:
    """Agree to the open offer; it takes effect when every side has agreed.

    Raises NoSuchJointCaseError for a centre outside, JointStepError if nothing is offered
    or this side has agreed already.
    """
    actor, joint, moment = _step(session, joint_no, region, by, why, now)
    offer = _open_offer(session, joint)
    if actor.region in offer.agreed:
        raise JointStepError("本中心已经同意过，正在等待对方中心答复")
    offer.agreed = [*offer.agreed, actor.region]
    if offer.subject == "start":
        _mark_accepted(session, joint, actor, moment)
    if set(offer.agreed) == set(_regions(session, joint)):
        offer.state = "agreed"
        _take_effect(session, joint, offer)
    _note(session, joint, actor, f"{offer.subject} accepted", moment)


def refuse(
    session: Session, joint_no: str, *, region: str, by: str, why: str, now: datetime | None = None
) -> None:
    """Refuse the open offer, or take an offer of one's own back.

    Refusing the start dissolves the joint case; each case goes on where it is.
    """
    actor, joint, moment = _step(session, joint_no, region, by, why, now)
    offer = _open_offer(session, joint)
    offer.state = "refused"
    if offer.subject == "start":
        _end(session, joint, "dissolved", moment)
    _note(session, joint, actor, f"{offer.subject} refused", moment)


def offer_lead(
    session: Session,
    joint_no: str,
    new_lead: str,
    *,
    region: str,
    by: str,
    why: str,
    now: datetime | None = None,
) -> None:
    """Offer to change the lead of an active joint case; holds once all sides agree."""
    actor, joint, moment = _step(session, joint_no, region, by, why, now)
    wanted = check_centre(new_lead)
    if joint.state != "active":
        raise JointStepError("只有办理中的联合案件才能更换牵头中心")
    if wanted not in _regions(session, joint) or wanted == joint.lead_region:
        raise InputError("新的牵头中心必须是现在的协办中心之一", field="lead")
    _offer(session, joint, "lead", {"lead": wanted}, actor, moment)


def offer_shares(
    session: Session,
    joint_no: str,
    shares: Mapping[str, int],
    *,
    region: str,
    by: str,
    why: str,
    now: datetime | None = None,
) -> None:
    """Offer how the credit is shared: whole percents of every side, 100 in all."""
    actor, joint, moment = _step(session, joint_no, region, by, why, now)
    wanted = {check_centre(code): percent for code, percent in shares.items()}
    if joint.state not in ("active", "closed"):
        raise JointStepError("各方都接受联合办理之后，才能商定工作量分成")
    sides = set(_regions(session, joint))
    fair = sum(wanted.values()) == HUNDRED and all(0 <= p <= HUNDRED for p in wanted.values())
    if set(wanted) != sides or not fair:
        raise InputError("分成要写明每一个参与中心的整数百分比，合计 100", field="shares")
    _offer(session, joint, "shares", {"shares": wanted}, actor, moment)


def close(
    session: Session, joint_no: str, *, region: str, by: str, why: str, now: datetime | None = None
) -> None:
    """Close an active joint case; the lead does. An open offer falls, shares may follow."""
    actor, joint, moment = _step(session, joint_no, region, by, why, now)
    if joint.state != "active":
        raise JointStepError("只有办理中的联合案件才能办结")
    if actor.region != joint.lead_region:
        raise JointStepError("联合案件由牵头中心办结：请联系牵头中心")
    session.execute(
        update(JointOfferRow)
        .where(JointOfferRow.joint_no == joint_no, JointOfferRow.state == "open")
        .values(state="refused")
    )
    _end(session, joint, "closed", moment)
    _note(session, joint, actor, "closed", moment)


def take_part(session: Session, joint_no: str, region: str) -> JointCaseRow:
    """Return the joint case for a centre that takes part; raises NoSuchJointCaseError."""
    return _joint(session, joint_no, check_centre(region), lock=False)


def proposer_of(session: Session, joint_no: str) -> str:
    """Return the region that proposed the joint case."""
    first = select(JointTrailRow.region_code).where(JointTrailRow.joint_no == joint_no)
    return session.scalars(first.order_by(JointTrailRow.trail_id).limit(1)).one()


def _step(
    session: Session, joint_no: str, region: str, by: str, why: str, now: datetime | None
) -> tuple[Actor, JointCaseRow, datetime]:
    centre = check_centre(region)
    joint = _joint(session, joint_no, centre, lock=True)
    return _checked(Actor(centre, by, why)), joint, now or datetime.now(SHANGHAI)


def _checked(actor: Actor) -> Actor:
    return Actor(actor.region, *signed(actor.by, actor.why, "联合办理的每一步都要写明经办人和理由"))


def _joint(session: Session, joint_no: str, region: str, *, lock: bool) -> JointCaseRow:
    joint = session.get(JointCaseRow, joint_no, with_for_update=lock or None)
    if joint is None or session.get(JointSideRow, (joint_no, region)) is None:
        raise NoSuchJointCaseError
    return joint


def _cases(session: Session, case_ids: Sequence[str]) -> list[Case]:
    chosen = select_record(CaseRow, Case).where(CaseRow.case_id.in_(case_ids))
    found = {case.case_id: case for case in read_records(session, chosen, Case)}
    if len(set(case_ids)) != len(case_ids) or len(case_ids) < 2:
        raise InputError("联合办理至少要两件不同的案件", field="case_id")
    if len(found) != len(case_ids):
        raise InputError("其中有案件编号不存在：请核对案件编号", field="case_id")
    return [found[case_id] for case_id in case_ids]


def _centres(cases: Sequence[Case]) -> list[str]:
    centres = [centre for case in cases if (centre := centre_of_case(case))]
    if len(centres) != len(cases):
        raise InputError(
            "有案件没有填到县一级的区划代码，不能确定由哪个中心办理", field="region_code"
        )
    if len(set(centres)) < 2:
        raise InputError(
            "这些案件同属一个县（市、区），由本地办理，不需要联合", field="region_code"
        )
    return centres


def _number(case_ids: Sequence[str], moment: datetime) -> str:
    """Return the joint number: the day, and a digest that tells nothing and is hard to guess."""
    text = "\0".join([*sorted(case_ids), moment.isoformat()])
    digest = hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
    return f"L{moment:%Y%m%d}-{digest}"


def _regions(session: Session, joint: JointCaseRow) -> Sequence[str]:
    sides = select(JointSideRow.region_code).where(JointSideRow.joint_no == joint.joint_no)
    return session.scalars(sides.order_by(JointSideRow.region_code)).all()


def _offer(
    session: Session,
    joint: JointCaseRow,
    subject: str,
    content: dict[str, Any],
    actor: Actor,
    moment: datetime,
) -> None:
    if _find_offer(session, joint):
        raise JointStepError("已有一项提议在等待答复：请先接受或拒绝它")
    session.add(
        JointOfferRow(
            joint_no=joint.joint_no,
            subject=subject,
            state="open",
            content=content,
            agreed=[] if actor.region == NO_SIDE else [actor.region],
        )
    )
    if subject == "start" and actor.region != NO_SIDE:
        _mark_accepted(session, joint, actor, moment)
    _note(session, joint, actor, f"{subject} offered", moment)


def _find_offer(session: Session, joint: JointCaseRow) -> JointOfferRow | None:
    mine = select(JointOfferRow).where(
        JointOfferRow.joint_no == joint.joint_no, JointOfferRow.state == "open"
    )
    return session.scalar(mine)


def _open_offer(session: Session, joint: JointCaseRow) -> JointOfferRow:
    offer = _find_offer(session, joint)
    if offer is None:
        raise JointStepError("现在没有等待答复的提议")
    return offer


def _mark_accepted(session: Session, joint: JointCaseRow, actor: Actor, moment: datetime) -> None:
    side = session.get_one(JointSideRow, (joint.joint_no, actor.region))
    side.accepted_at, side.accepted_by = moment, actor.by


def _take_effect(session: Session, joint: JointCaseRow, offer: JointOfferRow) -> None:
    match offer.subject:
        case "start":
            joint.state = "active"
        case "lead":
            joint.lead_region = offer.content["lead"]
        case _:
            for region, percent in offer.content["shares"].items():
                session.get_one(JointSideRow, (joint.joint_no, region)).share_percent = percent


def _end(session: Session, joint: JointCaseRow, state: str, moment: datetime) -> None:
    joint.state, joint.closed_at = state, moment
    session.execute(
        update(JointMemberRow)
        .where(JointMemberRow.joint_no == joint.joint_no)
        .values(ended_at=moment)
    )


def _note(session: Session, joint: JointCaseRow, actor: Actor, what: str, moment: datetime) -> None:
    session.add(
        JointTrailRow(
            joint_no=joint.joint_no,
            at=moment,
            who=actor.by,
            region_code=actor.region,
            what=what,
            state=joint.state,
            why=actor.why,
        )
    )
    session.flush()
