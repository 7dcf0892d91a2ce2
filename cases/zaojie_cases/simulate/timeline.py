"""From a course to what an office records: events, and outcomes with the time observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from zaojie_cases.record import LAWFUL_ACTS, EventKind
from zaojie_cases.simulate import hazards as hz
from zaojie_cases.simulate.course import Course
from zaojie_cases.simulate.draw import count_of, pick

MEDIATION_FAILED = "M1"
"""Outcome code: mediation ended without an agreement."""
LATE_SHARE = 0.3
"""Share of events that are typed in days later."""
ORAL_SHARE = 0.45
OFFICE_HOURS = (8.5, 17.5)
"""Clock hours in which an office acts."""
COUNTER_HOURS = (7.5, 21.5)
"""Clock hours in which disputes are registered."""
_LAWFUL = sorted(LAWFUL_ACTS)


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the time line: when it was, when it was known, what, by whom."""

    at: datetime
    recorded_at: datetime
    kind: EventKind
    actor_role: str


def in_day(start: datetime, day: int, hour: float) -> datetime:
    """Return the moment of clock time ``hour`` in the 24 hours that begin ``day`` days later.

    So a thing of day d lies in [start + d days, start + d + 1 days), as the oracle counts.
    """
    first = start + timedelta(days=day)
    moment = first.replace(hour=0, minute=0, second=0) + timedelta(seconds=int(hour * 3600))
    return moment if moment >= first else moment + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Steps:
    """The moments of a course: first contact, session, end, and breach if there is one."""

    contact: datetime
    session: datetime
    end: datetime
    breach: datetime | None


def steps_of(rng: Random, start: datetime, course: Course) -> Steps:
    """Return the moments of ``course`` for a dispute registered at ``start``."""

    def at(day: int) -> datetime:
        return in_day(start, day, rng.uniform(*OFFICE_HOURS))

    breach = None if course.breach is None else at(course.breach)
    return Steps(at(course.contact), at(course.session), at(course.end), breach)


def events_of(
    rng: Random, start: datetime, course: Course, steps: Steps, reporter: str
) -> list[Happening]:
    """Return the time line of a dispute registered at ``start`` by ``reporter``, in order."""
    waited = steps.contact - start
    told = [
        (start + waited * (0.6 * rng.random()), EventKind.ASSIGNED, "dispatcher"),
        (steps.contact, EventKind.CONTACTED, "mediator"),
        (steps.session, EventKind.SESSION, "mediator"),
        (steps.end, _end_kind(rng, course), "mediator"),
        (steps.end + timedelta(minutes=20), EventKind.CLOSED, "mediator"),
        *lawful_acts(rng, start),
    ]
    if course.no_show:
        gap = steps.session - steps.contact
        told.append((steps.contact + gap * (0.2 + 0.6 * rng.random()), EventKind.NO_SHOW, "party"))
    if steps.breach is not None:
        told.append((steps.breach, EventKind.BREACHED, "party"))
    line = [_recorded(rng, *entry) for entry in told]
    line.append(Happening(start, start, EventKind.REGISTERED, reporter))
    return sorted(line, key=lambda h: (h.at, h.kind is not EventKind.REGISTERED, h.kind))


def _end_kind(rng: Random, course: Course) -> EventKind:
    if course.failed:
        return EventKind.TRANSFERRED
    oral = rng.random() < ORAL_SHARE
    return EventKind.AGREEMENT_ORAL if oral else EventKind.AGREEMENT_WRITTEN


def lawful_acts(rng: Random, start: datetime) -> list[tuple[datetime, EventKind, str]]:
    """Return petitions, lawsuits, complaints and calls to the press: blind to any risk."""
    return [
        (start + timedelta(days=rng.random() * hz.DAYS), pick(rng, _LAWFUL), "party")
        for _ in range(count_of(rng, hz.LAWFUL_ACT_DAILY * hz.DAYS))
    ]


def outcomes_of(
    start: datetime,
    course: Course,
    steps: Steps,
    harm: tuple[str, datetime] | None,
    again: datetime | None,
) -> list[tuple[str, datetime]]:
    """Return outcome codes and when each was observed, in order of time."""
    found = [] if harm is None else [harm]
    if course.failed:
        found.append((MEDIATION_FAILED, steps.end))
    if steps.breach is not None:
        found.append(("R2", steps.breach))
    if again is not None:
        found.append(("R1", again))
    if course.end >= hz.HORIZONS["overdue"]:
        found.append(("L1", start + timedelta(days=hz.HORIZONS["overdue"])))
    return sorted(found, key=lambda outcome: outcome[1])


def _recorded(rng: Random, at: datetime, kind: EventKind, actor_role: str) -> Happening:
    """Return the event with the time it became known: mostly the same day, some days late."""
    hours = 30 * rng.expovariate(1.0) if rng.random() < LATE_SHARE else 3 * rng.random()
    at = at.replace(microsecond=0)
    return Happening(at, at + timedelta(seconds=int(hours * 3600)), kind, actor_role)
