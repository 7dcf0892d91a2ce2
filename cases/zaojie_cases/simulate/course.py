"""How one dispute went: the day of each step, drawn from its rates."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import exp
from random import Random

from zaojie_cases.simulate import hazards as hz
from zaojie_cases.simulate.draw import days_until, pick_weighted

_TENSIONS = dict(enumerate(hz.TENSION_SHARE))


@dataclass(frozen=True, slots=True)
class Course:
    """Days after registration, 0 = the first 24 hours; None = not within ``hazards.DAYS``."""

    contact: int
    session: int
    end: int
    failed: bool
    no_show: bool
    breach: int | None
    harm: int | None
    again: int | None
    visit: int | None = None


def draw_course(rng: Random, rates: hz.Rates, visit: int | None = None) -> Course:
    """Return one course of a dispute; the oracle gives the chances of the same chain.

    From the day after a ``visit`` harm and failure are less likely for a time. Equal streams
    give courses that differ in what the visit changes and in nothing else.
    """
    effects = hz.tension_effects(rates.tension)
    on_harm, on_failure, on_return = effects[pick_weighted(rng, _TENSIONS)]
    contact = days_until(rng, rates.contact)
    session = contact + 1 + days_until(rng, rates.session)
    end = session + 1 + days_until(rng, rates.finish)
    hardened = rates.fail + on_failure + hz.FAIL_PER_DAY * min(end, hz.DAYS)
    odds = exp(hardened + hz.visit_effects(end, visit)[1])
    failed = rng.random() < odds / (1 + odds)
    last = hz.FAILED if failed else hz.AGREED
    breach = hz.DAYS if failed else end + 1 + days_until(rng, rates.breach)
    stretches = _stretches((contact, session, end, breach), last)
    return Course(
        contact=contact,
        session=session,
        end=end,
        failed=failed,
        no_show=rng.random() < rates.no_show,
        breach=breach if breach < hz.DAYS else None,
        harm=_first(rng, rates.harm * on_harm, hz.HARM_STAGE, _fading(visit), stretches),
        again=_first(rng, rates.again * on_return, hz.AGAIN_STAGE, _LATER, stretches),
        visit=visit,
    )


_LATER = tuple(float(max(day - 1, 0)) for day in range(hz.DAYS + 1))
"""Days before each day on which a dispute can come back: not the first."""


@cache
def _fading(visit: int | None) -> tuple[float, ...]:
    """Return the sum of the daily factors on harm before each day, apart from the stage."""
    daily = (hz.harm_fade(day) * hz.visit_effects(day, visit)[0] for day in range(hz.DAYS))
    return tuple(accumulate(daily, initial=0.0))


def _stretches(steps: tuple[int, ...], last: int) -> list[tuple[int, int, int]]:
    """Return stage, first day and day after the last; a step tells from the day after it."""
    bounds = [0, *(min(step + 1, hz.DAYS) for step in steps), hz.DAYS]
    stages = (hz.WAITING, hz.CONTACTED, hz.HEARD, last, hz.BREACHED)
    return list(zip(stages, bounds, bounds[1:], strict=False))


def _first(
    rng: Random,
    hazard: float,
    by_stage: Sequence[float],
    before: Sequence[float],
    stretches: list[tuple[int, int, int]],
) -> int | None:
    """Return the day on which something comes about; ``before`` sums its daily factors."""
    left = rng.expovariate(1.0)
    for stage, first, stop in stretches:
        daily = hazard * by_stage[stage]
        held = daily * (before[stop] - before[first])
        if left < held:
            return bisect_right(before, before[first] + left / daily) - 1
        left -= held
    return None
