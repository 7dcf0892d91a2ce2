"""What is counted about each row of an import. Nothing that a person could be known by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from zaojie_cases.importing import Row
from zaojie_cases.importing.faults import ABSENT, CUT, FUTURE, REPEATED
from zaojie_cases.mapping import REQUIRED_FIELDS, Mapping
from zaojie_cases.quality.tally import Tally, length_class
from zaojie_cases.record import SHANGHAI, Case, EventKind
from zaojie_cases.values import UNKNOWN_MOMENT

TOO_SHORT = 10
"""Characters below which a narrative tells too little."""
LONG_AGO = datetime(1990, 1, 1, tzinfo=SHANGHAI)
_PLACE_IN_LIST = re.compile(r"\.\d+$")


class Quality:
    """Counts the rows of one import that is read with ``mapping``."""

    def __init__(self, mapping: Mapping, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()
        required = {*REQUIRED_FIELDS, *(["registered_at"] if mapping.dated else [])}
        self._required = sorted(required)
        self._others = sorted(set(mapping.fields) - required)
        self._has_parties = bool(mapping.parties)

    def add(self, row: Row, *, repeats: bool) -> None:
        """Count ``row``; ``repeats``: its text nearly equals an earlier one."""
        count = self.tally.add
        count("rows")
        if row.skipped:
            count("skipped")
            return
        self._add_faults(row)
        if row.case is None:
            count("rejected")
            return
        count("cases")
        self._add_case(row, row.case)
        if repeats:
            count("repeated", "text")

    def _add_faults(self, row: Row) -> None:
        count = self.tally.add
        for fault in row.rejects:
            if fault.reason == ABSENT:
                count("absent", fault.field)
                continue
            count("fault", _PLACE_IN_LIST.sub(".*", fault.field), fault.reason)
        reasons = {fault.reason for fault in row.rejects}
        if REPEATED in reasons:
            count("repeated", "number")
        if FUTURE in reasons:
            count("date", "future")
        if any(reason.endswith(CUT) for reason in reasons):
            count("text", "cut")
        for field, code in row.unknown:
            count("unknown", field, code)
        if any(not fault.field for fault in row.rejects):
            count("broken")
            return
        used = (REPEATED, CUT)
        unusable = {f.field for f in row.rejects if not f.reason.endswith(used)}
        count("whole")
        for field in self._required:
            count("given", field, times=field not in unusable)

    def _add_case(self, row: Row, case: Case) -> None:
        count = self.tally.add
        unlisted = {field for field, _ in row.unknown}
        for field in self._others:
            known = is_filled(case, field)
            count("filled", field, times=known)
            if known and field in unlisted:  # the mapping put something else in its place
                count("unlisted", field)
        if self._has_parties:
            count("filled", "parties", times=bool(row.parties))
        length = len(case.narrative_masked)
        count("length", length_class(length))
        if length < TOO_SHORT:
            count("text", "short")
        for kind, number in row.masked.items():
            count("masked", kind, times=number)
        for problem in date_problems(row):
            count("date", problem)
        for event in row.events:
            count("event", event.kind.value)
        for outcome in row.outcomes:
            count("outcome", outcome.outcome_code)


def is_filled(case: Case, field: str) -> bool:
    """Tell whether the source has given ``field``."""
    return field in case.model_fields_set and getattr(case, field) != UNKNOWN_MOMENT


def date_problems(row: Row) -> list[str]:
    """Return what cannot be about the dates of a row, keys of ``DATES``, each once."""
    return sorted(set(_date_problems(row, row.case))) if row.case else []


def _date_problems(row: Row, case: Case) -> Iterator[str]:
    """Yield what cannot be about the dates of a row; days are compared, not hours."""
    moments = [case.registered_at, case.accepted_at, *(event.at for event in row.events)]
    days = [case.occurred_on, case.due_on]
    known = [m.date() for m in moments if m and m != UNKNOWN_MOMENT] + [d for d in days if d]
    if any(day < LONG_AGO.date() for day in known):
        yield "long_ago"
    if any(event.recorded_at < event.at for event in row.events):
        yield "recorded_before_event"
    if case.registered_at != UNKNOWN_MOMENT:
        yield from _before_registration(row, case, case.registered_at.date())


def _before_registration(row: Row, case: Case, registered: date) -> Iterator[str]:
    if case.occurred_on and case.occurred_on > registered:
        yield "occurred_after_registered"
    if case.accepted_at and case.accepted_at.date() < registered:
        yield "accepted_before_registered"
    if case.due_on and case.due_on < registered:
        yield "due_before_registered"
    for event in row.events:
        if event.at.date() < registered:
            closed = event.kind is EventKind.CLOSED
            yield "closed_before_registered" if closed else "event_before_registered"
    if any(outcome.observed_at.date() < registered for outcome in row.outcomes):
        yield "outcome_before_registered"
