"""Hot spots over the store: what is new since the last run, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zaojie_cases.codes import is_scored
from zaojie_cases.errors import StoreError
from zaojie_cases.hotspots.detector import Decision, Detector, Registration
from zaojie_cases.hotspots.parameters import Parameters, parameters
from zaojie_cases.hotspots.tables import AssignmentRow, GroupMatterRow, GroupMatterTrailRow
from zaojie_cases.hotspots.words import typical_words
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store import Store
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.values import UNKNOWN_MOMENT

PAGE = 500
"""Registrations decided in one transaction; after a kill the next run goes on from there."""
_NOT_ALONE = "同时有另一次热点排查在运行，或案件刚被删除：请等它结束后再运行一次，不会重复计算"
MACHINE = "zaojie hotspots run"
_WORDS_FROM = 50
"""Newest registrations of a matter that its typical words are taken from."""
_Case = Row[str, datetime, str, str, str | None]
_CASE = (CaseRow.case_id, CaseRow.registered_at, CaseRow.place, CaseRow.narrative_masked)


@dataclass(frozen=True, slots=True)
class RunCount:
    """What one run did: registrations looked at, and what came of them."""

    seen: int = 0
    raised: int = 0
    reopened: int = 0
    updated: int = 0

    def __add__(self, other: RunCount) -> RunCount:
        return RunCount(
            self.seen + other.seen,
            self.raised + other.raised,
            self.reopened + other.reopened,
            self.updated + other.updated,
        )


def run(
    store: Store,
    *,
    rules: Parameters | None = None,
    now: datetime | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> RunCount:
    """Decide every registration that is not decided yet, in order of registration.

    ``progress`` is told the registrations done so far. Raises StoreError if two runs meet.
    """
    work = _Run(store, rules or parameters(), now or datetime.now(SHANGHAI))
    total = RunCount()
    try:
        while count := work.page():
            total += count
            progress(total.seen)
    except IntegrityError as error:
        raise StoreError(_NOT_ALONE) from error
    return total


class _Run:
    """One run: the detector, and how far it has come."""

    def __init__(self, store: Store, rules: Parameters, now: datetime) -> None:
        self._store, self._rules, self._now = store, rules, now
        self._last: tuple[datetime, str] | None = None
        with store.reading() as session:
            self._seq = _last_seq(session)
            self._detector = _restored(session, rules)

    def page(self) -> RunCount | None:
        """Decide the next page in one transaction; None when there is nothing left."""
        with self._store.session() as session:
            if _last_seq(session) != self._seq:
                raise StoreError(_NOT_ALONE)
            groups = {row.matter_id: row for row in session.scalars(select(GroupMatterRow))}
            for row in groups.values():
                self._detector.set_group(row.matter_id, row.closed_at)
            cases = session.execute(_undecided(self._last)).all()
            if not cases:
                return None
            decisions = [_decide(self._detector, case) for case in cases]
            self._write(session, groups, cases, decisions)
            self._seq = _last_seq(session)
        self._last = cases[-1].registered_at, cases[-1].case_id
        steps = Counter(decision.step for decision in decisions)
        return RunCount(len(decisions), steps["raised"], steps["reopened"], steps["updated"])

    def _write(
        self,
        session: Session,
        groups: dict[str, GroupMatterRow],
        cases: Sequence[_Case],
        decisions: Sequence[Decision],
    ) -> None:
        for decision, case in zip(decisions, cases, strict=True):
            session.add(
                AssignmentRow(
                    case_id=case.case_id,
                    matter_id=decision.matter_id,
                    area=decision.area,
                    registered_at=case.registered_at,
                )
            )
            if decision.step and decision.matter_id:
                _note(session, groups, decision, case.registered_at, self._rules, self._now)
        session.flush()
        for matter in sorted({d.matter_id for d in decisions if d.step and d.matter_id}):
            groups[matter].words = _words(session, matter, self._detector, groups[matter].area)


def _last_seq(session: Session) -> int:
    return session.scalar(select(func.max(AssignmentRow.seq))) or 0


def _restored(session: Session, rules: Parameters) -> Detector:
    """Fill a detector with what earlier runs decided within the window."""
    clock = session.scalar(select(func.max(AssignmentRow.registered_at)))
    detector = Detector(rules, clock)
    if clock is None:
        return detector
    within = and_(
        AssignmentRow.registered_at > clock - timedelta(days=rules.window_days),
        AssignmentRow.matter_id.is_not(None),
    )
    decided = (
        select(
            AssignmentRow.case_id,
            AssignmentRow.registered_at,
            CaseRow.place,
            CaseRow.narrative_masked,
            func.coalesce(AssignmentRow.matter_id, ""),
            AssignmentRow.area,
        )
        .join(CaseRow, CaseRow.case_id == AssignmentRow.case_id)
        .where(within)
        .order_by(AssignmentRow.seq)
        .execution_options(yield_per=PAGE)
    )
    for case_id, at, place, narrative, matter, area in session.execute(decided):
        detector.restore(Registration(case_id, at, place, narrative), matter, area)
    return detector


def _undecided(
    last: tuple[datetime, str] | None,
) -> Select[str, datetime, str, str, str | None]:
    """Select the next page; a case without a known time tells nothing about growth."""
    key = tuple_(CaseRow.registered_at, CaseRow.case_id)
    chosen = (
        select(*_CASE, CaseRow.category_code)
        .outerjoin(AssignmentRow, AssignmentRow.case_id == CaseRow.case_id)
        .where(AssignmentRow.case_id.is_(None), CaseRow.registered_at > UNKNOWN_MOMENT)
        .order_by(CaseRow.registered_at, CaseRow.case_id)
        .limit(PAGE)
    )
    return chosen if last is None else chosen.where(key > last)


def _decide(detector: Detector, case: _Case) -> Decision:
    """Decide one case; types that are routed and never scored are not read here either."""
    narrative = case.narrative_masked if is_scored(case.category_code) else ""
    return detector.add(Registration(case.case_id, case.registered_at, case.place, narrative))


def _note(
    session: Session,
    groups: dict[str, GroupMatterRow],
    decision: Decision,
    registered_at: datetime,
    rules: Parameters,
    now: datetime,
) -> None:
    """Write what ``decision`` did to its group matter."""
    matter, growth = decision.matter_id, decision.growth
    assert matter is not None  # a step has one
    if decision.step == "raised" and growth:
        groups[matter] = GroupMatterRow(
            matter_id=matter,
            area=decision.area,
            state="open",
            raised_at=decision.as_of,
            raised_count=growth.count,
            raised_expected=growth.expected,
            rules_version=rules.version,
            last_seen=registered_at,
            words=[],
        )
        session.add(groups[matter])
        session.flush()  # before its trail
    group = groups[matter]
    group.last_seen = max(group.last_seen, registered_at)
    if decision.step == "updated" or growth is None:
        return
    group.state, group.closed_at = "open", None
    why = (
        f"近 {rules.growth_days} 天登记 {growth.count} 件，首件之后又来 {growth.further} 件，"
        f"本地一个事项平常再来约 {growth.expected:.2f} 件"
    )
    step = str(decision.step)
    session.add(GroupMatterTrailRow(matter_id=matter, at=now, who=MACHINE, what=step, why=why))


def _words(session: Session, matter: str, detector: Detector, area: str) -> list[str]:
    newest = (
        select(CaseRow.narrative_masked)
        .join(AssignmentRow, AssignmentRow.case_id == CaseRow.case_id)
        .where(AssignmentRow.matter_id == matter)
        .order_by(AssignmentRow.registered_at.desc(), AssignmentRow.seq.desc())
        .limit(_WORDS_FROM)
    )
    return typical_words(session.scalars(newest).all(), detector.rarity(area))
