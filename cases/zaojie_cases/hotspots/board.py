"""Group matters as a person sees them: list, show, close."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from zaojie_cases.codes import region_contains
from zaojie_cases.errors import InputError
from zaojie_cases.hotspots.tables import AssignmentRow, GroupMatterRow, GroupMatterTrailRow
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.store.trails import signed

STATES = {"open": "待答复", "closed": "已关闭"}
STEPS = {"raised": "提出", "reopened": "重新打开", "closed": "关闭"}
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


Place = tuple[datetime, str]
"""Where a group matter stands in the list: by its last registration, then its id."""


def list_matters(
    session: Session,
    *,
    state: str | None = "open",
    within: str | None = None,
    after: Place | None = None,
    most: int | None = None,
) -> list[GroupMatter]:
    """Return group matters, the latest growth first; ``most`` of those ``after`` a place.

    ``within`` is a 12-digit region code: only matters of counties in it (one without a
    place, or with a source's own place code, lies in none).
    """
    chosen = select(GroupMatterRow).order_by(
        GroupMatterRow.last_seen.desc(), GroupMatterRow.matter_id
    )
    if state is not None:
        chosen = chosen.where(GroupMatterRow.state == state)
    if after is not None:
        last_seen, matter_id = after
        same = and_(GroupMatterRow.last_seen == last_seen, GroupMatterRow.matter_id > matter_id)
        chosen = chosen.where(or_(GroupMatterRow.last_seen < last_seen, same))
    rows = session.scalars(chosen).all()
    inside = (row for row in rows if within is None or _lies_in(row.area, within))
    return [_matter(session, row) for row in islice(inside, most)]


def show_matter(session: Session, matter_id: str) -> GroupMatter:
    """Return one group matter; raises InputError if there is none of this number."""
    return _matter(session, _row(session, matter_id, lock=False))


def close_matter(
    session: Session, matter_id: str, *, by: str, why: str, now: datetime | None = None
) -> bool:
    """Close an open group matter; only registrations after ``now`` can open it again.

    Return False if just these words have closed it already. Raises InputError without
    ``by`` or ``why``, or if other words have.
    """
    who, why = signed(by, why, "关闭集中反映事项要写明经办人和理由")
    row = _row(session, matter_id, lock=True)
    if row.state != "open":
        last = _trail(session, matter_id)[-1]
        if (last.who, last.why) == (who, why):
            return False
        raise InputError("这个集中反映事项已经关闭，不必再关", field="matter_id")
    row.state, row.closed_at = "closed", now or datetime.now(SHANGHAI)
    session.add(
        GroupMatterTrailRow(matter_id=matter_id, at=row.closed_at, who=who, what="closed", why=why)
    )
    session.flush()
    return True


def _trail(session: Session, matter_id: str) -> list[Step]:
    steps = session.scalars(
        select(GroupMatterTrailRow)
        .where(GroupMatterTrailRow.matter_id == matter_id)
        .order_by(GroupMatterTrailRow.trail_id)
    )
    return [Step(step.at, step.who, step.what, step.why) for step in steps]


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
        trail=_trail(session, row.matter_id),
    )
