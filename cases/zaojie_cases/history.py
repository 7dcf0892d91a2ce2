"""What was known about a place and about earlier registrations of the same dispute at t.

A :class:`History` is an append-only ledger without identity: place, times, a sketch of the
masked text, and what links a dispute (see :mod:`zaojie_cases.linking`). Every question
carries a moment, and nothing recorded after it is part of the answer, so that adding a
later entry never changes an earlier answer.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from zaojie_cases.linking.linker import Linker
from zaojie_cases.linking.matter import NOTHING_SAID, Decision, Matter, Seen, matter_of, seen_of
from zaojie_cases.linking.places import places_of as places_of  # noqa: PLC0414  (part of this module)
from zaojie_cases.record import Case, in_shanghai
from zaojie_cases.sketch import SKETCH_SIZE, Sketch, similarity, sketch_of

WINDOW_DAYS = 730
"""A ledger looks back so far and no further, so that a live store may forget the rest."""
HALF_LIFE_DAYS = 60.0
PRIOR_WINDOW = timedelta(days=365)
"""How far back an earlier registration of the same dispute is looked for."""
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
    matter: Matter = NOTHING_SAID
    decided: tuple[Decision, ...] = ()
    """What clerks said of this registration and another one."""


@dataclass(frozen=True, slots=True)
class PlaceState:
    """How busy and how quick a place was when a day began; counts of cases, times in days.

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
    """An earlier registration of the same dispute.

    ``similarity`` is that of the masked text, and 1 where the source or a clerk names it;
    ``probability`` is the linker's.
    """

    case_id: str
    registered_at: datetime
    similarity: float
    probability: float = 1.0


def matter_area(place: str) -> str:
    """Return the area in which near-equal texts can be one matter: the village, or A for A7."""
    return places_of(place)[0 if place.isdigit() else 1]


class _Ledger:
    """Registrations of one place or area in order of time, as microseconds."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, bool]] = []
        self._table: npt.NDArray[np.int64] | None = None
        self._states: dict[datetime, PlaceState] = {}

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
        self._states.clear()

    def _recent(self, moment: int) -> npt.NDArray[np.int64]:
        """Rows registered in the window before ``moment``."""
        if self._table is None:
            self._table = np.array(sorted(self._rows), dtype=np.int64).reshape(-1, 4)
        times = self._table[:, 0]
        # A day less than the ledger keeps: a day began up to a day ago.
        low = int(np.searchsorted(times, moment - _days(WINDOW_DAYS - 1), side="left"))
        return self._table[low : int(np.searchsorted(times, moment, side="left"))]

    def state_at(self, at: datetime) -> PlaceState:
        if at not in self._states:
            self._states[at] = self._state_at(_micros(at))
        return self._states[at]

    def _state_at(self, moment: int) -> PlaceState:
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
        self._linker = Linker()
        self._areas: _Areas | None = None
        for entry in entries:
            self.add(entry)

    def add(self, entry: HistoryEntry) -> None:
        """Add one registration; a case that is already in the ledger is left alone."""
        if entry.case_id not in self._linker:
            self._areas = None
            for key in dict.fromkeys(places_of(entry.place)):
                self._ledgers[key].add(entry)
        self._linker.add(seen_of(entry), entry.decided)

    def states_at(self, place: str | None, moment: datetime) -> tuple[PlaceState, ...]:
        """Return the states of the three :func:`places_of` ``place`` when the day began.

        The day of ``moment`` in Shanghai: a place is described once a day, so that many
        cases of a large county can be asked about.
        """
        if not place:
            return (PlaceState(),) * 3
        dawn = in_shanghai(moment).replace(hour=0, minute=0, second=0, microsecond=0)
        ledgers = (self._ledgers.get(key) for key in places_of(place))
        return tuple(one.state_at(dawn) if one else PlaceState() for one in ledgers)

    def priors_of(self, case: Case, moment: datetime) -> tuple[Prior, ...]:
        """Return earlier registrations of the same dispute, oldest first.

        Those of the last year that the linker takes for the same dispute. What links the
        parties is that of the case's own entry, while it is in the window that a live
        ledger keeps: a case bears no identity.
        """
        own = self._linker.get(case.case_id)
        is_kept = own is not None and own.registered_at >= moment - timedelta(days=WINDOW_DAYS)
        said = own.matter if own and is_kept else NOTHING_SAID
        matter = matter_of(case, said.keys, said.later_keys)
        sketch = array("I", sketch_of(case.narrative_masked))
        asked = Seen(case.case_id, case.place or "", case.registered_at, sketch, matter)
        least = self._linker.weights.threshold
        links = self._linker.links(asked, moment - PRIOR_WINDOW, moment, least)
        return tuple(
            Prior(
                link.other.case_id,
                link.other.registered_at,
                1.0 if link.is_told else link.similarity,
                link.probability,
            )
            for link in links
        )

    def alike(self, case: Case, least: float) -> list[tuple[Seen, float]]:
        """Return entries of the same area, other than ``case``, with near-equal text.

        Only those that share enough sketch hashes are compared, never all pairs.
        """
        if case.place is None:
            return []
        if self._areas is None:
            self._areas = _Areas(self._linker)
        sketch = sketch_of(case.narrative_masked)
        others = self._areas.sharing(matter_area(case.place), sketch, least)
        pairs = [(o, similarity(sketch, o.sketch)) for o in others if o.case_id != case.case_id]
        return [(other, score) for other, score in pairs if score >= least]


class _Areas:
    """Registrations by area and sketch hash: who shares many hashes with a text."""

    def __init__(self, known: Iterable[Seen]) -> None:
        self._known: list[Seen] = []
        self._by_gram: dict[tuple[str, int], list[int]] = defaultdict(list)
        for number, one in enumerate(known):
            self._known.append(one)
            area = matter_area(one.place)
            for gram in one.sketch:
                self._by_gram[(area, gram)].append(number)

    def sharing(self, area: str, sketch: Sketch, least: float) -> list[Seen]:
        """Return those whose similarity can be ``least`` or more.

        Two sketches of similarity s share at least about s * k hashes of the union's k.
        """
        found = Counter(n for gram in sketch for n in self._by_gram.get((area, gram), ()))
        needed = least * min(len(sketch), SKETCH_SIZE) * 0.5
        return [self._known[n] for n, count in found.items() if count >= needed]
