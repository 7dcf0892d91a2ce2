"""A year of registrations: who arrives when, who comes back, how busy each office is."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from zaojie_cases.codes import is_scored
from zaojie_cases.record import SHANGHAI
from zaojie_cases.simulate.course import Course, draw_course
from zaojie_cases.simulate.draw import pick, pick_weighted
from zaojie_cases.simulate.facts import Facts
from zaojie_cases.simulate.hazards import Rates, harm_kinds, rates_of
from zaojie_cases.simulate.mix import draw_again, draw_facts, load_mix
from zaojie_cases.simulate.narrative import draw_scene
from zaojie_cases.simulate.people import Person, draw_person
from zaojie_cases.simulate.places import TOWN_LEVEL_SHARE, Committee, Village, build_places
from zaojie_cases.simulate.timeline import in_day

YEAR_DAYS = 365
WARM_UP_DAYS = 75
"""Days before the year that are lived but not written, so that it begins with work in hand."""
VOICES = {"grid": 0.32, "hotline": 0.25, "committee": 0.25, "police": 0.18}


@dataclass(frozen=True, slots=True)
class Dispute:
    """What stays the same when a dispute is registered again."""

    village: Village
    grid_code: str
    committee: Committee
    applicant: Person
    respondent: Person
    scene: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What the simulation knows of a scored registration and the record learns later."""

    rates: Rates
    course: Course
    harm: tuple[str, datetime] | None
    again: datetime | None


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration; ``fate`` is None for a matter that is routed and never scored."""

    number: str
    moment: datetime
    dispute: Dispute
    facts: Facts
    voice: str
    priors: tuple[str, ...]
    fate: Fate | None


@dataclass(order=True, frozen=True, slots=True)
class _Return:
    """A dispute that will be registered again at ``moment``."""

    moment: datetime
    number: str
    last: Registration = field(compare=False)


class Year:
    """Iterates once over exactly ``cases`` registrations of the year from ``start``, in order.

    What carries risk and what does not (people, scenes) come from separate random streams.
    Memory holds the open cases and those to come back, never the year.
    """

    def __init__(self, cases: int, seed: int, start: date) -> None:
        streams = np.random.SeedSequence(seed).spawn(3)
        self._risk, self._skin, places = (np.random.default_rng(s) for s in streams)
        self._cases = cases
        self._start = start
        self._places = build_places(places, cases)
        self._returns: list[_Return] = []
        self._closings: dict[date, list[Committee]] = defaultdict(list)

    def __iter__(self) -> Iterator[Registration]:
        warm_up = round(self._cases * WARM_UP_DAYS / YEAR_DAYS)
        before = self._start - timedelta(days=WARM_UP_DAYS)
        for _ in self._days(before, WARM_UP_DAYS, warm_up):
            pass
        yield from islice(self._days(self._start, YEAR_DAYS, self._cases), self._cases)

    def _days(self, first: date, days: int, total: int) -> Iterator[Registration]:
        """Yield the registrations of ``days`` days, ``total`` in all, more in busy months."""
        calendar = [first + timedelta(days=n) for n in range(days)]
        wanted_by = np.rint(np.cumsum(_shares(calendar)) * total)
        made = 0
        for day, wanted in zip(calendar, wanted_by, strict=True):
            for committee in self._closings.pop(day, ()):
                committee.open_cases -= 1
            for registration in self._of_day(day, int(wanted) - made):
                made += 1
                yield registration

    def _of_day(self, day: date, wanted: int) -> Iterator[Registration]:
        """Yield what comes back on ``day``, and new disputes so that there are ``wanted``."""
        arrivals: list[tuple[datetime, Registration | None]] = []
        while self._returns and self._returns[0].moment.date() == day:
            found = heapq.heappop(self._returns)
            arrivals.append((found.moment, found.last))
        fresh = wanted - len(arrivals)
        arrivals += [(_moment(self._risk, day), None) for _ in range(fresh)]
        arrivals.sort(key=lambda arrival: arrival[0])
        for order, (moment, last) in enumerate(arrivals, start=1):
            yield self._register(f"M{day:%Y%m%d}{order:05d}", moment, last)

    def _register(self, number: str, moment: datetime, last: Registration | None) -> Registration:
        if last is None:
            facts = draw_facts(self._risk, moment.month)
            dispute = self._new_dispute(facts)
            priors: tuple[str, ...] = ()
        else:
            facts = draw_again(self._risk, last.facts, (moment - last.moment).days)
            dispute = last.dispute
            priors = (*last.priors, last.number)
        voice = pick_weighted(self._risk, VOICES)
        fate = self._draw_fate(moment, dispute, facts) if is_scored(facts.category) else None
        found = Registration(number, moment, dispute, facts, voice, priors, fate)
        if fate is not None and fate.again is not None:
            heapq.heappush(self._returns, _Return(fate.again, number, found))
        return found

    def _new_dispute(self, facts: Facts) -> Dispute:
        village = self._places.draw(self._risk)
        at_town = self._risk.random() < TOWN_LEVEL_SHARE
        people = [draw_person(self._skin, village.name, urban=village.urban) for _ in range(2)]
        return Dispute(
            village=village,
            grid_code=pick(self._risk, village.grids),
            committee=village.town_committee if at_town else village.committee,
            applicant=people[0],
            respondent=people[1],
            scene=draw_scene(self._skin, facts.category),
        )

    def _draw_fate(self, moment: datetime, dispute: Dispute, facts: Facts) -> Fate:
        rates = rates_of(facts, dispute.committee.load)
        course = draw_course(self._risk, rates)
        harm = again = None
        if course.harm is not None:
            struck = in_day(moment, course.harm, 24 * self._risk.random())
            harm = (pick_weighted(self._risk, harm_kinds(facts)), struck)
        if course.again is not None:
            again = in_day(moment, course.again, _hour(self._risk))
        dispute.committee.open_cases += 1
        self._closings[moment.date() + timedelta(days=course.end + 1)].append(dispute.committee)
        return Fate(rates, course, harm, again)


def _hour(rng: np.random.Generator) -> float:
    """Return a clock time of registration, 7:30 to 21:30."""
    return 7.5 + 14.0 * rng.random()


def _moment(rng: np.random.Generator, day: date) -> datetime:
    midnight = datetime.combine(day, time(), SHANGHAI)
    return midnight + timedelta(seconds=int(_hour(rng) * 3600))


def _shares(calendar: list[date]) -> NDArray[np.float64]:
    """Return each day's share of the registrations of ``calendar``."""
    mix = load_mix()
    volume = [
        mix.month_volume[day.month - 1] * (mix.weekend_volume if day.weekday() > 4 else 1.0)
        for day in calendar
    ]
    return np.array(volume) / sum(volume)
