"""The life of a warning, as rules without a database: what a score or an event does to it.

A score opens a warning, raises it, renews it, or leaves it; it never lowers one. Statistics
may only move a case up, and a person has to decide before anything moves down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from zaojie_cases.ledger_entries import is_open
from zaojie_cases.record import CaseEvent, EventKind
from zaojie_models.score import Level, Reason, Score, TargetScore
from zaojie_serving.scorer import Duties, Span
from zaojie_serving.workdays import Deadline, after_hours, after_working_days

MOST_REASONS = 6
"""Words and facts shown with a warning, beside all rules that fired."""
FIRST_REASONS = 3
"""The strongest of them are shown whatever they weigh."""
LEAST_PULL = 0.1
"""Log-odds under which a further word or fact is not worth anybody's time."""


class State(StrEnum):
    """Where a warning stands."""

    ISSUED = "issued"
    SIGNED = "signed"
    CONTACTED = "contacted"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The Chinese name."""
        names = {"issued": "待签收", "signed": "已签收", "contacted": "已联系", "closed": "已销号"}
        return names[self]


class Change(StrEnum):
    """What a score does to the warning of its case."""

    OPENED = "opened"
    RAISED = "raised"
    RENEWED = "renewed"
    LEFT = "left"


_STEPS = {EventKind.SIGNED_FOR: State.SIGNED, EventKind.CONTACTED: State.CONTACTED}
_ORDER = tuple(State)


def change_of(standing: Level | None, score: Score) -> Change:
    """Return what ``score`` does to a warning at level ``standing`` (None: no warning)."""
    if score.level is Level.NONE:
        return Change.LEFT
    if standing is None:
        return Change.OPENED
    if score.level.rank > standing.rank:
        return Change.RAISED
    return Change.RENEWED if score.level is standing else Change.LEFT


def state_after(state: State, event: EventKind, earlier: Iterable[CaseEvent]) -> State:
    """Return where a warning stands after ``event``: only forward, closed only by a revisit."""
    if event is EventKind.REVISIT:
        settled = not is_open("open", earlier)
        return State.CLOSED if settled else state
    reached = _STEPS.get(event, state)
    return max(state, reached, key=_ORDER.index)


@dataclass(frozen=True, slots=True)
class Terms:
    """By when the steps are due; ``note`` says when a deadline is a guess."""

    sign_by: datetime | None
    contact_by: datetime | None
    plan_by: datetime | None
    review_by: datetime | None
    note: str | None


def terms_of(level: Level, duties: Duties, start: datetime) -> Terms:
    """Return the clocks of a warning issued or raised at ``start``."""
    clocks = duties.clocks[level]
    ends = [_end(span, start) for span in (clocks.sign, clocks.contact, clocks.plan, clocks.review)]
    sign, contact, plan, review = (end.at if end else None for end in ends)
    notes = dict.fromkeys(end.note for end in ends if end and end.note)
    return Terms(
        sign_by=sign,
        contact_by=contact,
        plan_by=plan,
        review_by=review,
        note="".join(notes) or None,
    )


def _end(span: Span | None, start: datetime) -> Deadline | None:
    if span is None:
        return None
    if span.working_days is not None:
        return after_working_days(start, span.working_days)
    return after_hours(start, span.hours or 0)


@dataclass(frozen=True, slots=True)
class WarningReason:
    """Why a warning was raised, in Chinese, with the places in the masked narrative."""

    kind: Literal["rule", "word", "fact"]
    text: str
    target: str | None
    """The target that it speaks of; None for a rule."""
    spans: tuple[tuple[int, int], ...]


def reasons_of(score: Score) -> list[WarningReason]:
    """Return the rules that fired, then what raised the deciding target most.

    Beside a rule that makes a case red, a target counts only when it is orange itself.
    """
    return [*_rules(score), *_strongest(score)]


def _rules(score: Score) -> Iterator[WarningReason]:
    for hit in score.rule_hits:
        yield WarningReason("rule", f"{hit.title}：{hit.help}", None, hit.spans)


def _strongest(score: Score) -> Iterator[WarningReason]:
    least = min(score.level.rank, Level.ORANGE.rank)
    warning = [target for target in score.targets if target.level.rank >= least]
    deciding = max(warning, key=_weight, default=None)
    if deciding is None:
        return
    strongest = sorted(filter(_raises, deciding.reasons), key=lambda r: -r.contribution)
    first, further = strongest[:FIRST_REASONS], strongest[FIRST_REASONS:MOST_REASONS]
    for reason in [*first, *(r for r in further if r.contribution >= LEAST_PULL)]:
        kind: Literal["word", "fact"] = "word" if reason.kind == "word" else "fact"
        yield WarningReason(kind, reason.text, deciding.target, reason.spans)


def _weight(target: TargetScore) -> tuple[int, float]:
    return target.level.rank, target.probability or 0.0


def _raises(reason: Reason) -> bool:
    return reason.kind in {"word", "fact"} and reason.contribution > 0
