"""The registrations of a county: who arrives when, who comes back, how busy each office is."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, islice
from random import Random

from zaojie_cases.codes import is_scored
from zaojie_cases.record import SHANGHAI
from zaojie_cases.simulate.course import Course, draw_course
from zaojie_cases.simulate.draw import pick, pick_weighted, read_data, stream
from zaojie_cases.simulate.facts import Facts
from zaojie_cases.simulate.hazards import Rates, harm_kinds, rates_of
from zaojie_cases.simulate.mix import draw_again, draw_facts, load_mix
from zaojie_cases.simulate.narrative import draw_scene
from zaojie_cases.simulate.people import Person, draw_person
from zaojie_cases.simulate.places import TOWN_LEVEL_SHARE, Committee, Village, build_places
from zaojie_cases.simulate.presets import Preset
from zaojie_cases.simulate.timeline import COUNTER_HOURS, Steps, in_day, steps_of

WARM_UP_DAYS = 120
"""Days before the start that are lived but not written, so that it begins with work in hand."""
TWO_TRAITS = 0.3
"""Share of those who name a personal trait that name two."""
_traits = cache(lambda: tuple(read_data("traits.yaml")))


@dataclass(frozen=True, slots=True)
class Dispute:
    """What stays the same when a dispute is registered again."""

    village: Village
    grid_code: str
    committee: Committee
    applicant: Person
    respondent: Person
    scene: str
    traits: tuple[str, ...]
    """Kinds of personal trait that its narratives name."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the simulation knows of a scored registration and the record learns later."""

    rates: Rates
    course: Course
    steps: Steps
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


class Registrations:
    """Iterates once over exactly ``cases`` registrations of a county, in order of time.

    What carries risk and what does not (people, scenes, traits) come from separate random
    streams. Memory holds the open cases and those to come back, never the whole.
    """

    def __init__(self, cases: int, seed: int, preset: Preset) -> None:
        self._risk, self._skin = stream(seed, "risk"), stream(seed, "skin")
        self._cases = cases
        self._preset = preset
        daily = cases / preset.days
        self._places = build_places(
            stream(seed, "places"), daily, traits=preset.traits, confounding=preset.confounding
        )
        self._returns: list[_Return] = []
        self._closings: dict[date, list[Committee]] = defaultdict(list)

    def __iter__(self) -> Iterator[Registration]:
        start, days = self._preset.start, self._preset.days
        warm_up = round(self._cases * WARM_UP_DAYS / days)
        for _ in self._days(start - timedelta(days=WARM_UP_DAYS), WARM_UP_DAYS, warm_up):
            pass
        yield from islice(self._days(start, days, self._cases), self._cases)

    def _days(self, first: date, days: int, total: int) -> Iterator[Registration]:
        """Yield the registrations of ``days`` days, ``total`` in all, more in busy months."""
        calendar = [first + timedelta(days=n) for n in range(days)]
        made = 0
        for day, share in zip(calendar, accumulate(_shares(calendar)), strict=True):
            for committee in self._closings.pop(day, ()):
                committee.open_cases -= 1
            for registration in self._of_day(day, round(share * total) - made):
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
        facts = self._draw_facts(moment, last)
        dispute = last.dispute if last else self._new_dispute(facts)
        priors = (*last.priors, last.number) if last else ()
        voice = pick_weighted(self._risk, self._preset.period(moment).voices)
        fate = self._draw_fate(moment, dispute, facts) if is_scored(facts.category) else None
        found = Registration(number, moment, dispute, facts, voice, priors, fate)
        if fate is not None and fate.again is not None:
            heapq.heappush(self._returns, _Return(fate.again, number, found))
        return found

    def _draw_facts(self, moment: datetime, last: Registration | None) -> Facts:
        preset, rng = self._preset, self._risk
        period, mentions = preset.period(moment), preset.mentions
        if last is not None:
            days = (moment - last.moment).days
            return draw_again(rng, last.facts, days, period, mentions=mentions)
        new = preset.new_kinds if preset.is_late(moment) else 0.0
        return draw_facts(rng, moment.month, period, mentions=mentions, new=new)

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
            scene=draw_scene(self._skin, facts),
            traits=_draw_traits(self._skin, village.traits),
        )

    def _draw_fate(self, moment: datetime, dispute: Dispute, facts: Facts) -> Fate:
        level = dispute.village.hazard * self._preset.period(moment).level
        load, tension = dispute.committee.load, self._preset.tension
        rates = rates_of(facts, load, level=level, tension=tension)
        course = draw_course(self._risk, rates)
        harm = again = None
        if course.harm is not None:
            struck = in_day(moment, course.harm, 24 * self._risk.random())
            harm = (pick_weighted(self._risk, harm_kinds(facts)), struck)
        if course.again is not None:
            again = in_day(moment, course.again, self._risk.uniform(*COUNTER_HOURS))
        dispute.committee.open_cases += 1
        self._closings[moment.date() + timedelta(days=course.end + 1)].append(dispute.committee)
        return Fate(rates, course, steps_of(self._risk, moment, course), harm, again)


def _draw_traits(rng: Random, share: float) -> tuple[str, ...]:
    if rng.random() >= share:
        return ()
    return tuple(rng.sample(_traits(), 2 if rng.random() < TWO_TRAITS else 1))


def _moment(rng: Random, day: date) -> datetime:
    midnight = datetime.combine(day, time(), SHANGHAI)
    return midnight + timedelta(seconds=int(rng.uniform(*COUNTER_HOURS) * 3600))


def _shares(calendar: list[date]) -> list[float]:
    """Return each day's share of the registrations of ``calendar``."""
    mix = load_mix()
    volume = [
        mix.month_volume[day.month - 1] * (mix.weekend_volume if day.weekday() > 4 else 1.0)
        for day in calendar
    ]
    total = sum(volume)
    return [of_day / total for of_day in volume]
