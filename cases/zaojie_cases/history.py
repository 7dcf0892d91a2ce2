"""What was known about a place and about earlier registrations of the same dispute at t.

A :class:`History` is an append-only ledger without identity: place, times, and a sketch of
the masked text. Every question carries a moment, and nothing recorded at or after that
moment is part of the answer, so that adding a later entry never changes an earlier answer.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from zaojie_cases.record import Case
from zaojie_cases.sketch import SKETCH_SIZE, Sketch, similarity, sketch_of

WINDOW_DAYS = 730
"""A ledger looks back so far and no further, so that a live store may forget the rest."""
HALF_LIFE_DAYS = 60.0
PRIOR_WINDOW = timedelta(days=365)
"""How far back an earlier registration of the same dispute is looked for."""
PRIOR_SIMILARITY = 0.3
"""Least similarity of masked text for two registrations in one area to be one matter."""
RECENT_CLOSINGS = 20
"""Closings of a place that describe how quickly it works at the moment."""
SLOW_DAYS = 30.0
"""A closing later than this is slow (the usual limit of people's mediation is a month)."""
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One registration; ``closed_at`` counts only from ``closed_known_at`` on.

    ``closing_tracked`` is false where the source does not tell closings: such an entry
    counts as registered, never as open.
    """

    case_id: str
    place: str
    registered_at: datetime
    closed_at: datetime | None = None
    closed_known_at: datetime | None = None
    sketch: Sketch = ()
    closing_tracked: bool = True


@dataclass(frozen=True, slots=True)
class PlaceState:
    """How busy and how quick a place was at one moment; counts of cases, times in days.

    ``open_old`` is open for longer than :data:`SLOW_DAYS`. ``slow_share`` is the share of
    slow handling among cases old enough to judge, newer ones weighing more, drawn towards
    nothing known (``nan``) when there are none.
    """

    registered_7d: int = 0
    registered_30d: int = 0
    open_cases: int = 0
    open_old: int = 0
    closings_known: int = 0
    median_days: float = math.nan
    last_days: float = math.nan
    slow_share: float = math.nan


@dataclass(frozen=True, slots=True)
class Prior:
    """An earlier registration of the same dispute."""

    case_id: str
    registered_at: datetime
    similarity: float


def places_of(place: str) -> tuple[str, str, str]:
    """Return the village, town and county of a 12-digit region (or longer grid) code.

    A source's own code has fewer steps: itself, itself without trailing digits (A7 -> A),
    and the whole source.
    """
    if place.isdigit():
        return place[:12], place[:9], place[:6]
    return place, place.rstrip("0123456789") or place, "*"


def matter_area(place: str) -> str:
    """Return the area in which near-equal texts can be one matter: the village, or A for A7."""
    return places_of(place)[0 if place.isdigit() else 1]


class _Ledger:
    """Registrations of one place or area in order of time, as microseconds."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, bool]] = []
        self._table: npt.NDArray[np.int64] | None = None

    def add(self, entry: HistoryEntry) -> None:
        closed = entry.closed_at is not None and entry.closed_known_at is not None
        self._rows.append(
            (
                _micros(entry.registered_at),
                _micros(entry.closed_at) if closed else _NEVER,
                _micros(entry.closed_known_at) if closed else _NEVER,
                entry.closing_tracked,
            )
        )
        self._table = None

    def _recent(self, moment: int) -> npt.NDArray[np.int64]:
        """Rows registered in the window before ``moment``."""
        if self._table is None:
            self._table = np.array(sorted(self._rows), dtype=np.int64).reshape(-1, 4)
        times = self._table[:, 0]
        low = int(np.searchsorted(times, moment - _days(WINDOW_DAYS), side="left"))
        return self._table[low : int(np.searchsorted(times, moment, side="left"))]

    def state_at(self, at: datetime) -> PlaceState:
        moment = _micros(at)
        rows = self._recent(moment)
        registered, known = rows[:, 0], rows[:, 2]
        tracked = rows[rows[:, 3] == 1]
        still_open = tracked[tracked[:, 2] >= moment]
        done = rows[known < moment]
        done = done[np.lexsort((done[:, 0], done[:, 2]))][-RECENT_CLOSINGS:]
        days = (done[:, 1] - done[:, 0]) / _days(1)
        return PlaceState(
            registered_7d=int(np.sum(registered >= moment - _days(7))),
            registered_30d=int(np.sum(registered >= moment - _days(30))),
            open_cases=len(still_open),
            open_old=int(np.sum(still_open[:, 0] < moment - _days(SLOW_DAYS))),
            closings_known=int(np.sum(known < moment)),
            median_days=float(np.median(days)) if len(days) else math.nan,
            last_days=float(np.median(days[-3:])) if len(days) else math.nan,
            slow_share=_slow_share(tracked, moment),
        )


def _slow_share(tracked: npt.NDArray[np.int64], moment: int) -> float:
    """Share of slow handling among cases registered over SLOW_DAYS ago, newer ones first."""
    old = tracked[tracked[:, 0] < moment - _days(SLOW_DAYS)]
    if not len(old):
        return math.nan
    handled_in_time = (old[:, 2] < moment) & (old[:, 1] - old[:, 0] <= _days(SLOW_DAYS))
    age = (moment - old[:, 0]) / _days(HALF_LIFE_DAYS)
    weight = np.exp2(-age)
    return float(np.sum(weight * ~handled_in_time) / np.sum(weight))


def _micros(moment: datetime | None) -> int:
    return _NEVER if moment is None else round(moment.timestamp() * 1_000_000)


def _days(days: float) -> int:
    return int(days * 86_400_000_000)


class History:
    """Ledger of registrations and closings, asked as of a moment."""

    def __init__(self, entries: Iterable[HistoryEntry] = ()) -> None:
        self._ledgers: dict[str, _Ledger] = defaultdict(_Ledger)
        self._entries: dict[str, HistoryEntry] = {}
        self._by_gram: dict[tuple[str, int], list[HistoryEntry]] = defaultdict(list)
        for entry in entries:
            self.add(entry)

    def add(self, entry: HistoryEntry) -> None:
        """Add one registration; a case that is already in the ledger is left alone."""
        if entry.case_id in self._entries:
            return
        self._entries[entry.case_id] = entry
        for key in dict.fromkeys(places_of(entry.place)):
            self._ledgers[key].add(entry)
        area = matter_area(entry.place)
        for gram in entry.sketch:
            self._by_gram[(area, gram)].append(entry)

    def states_at(self, place: str | None, moment: datetime) -> tuple[PlaceState, ...]:
        """Return the states of the three :func:`places_of` ``place`` before ``moment``."""
        if not place:
            return (PlaceState(),) * 3
        ledgers = (self._ledgers.get(key) for key in places_of(place))
        return tuple(one.state_at(moment) if one else PlaceState() for one in ledgers)

    def priors_of(self, case: Case, moment: datetime) -> tuple[Prior, ...]:
        """Return earlier registrations of the same dispute, oldest first.

        Named by the source, or near-equal masked text in the same area within a year.
        """
        since = moment - PRIOR_WINDOW
        named = [(self._entries[k], 1.0) for k in case.prior_case_ids if k in self._entries]
        found = {
            entry.case_id: Prior(entry.case_id, entry.registered_at, score)
            for entry, score in [*self.alike(case, PRIOR_SIMILARITY), *named]
            if since <= entry.registered_at < moment
        }
        return tuple(sorted(found.values(), key=lambda p: (p.registered_at, p.case_id)))

    def alike(self, case: Case, least: float) -> list[tuple[HistoryEntry, float]]:
        """Return entries of the same area, other than ``case``, with near-equal text.

        Only those that share enough sketch hashes are compared, never all pairs.
        """
        if case.place is None:
            return []
        area, sketch = matter_area(case.place), sketch_of(case.narrative_masked)
        shared = Counter(
            entry.case_id
            for gram in sketch
            for entry in self._by_gram.get((area, gram), ())
            if entry.case_id != case.case_id
        )
        # Two sketches of similarity s share at least about s * k hashes of the union's k.
        needed = least * min(len(sketch), SKETCH_SIZE) * 0.5
        pairs = (
            (self._entries[key], similarity(sketch, self._entries[key].sketch))
            for key, count in shared.items()
            if count >= needed
        )
        return [(entry, score) for entry, score in pairs if score >= least]
