"""The oracle: true probabilities of each target, given what is stated at registration.

It walks the chain of ``hazards.py`` forward day by day for many disputes at once and averages
over the hidden tension. It never sees what was drawn for a dispute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zaojie_cases.simulate import hazards as hz

Floats = NDArray[np.float64]


def probabilities(rates: Sequence[hz.Rates]) -> dict[str, Floats]:
    """Return for each target the probability of every dispute, in the order of ``rates``."""
    chain = _Chain(rates)
    found: dict[str, Floats] = {}
    for day in range(1, hz.DAYS + 1):
        chain.step(day - 1)
        for target, horizon in hz.HORIZONS.items():
            if horizon == day:
                found[target] = chain.probability(target)
    return {target: found[target] for target in hz.HORIZONS}


class _Chain:
    """Stage probabilities of many disputes: arrays are (stage, measure, dispute, tension).

    Measure 0 follows everybody, 1 those without harm so far, 2 those not registered again.
    """

    def __init__(self, rates: Sequence[hz.Rates]) -> None:
        effects = np.array(hz.tension_effects())
        columns = {
            name: np.array([getattr(one, name) for one in rates])[:, None]
            for name in ("contact", "session", "finish", "breach", "harm", "fail", "again")
        }
        self._daily = columns
        self._harm = columns["harm"] * effects[:, 0]
        self._fail = columns["fail"] + effects[:, 1]
        self._again = columns["again"] * effects[:, 2]
        self._mass = np.zeros((hz.STAGES, 3, len(rates), len(hz.TENSION)))
        self._mass[hz.WAITING] = 1.0

    def step(self, day: int) -> None:
        """Let ``day`` pass: first harm and return strike, then the stage moves on."""
        mass, daily = self._mass, self._daily
        harm, again = self._harm * hz.harm_fade(day), self._again * (day > 0)
        for stage in range(hz.STAGES):
            mass[stage, 1] *= 1 - np.minimum(harm * hz.HARM_STAGE[stage], 1.0)
            mass[stage, 2] *= 1 - np.minimum(again * hz.AGAIN_STAGE[stage], 1.0)
        fails = 1 / (1 + np.exp(-(self._fail + hz.FAIL_PER_DAY * day)))
        ended = mass[hz.HEARD] * daily["finish"]
        failed = ended * fails
        moves = (
            (hz.AGREED, hz.BREACHED, mass[hz.AGREED] * daily["breach"]),
            (hz.HEARD, hz.FAILED, failed),
            (hz.HEARD, hz.AGREED, ended - failed),
            (hz.CONTACTED, hz.HEARD, mass[hz.CONTACTED] * daily["session"]),
            (hz.WAITING, hz.CONTACTED, mass[hz.WAITING] * daily["contact"]),
        )
        for source, target, moved in moves:
            mass[source] -= moved
            mass[target] += moved

    def probability(self, target: str) -> Floats:
        """Return the probability that ``target`` has come about by now."""
        mass = self._mass @ np.array(hz.TENSION_SHARE)
        if target == "harm":
            return np.asarray(1 - mass[:, 1].sum(axis=0))
        if target == "recurrence":
            return np.asarray(1 - mass[:, 2].sum(axis=0))
        stages = hz.OPEN_STAGES if target == "overdue" else (hz.FAILED, hz.BREACHED)
        return np.asarray(mass[stages, 0].sum(axis=0))
