"""The oracle: true probabilities of each target at each decision, given what is stated.

It walks the chain of ``hazards.py`` forward day by day for many decisions at once, from the
true stage that a dispute has reached. The hidden tension is averaged over what the past leaves
likely (Bayes). It never uses what was drawn for a time after the decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from zaojie_cases.simulate import hazards as hz
from zaojie_cases.simulate.timeline import COUNTER_HOURS, OFFICE_HOURS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAYS = np.arange(hz.DAYS)
_FADE = np.array([hz.harm_fade(int(day)) for day in _DAYS])
_HARM_STAGE, _AGAIN_STAGE = np.array(hz.HARM_STAGE), np.array(hz.AGAIN_STAGE)
_STEPS = ("contact", "session", "end", "breach")
_RATES = ("contact", "session", "finish", "breach", "harm", "fail", "again")
_HOURS = {"harm": (0.0, 24.0), "again": COUNTER_HOURS, "all": OFFICE_HOURS}
"""Clock hours in which harm, a return and a step of the office can be."""


@dataclass(frozen=True, slots=True)
class Track:
    """One dispute: its rates, and in days after registration when what came about (inf: never).

    ``hour`` is the clock hour of its registration. A ``visit`` counts from the day after it,
    also when the decision lies before it.
    """

    rates: hz.Rates
    hour: float = 9.0
    contact: float = inf
    session: float = inf
    end: float = inf
    breach: float = inf
    failed: bool = False
    harm: float = inf
    again: float = inf
    visit: int | None = None


def probabilities(rates: Sequence[hz.Rates], visit: int | None = None) -> dict[str, Floats]:
    """Return for each target the probability of every dispute at its registration."""
    tracks = [Track(one, visit=visit) for one in rates]
    return chances(tracks, np.arange(len(tracks)), np.zeros(len(tracks)))


def chances(tracks: Sequence[Track], whose: Ints, elapsed: Floats) -> dict[str, Floats]:
    """Return the probability of each target at each decision.

    Decision i is on ``tracks[whose[i]]``, ``elapsed[i]`` days after its registration. The
    probability is that of the target within its horizon after the decision (``overdue``: open
    ``HORIZONS`` days after registration); NaN where it has come about or no longer can.
    """
    chain = _Chain(_Past(tracks, whose, elapsed))
    last = max(hz.HORIZONS.values())
    found: dict[str, Floats] = {}
    for passed in range(last + 1):
        chain.note_overdue()
        for target in ("harm", "breakdown", "recurrence"):
            if hz.HORIZONS[target] == passed:
                found[target] = chain.finish(target)
        if passed < last:
            chain.step()
    found["overdue"] = chain.overdue
    return {target: found[target] for target in hz.HORIZONS}


def _column(things: Sequence[object], name: str) -> Floats:
    return np.array([getattr(thing, name) for thing in things], dtype=float)


def _share_left(hour: Floats, into: Floats, hours: tuple[float, float]) -> Floats:
    """Return the share of clock ``hours`` still to come in a day.

    The day began at clock hour ``hour`` and has lasted ``into`` of its 24 hours.
    """
    low, high = hours
    left = np.zeros_like(into)
    for turn in (0.0, 24.0):
        first = np.maximum(low - hour + turn, into)
        left += np.clip(np.minimum(high - hour + turn, 24.0) - first, 0.0, None)
    return left / (high - low)


def _stage(reached: Ints, failed: NDArray[np.bool_]) -> Ints:
    """Return the stage of a dispute that took so many steps."""
    stage = np.where(reached == len(_STEPS), hz.BREACHED, reached)
    return np.where((reached == hz.AGREED) & failed, hz.FAILED, stage)


class _Past:
    """What is known at each decision. Arrays are (decision, 1) or (decision, tension)."""

    def __init__(self, tracks: Sequence[Track], whose: Ints, elapsed: Floats) -> None:
        rates = [track.rates for track in tracks]
        effects = np.array([hz.tension_effects(one.tension) for one in rates])
        self._rates = {name: _column(rates, name)[:, None] for name in _RATES}
        self._rates["harm"] = self._rates["harm"] * effects[:, :, 0]
        self._rates["fail"] = self._rates["fail"] + effects[:, :, 1]
        self._rates["again"] = self._rates["again"] * effects[:, :, 2]
        self.rates = {name: of_case[whose] for name, of_case in self._rates.items()}
        visits = [inf if track.visit is None else track.visit for track in tracks]
        self._visit = np.array(visits, dtype=float)
        self._whose = whose
        self._elapsed = elapsed
        self._times = {name: _column(tracks, name) for name in (*_STEPS, "harm", "again")}
        self._place(tracks)
        self.weights = self._posterior()

    def _place(self, tracks: Sequence[Track]) -> None:
        """Say where in time and in which stage each decision lies."""
        hour = _column(tracks, "hour")[self._whose]
        self.day = np.floor(self._elapsed).astype(np.int64)
        into = 24.0 * (self._elapsed - self.day)
        self.left = {
            name: _share_left(hour, into, hours)[:, None] for name, hours in _HOURS.items()
        }
        failed = np.array([track.failed for track in tracks])[:, None]
        steps = np.stack([self._times[name] for name in _STEPS], axis=1)
        self._stages = _stage((steps[:, :, None] < _DAYS).sum(axis=1), failed)
        taken = (steps[self._whose] <= self._elapsed[:, None]).sum(axis=1)
        self.stage = _stage(taken, failed[self._whose, 0])
        self.stage_today = self._stages[self._whose, self._last_day(self._elapsed)]

    def came(self, name: str) -> NDArray[np.bool_]:
        """Tell whether ``name`` had come about at each decision."""
        return np.asarray(self._times[name][self._whose] <= self._elapsed)

    @staticmethod
    def _last_day(moment: Floats) -> Ints:
        return np.minimum(moment, hz.DAYS - 1).astype(np.int64)

    def eased(self, day: Ints) -> tuple[Floats, Floats]:
        """Return the factor on harm and the shift of failure on ``day`` of each decision."""
        return _eased(self._visit[self._whose], day)

    def _posterior(self) -> Floats:
        """Return the probability of each tension given what has and has not happened."""
        likely = np.log(np.array(hz.TENSION_SHARE)) + self._told_by_end()
        ease = _eased(self._visit[:, None], _DAYS)[0]
        likely += self._told_by("harm", _FADE * ease * _HARM_STAGE[self._stages])
        likely += self._told_by("again", (_DAYS > 0) * _AGAIN_STAGE[self._stages])
        weights = np.exp(likely - likely.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def _told_by_end(self) -> Floats:
        """Return the log-likelihood of how mediation ended, 0 where it has not."""
        ended = self.came("end")
        day = np.where(ended, self._times["end"][self._whose], 0.0).astype(np.int64)
        fails = _fails(self.rates["fail"], day, self.eased(day)[1])
        failed = (self.stage == hz.FAILED)[:, None]
        return np.where(ended[:, None], np.log(np.where(failed, fails, 1 - fails)), 0.0)

    def _told_by(self, name: str, factors: Floats) -> Floats:
        """Return the log-likelihood of when ``name`` came about, or that it has not yet.

        ``factors`` are those on its daily chance, (dispute, day).
        """
        daily = self._rates[name][:, None, :] * factors[:, :, None]
        before = np.cumsum(daily, axis=1) - daily
        came = self.came(name)
        until = np.where(came, self._times[name][self._whose], self._elapsed)
        at = (self._whose, self._last_day(until))
        hazard = daily[at]
        struck = np.log(np.where(came[:, None], hazard, 1.0))
        return np.asarray(struck - before[at] - hazard * (1 - self.left[name]))


class _Chain:
    """Stage probabilities from each decision on: arrays are (stage, decision, tension).

    ``all`` follows everybody, ``harm`` those without harm so far, ``again`` those not
    registered again.
    """

    def __init__(self, past: _Past) -> None:
        self._past = past
        self._passed = 0
        start = (np.arange(hz.STAGES)[:, None] == past.stage)[:, :, None] * past.weights
        self._mass = {name: start.copy() for name in ("all", "harm", "again")}
        self.overdue = np.full(past.day.shape, np.nan)
        self._stepped_today = (past.stage != past.stage_today)[:, None]

    def note_overdue(self) -> None:
        """Keep the probability to be open of those whose time limit ends now."""
        due = (self._day() == hz.HORIZONS["overdue"]) & ~self._past.came("end")
        if self._passed and due.any():
            still_open = self._mass["all"][hz.OPEN_STAGES, :, :].sum(axis=(0, 2))
            self.overdue[due] = still_open[due]

    def step(self) -> None:
        """Let the rest of the day pass: first harm and return strike, then the stage moves."""
        for name in self._mass.keys() - {"all"}:
            self._mass[name] *= 1 - self._strikes(name)
        moves = self._moves()
        for mass in self._mass.values():
            _move(mass, moves)
        self._passed += 1

    def finish(self, target: str) -> Floats:
        """Return the probability of ``target`` at this hour of this day, its last."""
        name = {"harm": "harm", "recurrence": "again", "breakdown": "all"}[target]
        mass = self._mass.pop(name)
        if name == "all":
            _move(mass, self._moves(until_now=True))
            chance = mass[[hz.FAILED, hz.BREACHED]].sum(axis=(0, 2))
            gone = np.isin(self._past.stage, (hz.FAILED, hz.BREACHED))
        else:
            mass *= 1 - self._strikes(name, until_now=True)
            chance, gone = 1 - mass.sum(axis=(0, 2)), self._past.came(name)
        return np.where(gone, np.nan, chance)

    def _day(self) -> Ints:
        return self._past.day + self._passed

    def _strikes(self, name: str, *, until_now: bool = False) -> Floats:
        """Return the chance of harm or return today in each stage: (stage, decision, tension).

        On the first day and, with ``until_now``, on the last only a part of the day counts.
        """
        past, day = self._past, self._day()
        live = day < hz.DAYS
        factor = live & (day > 0)
        by_stage = _AGAIN_STAGE[:, None, None]
        if name == "harm":
            factor = live * _FADE[np.minimum(day, hz.DAYS - 1)] * past.eased(day)[0]
            by_stage = _HARM_STAGE[:, None, None]
        if self._passed == 0:
            by_stage = by_stage[past.stage_today, 0][None]
        part = past.left[name] if self._passed == 0 else 1 - past.left[name] if until_now else 1.0
        return np.asarray(-np.expm1(-past.rates[name] * (factor[:, None] * part) * by_stage))

    def _moves(self, *, until_now: bool = False) -> dict[str, Floats]:
        """Return the chance of each step today."""
        past, day = self._past, self._day()
        left, moves = past.left["all"], {}
        for name in ("contact", "session", "finish", "breach"):
            daily = past.rates[name]
            if name == "breach":
                daily = daily * (day < hz.DAYS)[:, None]
            if self._passed == 0:
                daily = daily * left / (1 - daily * (1 - left))  # given that it was not so far
                daily = daily * ~self._stepped_today
            moves[name] = daily * (1 - left) if until_now else daily
        return moves | {"fails": _fails(past.rates["fail"], day, past.eased(day)[1])}


def _move(mass: Floats, moves: dict[str, Floats]) -> None:
    """Let disputes take their next step, at most one a day."""
    ended = mass[hz.HEARD] * moves["finish"]
    failed = ended * moves["fails"]
    for source, target, moved in (
        (hz.AGREED, hz.BREACHED, mass[hz.AGREED] * moves["breach"]),
        (hz.HEARD, hz.FAILED, failed),
        (hz.HEARD, hz.AGREED, ended - failed),
        (hz.CONTACTED, hz.HEARD, mass[hz.CONTACTED] * moves["session"]),
        (hz.WAITING, hz.CONTACTED, mass[hz.WAITING] * moves["contact"]),
    ):
        mass[source] -= moved
        mass[target] += moved


def _fails(log_odds: Floats, day: Ints, shift: Floats) -> Floats:
    """Return the chance that mediation which ends on ``day`` fails."""
    hardened = log_odds + (hz.FAIL_PER_DAY * np.minimum(day, hz.DAYS) + shift)[:, None]
    return np.asarray(1 / (1 + np.exp(-hardened)))


def _eased(visit: Floats, day: Ints) -> tuple[Floats, Floats]:
    """Return the factor on harm and the shift of failure on ``day`` (see ``hazards.py``)."""
    works = (visit < day) & (day <= visit + hz.VISIT_DAYS)
    return np.where(works, hz.VISIT_ON_HARM, 1.0), np.where(works, hz.VISIT_ON_FAILURE, 0.0)
