"""When a case is decided on: at registration, weekly while it is open, and on each event.

Training, batch scoring, the service and the simulated county's oracle ask here, so that a
model is learnt and judged at the very moments at which it will be asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from zaojie_cases.record import LAWFUL_ACTS, EventKind

WEEK = timedelta(days=7)
MOST_WEEKS = 13
"""A case that is open for longer is looked at on its events only."""
QUIET = LAWFUL_ACTS | {EventKind.REGISTERED, EventKind.CLOSED}
"""Events that ask for no decision; a lawful act must not even be the occasion of one."""


class Noted(Protocol):
    """What is read of an event: what it was, when, and since when it is known."""

    @property
    def kind(self) -> EventKind:
        """What happened."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def recorded_at(self) -> datetime:
        """When it became known."""


class Cohort(StrEnum):
    """Why a case is looked at."""

    REGISTRATION = "registration"
    WEEKLY = "weekly"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Decision:
    """One moment at which a case is looked at."""

    cohort: Cohort
    as_of: datetime


def decisions_of(
    registered_at: datetime,
    events: Sequence[Noted],
    *,
    until: datetime,
    cohorts: Collection[Cohort] = tuple(Cohort),
) -> list[Decision]:
    """Return the decisions on one case up to ``until``, in order, each moment once.

    An event counts from when it was recorded. Where a moment belongs to two cohorts, the
    one named first in :class:`Cohort` has it.
    """
    found = {registered_at: Cohort.REGISTRATION}
    for week in range(1, MOST_WEEKS + 1):
        moment = registered_at + week * WEEK
        if moment <= until and not _is_closed(events, moment):
            found[moment] = Cohort.WEEKLY
    for event in events:
        if event.kind not in QUIET and registered_at < event.recorded_at <= until:
            found.setdefault(event.recorded_at, Cohort.EVENT)
    return [Decision(why, at) for at, why in sorted(found.items()) if why in cohorts]


def _is_closed(events: Sequence[Noted], moment: datetime) -> bool:
    """Tell whether the last closing or reopening known at ``moment`` is a closing."""
    known = [
        event
        for event in events
        if event.recorded_at <= moment and event.kind in {EventKind.CLOSED, EventKind.REOPENED}
    ]
    return bool(known) and max(known, key=lambda e: (e.at, e.recorded_at)).kind is EventKind.CLOSED
