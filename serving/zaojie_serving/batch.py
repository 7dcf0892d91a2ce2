"""Scoring many records at once without keeping anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from zaojie_cases import codes
from zaojie_cases.record import SHANGHAI
from zaojie_cases.snapshot import Snapshot
from zaojie_models.score import Score
from zaojie_serving.answers import RowAnswer, ScoreAnswer, ScoresAnswer
from zaojie_serving.champion import Champion
from zaojie_serving.desk import with_notes
from zaojie_serving.errors import RequestError
from zaojie_serving.findings import Finding, findings_of
from zaojie_serving.intake import CLOCK_SKEW, take_case, take_known_event
from zaojie_serving.ledger import Ledger
from zaojie_serving.metrics import Metrics
from zaojie_serving.requests import ScoreInput


class _Ready(NamedTuple):
    """A record that can be scored."""

    place: int
    snapshot: Snapshot
    notes: tuple[str, ...]


def score_rows(
    rows: Sequence[Any], champion: Champion, ledger: Ledger, metrics: Metrics
) -> ScoresAnswer:
    """Return one result for each row, all by the same bundle.

    Raises NotReadyError when there is no bundle; a bad row becomes a refused result.
    """
    scorer = champion.require()
    now = datetime.now(SHANGHAI)
    ready: list[_Ready] = []
    results: dict[int, RowAnswer] = {}
    for index, row in enumerate(rows):
        try:
            ready.append(_prepare(index, row, ledger, now))
        except ValidationError as error:
            results[index] = _refused(index, findings_of(error.errors()))
        except RequestError as error:
            results[index] = _refused(index, error.findings)
    scores = scorer.score([one.snapshot for one in ready])
    for one, score in zip(ready, scores, strict=True):
        metrics.scores.labels(score.level).inc()
        results[one.place] = _result(one, with_notes(score, one.notes))
    return ScoresAnswer(results=[results[index] for index in range(len(rows))])


def _prepare(index: int, row: object, ledger: Ledger, now: datetime) -> _Ready:
    record = ScoreInput.model_validate(row)
    taken = take_case(record, now)
    case = taken.case
    events = [take_known_event(event, case.case_id, now, taken.people) for event in record.events]
    known = max([case.registered_at, *(e.recorded_at for e in events)])
    as_of = record.as_of or known
    if not case.registered_at <= as_of <= now + CLOCK_SKEW:
        message = "评分时刻应在登记时间与现在之间。"
        raise RequestError(message, [Finding(field="as_of", rule="in_range", message=message)])
    return _Ready(index, ledger.snapshot(case, events, as_of), taken.notes)


def _refused(index: int, findings: Sequence[Finding]) -> RowAnswer:
    return RowAnswer(index=index, status="refused", errors=list(findings))


def _result(one: _Ready, score: Score) -> RowAnswer:
    return RowAnswer(
        index=one.place,
        status="unscored" if score.unscored_reason else "scored",
        score=ScoreAnswer.model_validate(score),
        route=codes.route_of(one.snapshot.case.category_code),
    )
