"""The desk: takes in cases and events, has them scored, and raises warnings.

Case, event, score, warning and trail of one request are one transaction: all of it is
kept, or nothing. Writers take turns (SQLite locks the file, PostgreSQL the case), so that two
events of one case see each other and a warning is never doubled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from structlog.typing import FilteringBoundLogger

from zaojie_cases import codes
from zaojie_cases.ledger_entries import is_open
from zaojie_cases.masking import Pseudonyms
from zaojie_cases.record import SHANGHAI, Case, CaseEvent
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.links import linked
from zaojie_cases.store.rows import event_values, events_of, read_records, select_record
from zaojie_cases.store.tables import CaseRow, EventRow
from zaojie_cases.store.tombstones import refuse_forgotten
from zaojie_models.score import Score
from zaojie_serving.alerts import Change
from zaojie_serving.answers import CaseAnswer, EventAnswer, ScoreAnswer
from zaojie_serving.casts import CaseCasts
from zaojie_serving.champion import Champion
from zaojie_serving.errors import ConflictError, NotFoundError
from zaojie_serving.findings import Finding
from zaojie_serving.intake import Taken, masked_payload, take_case, take_event
from zaojie_serving.ledger import Ledger
from zaojie_serving.logs import place_of
from zaojie_serving.metrics import Metrics
from zaojie_serving.requests import CaseInput, EventInput
from zaojie_serving.scorer import Duties
from zaojie_serving.shadow import Trial
from zaojie_serving.tables import ScoreRow
from zaojie_serving.warning_book import apply_event, apply_score, warnings_of

CLOSED_NOTE = "案件已办结，不再评分；如有反复请报 reopened 事件。"
SCORING_FAILED = "评分没有成功，案件已登记，按普通时限办理；请管理员查看日志。"
_BODY = TypeAdapter(Score)
_NOT_COMPARED = frozenset({"case_id", "schema_version", "crosswalk_version"})


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a request that may be a repetition."""

    answer: CaseAnswer
    is_new: bool
    trial: Trial | None = None
    """What a challenger may score too, once the answer is on its way."""


class Desk:
    """Takes in, scores and answers; one for each application, used by many threads."""

    def __init__(
        self,
        store: Store,
        champion: Champion,
        ledger: Ledger,
        duties: Duties,
        casts: CaseCasts,
        *,
        metrics: Metrics,
        logger: FilteringBoundLogger,
    ) -> None:
        self._store = store
        self._champion = champion
        self._ledger = ledger
        self._duties = duties
        self._casts = casts
        self._metrics = metrics
        self._logger = logger

    def register(self, record: CaseInput) -> Handled:
        """Register a case and score it; the same case sent again changes nothing.

        Raises RequestError for a record that breaks a rule, ConflictError when the number is
        known with other content, InputError when the registration was forgotten.
        """
        now = datetime.now(SHANGHAI)
        taken = take_case(record, now)
        try:
            return self._register(taken, now)
        except IntegrityError:  # the same case arrived twice at once; now it is known
            return self._register(taken, now)

    def _register(self, taken: Taken, now: datetime) -> Handled:
        with self._store.session() as session:
            known = _find_same(session, taken.case)
            if known is not None:
                _refuse_other_content(known, taken.case)
                return Handled(_answer(session, known, taken.notes), is_new=False)
            entry = Entry(taken.case)
            refuse_forgotten(session, entry)
            self._ledger.add(taken.case)
            merge(session, [entry])
            self._casts.begin(session, taken.case.case_id, taken.people)
            notes, trial = self._score(session, taken.case, (), now, taken.notes)
            return Handled(_answer(session, taken.case, notes), is_new=True, trial=trial)

    def add_event(self, case_id: str, record: EventInput, who: str) -> Handled:
        """Put an event on the time line and score the case again as of now.

        The same event sent again changes nothing. Raises NotFoundError for an unknown case.
        """
        arrived = datetime.now(SHANGHAI)
        sent = take_event(record, case_id, arrived, arrived, Pseudonyms())
        with self._store.session() as session:
            case = _case(session, case_id)
            known = list(events_of(session, [case_id]))
            if any(e.event_id == sent.event_id for e in known):
                return Handled(_answer(session, case, ()), is_new=False)
            # Only now is it our turn: whoever came before must be part of this score.
            now = max([datetime.now(SHANGHAI), *(e.recorded_at for e in [*known, sent])])
            with self._casts.people_of(session, case, known) as people:
                payload = masked_payload(record, people)
            event = sent.model_copy(update={"recorded_at": now, "payload": payload})
            session.add(EventRow(**event_values(event)))
            apply_event(session, event, known, who)
            notes, trial = self._score(session, case, [*known, event], now, ())
            return Handled(_answer(session, case, notes), is_new=True, trial=trial)

    def case(self, case_id: str) -> CaseAnswer:
        """Return a case in full; raise NotFoundError when there is none."""
        with self._store.reading() as session:
            return _answer(session, _case(session, case_id), ())

    def _score(
        self,
        session: Session,
        case: Case,
        events: Sequence[CaseEvent],
        now: datetime,
        notes: Sequence[str],
    ) -> tuple[tuple[str, ...], Trial | None]:
        """Score, keep the score, see to the warning; return the notes for the caller.

        And what a challenger may score too, where there is a score.
        """
        scorer = self._champion.current
        if scorer is None:
            return (*notes, self._champion.why_not()), None
        if not is_open(case.status, events):
            return (*notes, CLOSED_NOTE), None
        known = linked(session, [case.case_id]).get(case.case_id)
        try:
            snapshot = self._ledger.snapshot(case, events, now, known)
            (plain,) = scorer.score([snapshot])
        except Exception as error:  # a case must get in whatever is wrong with the model
            self._logger.error("scoring_failed", kind=type(error).__name__, place=place_of(error))
            return (*notes, SCORING_FAILED), None
        score = with_notes(plain, notes)
        score_id = uuid4().hex
        session.add(_row_of(score, score_id))
        session.flush()
        change = apply_score(session, case, score, score_id, self._duties, now)
        self._metrics.scores.labels(score.level).inc()
        if change in {Change.OPENED, Change.RAISED}:
            self._metrics.warnings.labels(score.level, change).inc()
        trial = None if score.unscored_reason else Trial(score_id, snapshot, score)
        return tuple(notes), trial


def with_notes(score: Score, notes: Sequence[str]) -> Score:
    """Return ``score`` with what is to be said of the quality of its input."""
    return replace(score, quality_notes=tuple(dict.fromkeys((*score.quality_notes, *notes))))


def _row_of(score: Score, score_id: str) -> ScoreRow:
    return ScoreRow(
        score_id=score_id,
        case_id=score.case_id,
        as_of=score.as_of,
        bundle_version=score.bundle_version,
        policy_version=score.policy_version,
        snapshot_hash=score.snapshot_hash,
        level=score.level.value,
        body=_BODY.dump_python(score, mode="json"),
    )


def _case(session: Session, case_id: str) -> Case:
    chosen = select_record(CaseRow, Case).where(CaseRow.case_id == case_id).with_for_update()
    case = next(read_records(session, chosen, Case), None)
    if case is None:
        raise NotFoundError("没有这个编号的案件，请核对编号，或先登记案件。")
    return case


def _find_same(session: Session, case: Case) -> Case | None:
    same = (
        CaseRow.source_system == case.source_system,
        CaseRow.source_case_no == case.source_case_no,
    )
    return next(read_records(session, select_record(CaseRow, Case).where(*same), Case), None)


def _refuse_other_content(known: Case, sent: Case) -> None:
    other = [
        name
        for name in Case.model_fields
        if name not in _NOT_COMPARED and getattr(known, name) != getattr(sent, name)
    ]
    if other:
        message = "与已登记的内容不同；登记内容不改写，新情况请作为事件补充。"
        findings = [
            Finding(field=name.removesuffix("_masked"), rule="unchanged", message=message)
            for name in other
        ]
        raise ConflictError("同一来源的这个编号已经登记过，内容不同。没有改动任何数据。", findings)


def _answer(session: Session, case: Case, notes: Sequence[str]) -> CaseAnswer:
    latest = (
        select(ScoreRow.body)
        .where(ScoreRow.case_id == case.case_id)
        .order_by(ScoreRow.as_of.desc())
    )
    body = session.scalar(latest.limit(1))
    category = case.category_code
    return CaseAnswer(
        **case.model_dump(include=set(CaseAnswer.model_fields)),
        category_name=codes.category_name(category) if category else None,
        events=[EventAnswer.model_validate(e) for e in events_of(session, [case.case_id])],
        score=ScoreAnswer.model_validate(body) if body else None,
        warnings=warnings_of(session, case.case_id),
        route=codes.route_of(category),
        notes=list(notes),
    )
