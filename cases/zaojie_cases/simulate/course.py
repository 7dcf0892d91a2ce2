"""How one dispute went: the day of each step, drawn from its rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zaojie_cases.simulate import hazards as hz
from zaojie_cases.simulate.draw import days_until

_DAY = np.arange(hz.DAYS)
_HARM_FADE = np.array([hz.harm_fade(int(day)) for day in _DAY])
_NOT_FIRST_DAY = (_DAY > 0).astype(float)
_EFFECTS = hz.tension_effects()


@dataclass(frozen=True, slots=True)
class Course:
    """Days after registration, 0 = the first 24 hours; None = not within 90 days."""

    contact: int
    session: int
    end: int
    failed: bool
    no_show: bool
    breach: int | None
    harm: int | None
    again: int | None


def draw_course(rng: np.random.Generator, rates: hz.Rates) -> Course:
    """Return one course of a dispute; the oracle gives the chances of the same chain."""
    tension = int(np.searchsorted(np.cumsum(hz.TENSION_SHARE), rng.random(), side="right"))
    on_harm, on_failure, on_return = _EFFECTS[min(tension, len(_EFFECTS) - 1)]
    contact = days_until(rng, rates.contact)
    session = contact + 1 + days_until(rng, rates.session)
    end = session + 1 + days_until(rng, rates.finish)
    odds = np.exp(rates.fail + on_failure + hz.FAIL_PER_DAY * min(end, hz.DAYS))
    failed = bool(rng.random() < odds / (1 + odds))
    breach = end + 1 + days_until(rng, rates.breach)
    ends = (contact, session, end, hz.DAYS if failed else breach)
    stage = np.searchsorted(ends, _DAY, side="left")
    if failed:
        stage[stage == hz.AGREED] = hz.FAILED
    else:
        stage[stage == hz.FAILED] = hz.BREACHED
    harm = rates.harm * on_harm * _HARM_FADE * np.take(hz.HARM_STAGE, stage)
    again = rates.again * on_return * _NOT_FIRST_DAY * np.take(hz.AGAIN_STAGE, stage)
    return Course(
        contact=contact,
        session=session,
        end=end,
        failed=failed,
        no_show=bool(rng.random() < rates.no_show * on_return),
        breach=None if failed or breach >= hz.DAYS else breach,
        harm=_first(rng, harm),
        again=_first(rng, again),
    )


def _first(rng: np.random.Generator, daily: NDArray[np.float64]) -> int | None:
    """Return the first day on which something of the given daily chances happens."""
    hits = np.flatnonzero(rng.random(hz.DAYS) < daily)
    return int(hits[0]) if hits.size else None
