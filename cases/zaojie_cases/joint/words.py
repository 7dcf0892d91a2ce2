"""A clerk's word on two registrations, and the joint case that follows from it.

The one door for command line and service: a confirmed dispute of two counties is proposed
as a joint case by itself, since nobody else would see both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.joint.book import propose_joint
from zaojie_cases.joint.rules import centre_of_case
from zaojie_cases.joint.tables import JointMemberRow
from zaojie_cases.ledger_entries import is_open
from zaojie_cases.record import Case
from zaojie_cases.store.links import decide
from zaojie_cases.store.rows import events_of, read_records, select_record
from zaojie_cases.store.tables import CaseRow


@dataclass(frozen=True, slots=True)
class KeptWord:
    """What became of a word: whether it was new, and the joint case that both cases are in.

    ``is_proposed``: this word has proposed it.
    """

    is_new: bool
    joint_no: str | None
    is_proposed: bool = False


def keep_word(
    session: Session, one: str, other: str, *, same: bool, who: str, why: str, at: datetime
) -> KeptWord:
    """Keep a clerk's word on a pair, and propose the joint case that it calls for.

    A new word proposes one if it confirms a dispute of two counties that is open in both,
    and neither case is in a running joint case. The word does not agree for any centre:
    each of them is still to answer. Separating leaves a joint case as it is. Raises
    InputError for an unknown case or an empty word.
    """
    is_new = decide(session, one, other, same=same, who=who, why=why, at=at)
    running = running_joint(session, {one, other})
    if is_new and same and not running and _in_two_counties(session, (one, other)):
        number = propose_joint(session, [one, other], by=who, why=why, for_first=False, now=at)
        return KeptWord(is_new, number, is_proposed=True)
    number_of_one = running.get(one)
    return KeptWord(is_new, number_of_one if number_of_one == running.get(other) else None)


def running_joint(session: Session, case_ids: Collection[str]) -> dict[str, str]:
    """Return the number of the running joint case of each of the cases that is in one."""
    chosen = select(JointMemberRow.case_id, JointMemberRow.joint_no).where(
        JointMemberRow.case_id.in_(case_ids), JointMemberRow.ended_at.is_(None)
    )
    return dict(session.execute(chosen).all())


def _in_two_counties(session: Session, case_ids: Collection[str]) -> bool:
    """Tell whether the cases are open, each in a county of its own."""
    chosen = select_record(CaseRow, Case).where(CaseRow.case_id.in_(case_ids))
    cases = list(read_records(session, chosen, Case))
    events = list(events_of(session, case_ids))
    centres = {
        centre_of_case(case)
        for case in cases
        if is_open(case.status, (e for e in events if e.case_id == case.case_id))
    }
    return len(centres - {None}) == len(cases)
