"""From records to ledger entries: the one place that says when a case counts as closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zaojie_cases.history import HistoryEntry
from zaojie_cases.linking.matter import Decision, LaterKey, matter_of
from zaojie_cases.record import Case, CaseEvent, EventKind
from zaojie_cases.sketch import sketch_of


def first_closing(events: Iterable[CaseEvent]) -> CaseEvent | None:
    """Return the first ``closed`` event in order of knowing, or None."""
    closings = [event for event in events if event.kind is EventKind.CLOSED]
    return min(closings, key=lambda e: (e.recorded_at, e.at), default=None)


def is_open(status: str, events: Iterable[CaseEvent]) -> bool:
    """Tell whether a case still needs work: not settled by its source, nor closed since."""
    turns = [e for e in events if e.kind in {EventKind.CLOSED, EventKind.REOPENED}]
    if not turns:
        return status == "open"
    return max(turns, key=lambda e: (e.at, e.recorded_at)).kind is EventKind.REOPENED


@dataclass(frozen=True, slots=True)
class Linked:
    """What the store knows of a case for linking, beside the case itself."""

    keys: tuple[str, ...] = ()
    """Link keys made from the parties (see :mod:`zaojie_cases.linking.keys`)."""
    later_keys: tuple[LaterKey, ...] = ()
    decided: tuple[Decision, ...] = ()


def entry_of(
    case: Case,
    events: Iterable[CaseEvent],
    *,
    closing_tracked: bool,
    linked: Linked | None = None,
) -> HistoryEntry:
    """Return the ledger entry of a case; without a place its key is ``""``."""
    linked = linked or Linked()
    closing = first_closing(events)
    return HistoryEntry(
        case_id=case.case_id,
        place=case.place or "",
        registered_at=case.registered_at,
        closed_at=closing.at if closing else None,
        closed_known_at=closing.recorded_at if closing else None,
        sketch=sketch_of(case.narrative_masked),
        closing_tracked=closing_tracked,
        matter=matter_of(case, linked.keys, linked.later_keys),
        decided=linked.decided,
    )
