"""Group matters as a person sees them: list, show, close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.codes import region_contains
from zaojie_cases.errors import InputError
from zaojie_cases.hotspots.tables import AssignmentRow, GroupMatterRow, GroupMatterTrailRow
from zaojie_cases.masking import mask
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import CaseRow

SAMPLES = 5
"""Case ids shown of a group matter: its newest registrations."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the trail."""

    at: datetime
    who: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class GroupMatter:
    """One matter that needs one answer; counts are of registrations, never of persons."""

    matter_id: str
    area: str
    state: str
    raised_at: datetime
    first_seen: datetime
    last_seen: datetime
    count: int
    by_day: dict[date, int]
    places: dict[str, int]
    """Place -> registrations, the most frequent first; ``""`` where none is given."""
    words: list[str]
    sample_case_ids: list[str]
    trail: list[Step]


def list_matters(
    session: Session, *, state: str | None = "open", within: str | None = None
) -> list[GroupMatter]:
    """Return group matters, the latest growth first.

    ``within`` is a 12-digit region code: only matters of counties in it (one without a
    place, or with a source's own place code, lies in none).
    """
    chosen = select(GroupMatterRow).order_by(
        GroupMatterRow.last_seen.desc(), GroupMatterRow.matter_id
    )
    if state is not None:
        chosen = chosen.where(GroupMatterRow.state == state)
    rows = session.scalars(chosen).all()
    return [_matter(session, row) for row in rows if within is None or _lies_in(row.area, within)]


def show_matter(session: Session, matter_id: str) -> GroupMatter:
    """Return one group matter; raises InputError if there is none of this number."""
    return _matter(session, _row(session, matter_id, lock=False))


def close_matter(
    session: Session, matter_id: str, *, by: str, why: str, now: datetime | None = None
) -> None:
    """Close an open group matter; only registrations after ``now`` can open it again.

    Raises InputError without ``by`` or ``why``, or if it is not open.
    """
    if not by.strip() or not why.strip():
        raise InputError("关闭集中反映事项要写明经办人和理由", field="why")
    row = _row(session, matter_id, lock=True)
    if row.state != "open":
        raise InputError("这个集中反映事项已经关闭，不必再关", field="matter_id")
    row.state, row.closed_at = "closed", now or datetime.now(SHANGHAI)
    session.add(
        GroupMatterTrailRow(
            matter_id=matter_id,
            at=row.closed_at,
            who=by.strip(),
            what="closed",
            why=mask(why.strip()).text,
        )
    )


def _row(session: Session, matter_id: str, *, lock: bool) -> GroupMatterRow:
    row = session.get(GroupMatterRow, matter_id, with_for_update=lock or None)
    if row is None:
        raise InputError(
            "没有这个编号的集中反映事项：请用 zaojie hotspots list 核对编号", field="matter_id"
        )
    return row


def _lies_in(area: str, region: str) -> bool:
    return area.isdigit() and region_contains(region, area)


def _matter(session: Session, row: GroupMatterRow) -> GroupMatter:
    members = session.execute(
        select(AssignmentRow.case_id, AssignmentRow.registered_at, CaseRow.place)
        .join(CaseRow, CaseRow.case_id == AssignmentRow.case_id)
        .where(AssignmentRow.matter_id == row.matter_id)
        .order_by(AssignmentRow.registered_at, AssignmentRow.seq)
    ).all()
    trail = session.scalars(
        select(GroupMatterTrailRow)
        .where(GroupMatterTrailRow.matter_id == row.matter_id)
        .order_by(GroupMatterTrailRow.trail_id)
    )
    return GroupMatter(
        matter_id=row.matter_id,
        area=row.area,
        state=row.state,
        raised_at=row.raised_at,
        first_seen=members[0].registered_at if members else row.raised_at,
        last_seen=row.last_seen,
        count=len(members),
        by_day=dict(Counter(member.registered_at.date() for member in members)),
        places=dict(Counter(member.place for member in members).most_common()),
        words=row.words,
        sample_case_ids=[member.case_id for member in members[: -SAMPLES - 1 : -1]],
        trail=[Step(step.at, step.who, step.what, step.why) for step in trail],
    )
