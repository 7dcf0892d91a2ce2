"""A case as it was known at time t, and the only way to make one.

Features are computed from a :class:`Snapshot` and from nothing else, for training, batch
and live scoring alike. Everything that became known after ``as_of`` is left out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from zaojie_cases.history import History, PlaceState, Prior
from zaojie_cases.record import LAWFUL_ACTS, Case, CaseEvent


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A case, its time line, its place and its earlier registrations as known at ``as_of``."""

    case: Case
    as_of: datetime
    events: tuple[CaseEvent, ...]
    places: tuple[PlaceState, ...]
    """Village, town, county (see ``history.places_of``)."""
    priors: tuple[Prior, ...]


def snapshot_at(
    case: Case, events: Iterable[CaseEvent], history: History, as_of: datetime
) -> Snapshot:
    """Return what was known of ``case`` at ``as_of``.

    Events recorded later are invisible, and so are lawful acts (petition, lawsuit,
    complaint, media contact), which must not move a score.
    """
    known = sorted(
        (e for e in events if e.recorded_at <= as_of and e.kind not in LAWFUL_ACTS),
        key=lambda e: (e.at, e.recorded_at, e.event_id),
    )
    return Snapshot(
        case=case,
        as_of=as_of,
        events=tuple(known),
        places=history.states_at(case.place, as_of),
        priors=history.priors_of(case, as_of),
    )
