"""Harm that was seen coming: which cases a centre would have gone to in time, and how early.

Rows are decisions on cases. Each week each centre takes up ``k`` of its cases: those with the
highest score that week that were not taken up before. A case taken up is being helped and is
not taken up again. The week's lowest score taken up is that week's threshold; a case is taken
up at the moment of its first decision that week that reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zaojie_models.linear import Floats
from zaojie_training.metrics.bootstrap import DEFAULT, Sampling, intervals
from zaojie_training.metrics.results import Estimate, Ints, Labels, Result, codes_of
from zaojie_training.metrics.weighted import mean_of, ratio

AHEAD_HOURS = 24.0
TieOrder = Literal["first_come", "worst", "best"]


class LeadTime(Result):
    """Recall of harm at least ``ahead_hours`` before it, at the stated load.

    ``harms``: cases with a harm after their first decision; ``catchable``: those of them with
    a decision that early. ``recall`` is ``caught / harms``; ties of score go to the case that
    came first, and to the worst and best order in ``recall_worst`` and ``recall_best``.
    Hours are from being taken up to the harm, over the caught: quartiles.
    """

    harms: int
    catchable: int
    caught: int
    visits: int
    centre_weeks: int
    recall: Estimate
    recall_worst: float | None
    recall_best: float | None
    lead_hours: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Load:
    """Decisions and what centres can take up; all arrays (n,).

    ``as_of``: seconds since 1970. ``week``: numbers that rise with time. ``k``: cases a
    centre takes up a week, one number or one a row.
    """

    case: Labels
    as_of: Floats
    centre: Labels
    week: Ints
    k: int | Ints


@dataclass(frozen=True, slots=True)
class Caught:
    """By harm (m,): whether it was seen coming; the same harms in the same order for any score."""

    caught: Floats
    lead_hours: Floats
    """NaN where the case was not taken up before the harm."""
    catchable: Floats
    visits: int
    centre_weeks: int


def caught_harm(
    load: Load,
    p: Floats,
    harm_at: Mapping[str, float],
    *,
    ahead_hours: float = AHEAD_HOURS,
    ties: TieOrder = "first_come",
) -> Caught:
    """Return what taking up the highest ``p`` (n,) each week would have caught.

    ``harm_at`` gives the moment of the first harm of a case in seconds since 1970; cases
    without harm are left out. Harm before a case's first decision does not count.
    """
    names, case = codes_of(load.case)
    harm = np.array([harm_at.get(str(name), np.nan) for name in names.tolist()])
    first = np.full(len(names), np.inf)
    np.minimum.at(first, case, load.as_of)
    _, centre = codes_of(load.centre)
    k = np.broadcast_to(np.asarray(load.k), case.shape)
    taken = np.full(len(names), np.inf)
    weeks = 0
    in_order = np.argsort(load.week, kind="stable")
    for whole in np.split(in_order, np.flatnonzero(np.diff(load.week[in_order])) + 1):
        weeks += len(np.unique(centre[whole]))
        rows = whole[np.isinf(taken[case[whole]])]
        one = _Week(case[rows], load.as_of[rows], p[rows], centre[rows], k[rows])
        one.take_up(taken, harm, ties)
    counted = np.flatnonzero(harm > first)
    lead = (harm - taken)[counted] / 3_600
    return Caught(
        caught=(lead >= ahead_hours).astype(np.float64),
        lead_hours=np.where(lead >= 0, lead, np.nan),
        catchable=((harm - first)[counted] / 3_600 >= ahead_hours).astype(np.float64),
        visits=int(np.isfinite(taken).sum()),
        centre_weeks=weeks,
    )


def lead_time(
    load: Load,
    p: Floats,
    harm_at: Mapping[str, float],
    *,
    ahead_hours: float = AHEAD_HOURS,
    sampling: Sampling = DEFAULT,
) -> LeadTime:
    """Return recall of harm in time and how early; arguments as in :func:`caught_harm`."""
    found, worst, best = (
        caught_harm(load, p, harm_at, ahead_hours=ahead_hours, ties=ties)
        for ties in ("first_come", "worst", "best")
    )
    m = len(found.caught)
    recall = Estimate(value=None)
    if m:
        figures = {"recall": mean_of(found.caught)}
        recall = intervals(figures, np.arange(m), sampling)["recall"]
    leads = found.lead_hours[found.caught > 0]
    return LeadTime(
        harms=m,
        catchable=int(found.catchable.sum()),
        caught=int(found.caught.sum()),
        visits=found.visits,
        centre_weeks=found.centre_weeks,
        recall=recall,
        recall_worst=float(worst.caught.mean()) if m else None,
        recall_best=float(best.caught.mean()) if m else None,
        lead_hours=_quartiles(leads) if len(leads) else None,
    )


def recall_ratio(ours: Caught, other: Caught, sampling: Sampling = DEFAULT) -> Estimate:
    """Return recall over the other's (the oracle's, say), harms drawn again in pairs."""
    m = len(ours.caught)
    if not m:
        return Estimate(value=None)
    both = ratio(mean_of(ours.caught), mean_of(other.caught))
    return intervals({"ratio": both}, np.arange(m), sampling)["ratio"]


@dataclass(frozen=True, slots=True)
class _Week:
    """The decisions of one week on cases not yet taken up."""

    case: Ints
    as_of: Floats
    p: Floats
    centre: Ints
    k: Ints

    def take_up(self, taken: Floats, harm: Floats, ties: TieOrder) -> None:
        """Write into ``taken`` (cases,) the moments at which cases are taken up this week."""
        rows = self._best_by_case()
        late = harm[self.case[rows]] - self.as_of[rows]
        favoured = np.where(late > 0, 1.0, 0.0)
        by_tie = {
            "first_come": self.as_of[rows],
            "worst": favoured,
            "best": -favoured,
        }[ties]
        rows = rows[np.lexsort((self.as_of[rows], by_tie, -self.p[rows], self.centre[rows]))]
        centre = self.centre[rows]
        place = np.arange(len(rows)) - np.searchsorted(centre, centre)
        rows = rows[place < self.k[rows]]
        threshold = np.full(len(taken), np.inf)
        lowest = np.full(int(self.centre.max(initial=0)) + 1, np.inf)
        np.minimum.at(lowest, self.centre[rows], self.p[rows])
        threshold[self.case[rows]] = lowest[self.centre[rows]]
        reached = self.p >= threshold[self.case]
        np.minimum.at(taken, self.case[reached], self.as_of[reached])

    def _best_by_case(self) -> Ints:
        """Return the row of each case's highest score, the earliest of equals."""
        order = np.lexsort((self.as_of, -self.p, self.case))
        cases = self.case[order]
        return order[np.flatnonzero(np.diff(cases, prepend=-1))]


def _quartiles(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)
