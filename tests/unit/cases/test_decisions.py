from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.decisions import MOST_WEEKS, QUIET, Cohort, Decision, decisions_of
from zaojie_cases.record import LAWFUL_ACTS, SHANGHAI, CaseEvent, EventKind

START = datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)
YEAR = START + timedelta(days=365)


def event(kind: EventKind, days: float, known_after: float = 0.0) -> CaseEvent:
    at = START + timedelta(days=days)
    return CaseEvent(
        event_id=f"{kind}{days}{known_after}",
        case_id="c",
        at=at,
        recorded_at=at + timedelta(days=known_after),
        kind=kind,
    )


def test_an_open_case_is_looked_at_weekly_and_on_events() -> None:
    found = decisions_of(
        START,
        [event(EventKind.CONTACTED, 2.5), event(EventKind.CLOSED, 16)],
        until=YEAR,
    )
    assert found == [
        Decision(Cohort.REGISTRATION, START),
        Decision(Cohort.EVENT, START + timedelta(days=2.5)),
        Decision(Cohort.WEEKLY, START + timedelta(days=7)),
        Decision(Cohort.WEEKLY, START + timedelta(days=14)),
    ]


def test_a_closing_typed_in_late_closes_when_it_is_known() -> None:
    found = decisions_of(START, [event(EventKind.CLOSED, 5, known_after=4)], until=YEAR)
    assert [d.as_of - START for d in found] == [timedelta(0), timedelta(days=7)]


def test_a_reopened_case_is_open_again() -> None:
    events = [
        event(EventKind.CLOSED, 5),
        event(EventKind.REOPENED, 20),
        event(EventKind.CLOSED, 22),
    ]
    weekly = decisions_of(START, events, until=YEAR, cohorts=[Cohort.WEEKLY])
    assert [d.as_of - START for d in weekly] == [timedelta(days=21)]


def test_a_case_that_stays_open_is_not_asked_about_for_ever() -> None:
    assert len(decisions_of(START, [], until=YEAR)) == MOST_WEEKS + 1


def test_nothing_is_decided_after_the_data_end() -> None:
    assert len(decisions_of(START, [], until=START + timedelta(days=8))) == 2


kinds = st.sampled_from(sorted(EventKind))
lines = st.lists(st.builds(event, kinds, st.floats(0, 90), st.floats(0, 9)), max_size=8)


@given(lines, st.floats(0, 120))
def test_what_becomes_known_later_moves_no_earlier_decision(
    events: list[CaseEvent], days: float
) -> None:
    moment = START + timedelta(days=days)
    known = [e for e in events if e.recorded_at <= moment]
    assert decisions_of(START, known, until=moment) == decisions_of(START, events, until=moment)


@given(lines, st.sampled_from(sorted(LAWFUL_ACTS)), st.floats(0, 90))
def test_a_lawful_act_is_no_occasion(events: list[CaseEvent], kind: EventKind, days: float) -> None:
    assert kind in QUIET
    with_act = [*events, event(kind, days)]
    assert decisions_of(START, with_act, until=YEAR) == decisions_of(START, events, until=YEAR)
