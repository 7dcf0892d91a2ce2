"""The mix of disputes: which kinds, how heated, about how much, stated how. No hazards here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from pydantic import BaseModel, ConfigDict

from zaojie_cases.simulate.draw import pick_weighted, read_data
from zaojie_cases.simulate.facts import Facts, Scope

MAX_CUES = 7
"""Cues in one narrative; more would not fit into 600 characters."""
REPEAT_HEAT = 1.5
"""A dispute that comes back has become hotter."""
HEAT_SPREAD = 0.6
"""Spread of heat between disputes of one group, log scale."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(_Part):
    """A log-normal amount in yuan, and how often one is stated at all."""

    stated: float
    median: float = 1.0
    sigma: float = 1.0


class Group(_Part):
    """Disputes of one sort: how heated, between whom, about how much, when in the year."""

    heat: float
    relations: dict[str, float]
    amount: Money
    many: float = 0.04
    months: dict[int, float] = {}


class Kind(_Part):
    """One GB/T 31000 category: its group and its share of all disputes."""

    group: str
    share: float


class CueKind(_Part):
    """One kind of cue: how often affirmed, at which level, how often only spoken of."""

    rate: float
    levels: dict[str, float]
    hot: bool = False
    negated: float = 0.0
    hearsay: float = 0.0
    settled: float = 0.0


class Mix(_Part):
    """Content of ``data/mix.yaml``."""

    month_volume: tuple[float, ...]
    weekend_volume: float
    groups: dict[str, Group]
    categories: dict[str, Kind]
    cues: dict[str, CueKind]


@cache
def load_mix() -> Mix:
    """Return the mix of disputes of the county."""
    return Mix.model_validate(read_data("mix.yaml"))


@cache
def _category_weights(month: int) -> Mapping[str, float]:
    mix = load_mix()
    return {
        code: kind.share * mix.groups[kind.group].months.get(month, 1.0)
        for code, kind in mix.categories.items()
    }


def draw_facts(rng: np.random.Generator, month: int) -> Facts:
    """Return the facts of a dispute that is registered for the first time in ``month``."""
    mix = load_mix()
    category = pick_weighted(rng, _category_weights(month))
    group = mix.groups[mix.categories[category].group]
    amount = None
    if rng.random() < group.amount.stated:
        amount = _round(float(rng.lognormal(np.log(group.amount.median), group.amount.sigma)))
    involved = 2 + int(rng.geometric(0.62)) - 1
    if rng.random() < group.many:
        involved += int(rng.lognormal(2.2, 0.8))
    return Facts(
        category=category,
        group=mix.categories[category].group,
        relation=pick_weighted(rng, group.relations),
        cues=_draw_cues(rng, group.heat),
        amount_yuan=amount,
        involved=involved,
    )


def draw_again(rng: np.random.Generator, before: Facts, days: int) -> Facts:
    """Return the facts of the same dispute when it is registered again after ``days``."""
    heat = load_mix().groups[before.group].heat * REPEAT_HEAT
    return Facts(
        category=before.category,
        group=before.group,
        relation=before.relation,
        cues=_draw_cues(rng, heat),
        amount_yuan=before.amount_yuan,
        involved=before.involved + int(rng.random() < 0.3),
        prior_reports=before.prior_reports + 1,
        days_since_last=days,
    )


def _draw_cues(rng: np.random.Generator, heat: float) -> dict[str, Scope]:
    """Return cues and scopes; mere mentions are drawn whatever the heat.

    A group without heat (matters that are routed and never scored) has no cues.
    """
    if not heat:
        return {}
    heat *= float(np.exp(HEAT_SPREAD * rng.standard_normal() - HEAT_SPREAD**2 / 2))
    drawn: dict[str, Scope] = {}
    for name, kind in load_mix().cues.items():
        mentions = {
            Scope.AFFIRMED: min(0.6, kind.rate * heat) if kind.hot else kind.rate,
            Scope.NEGATED: kind.negated,
            Scope.HEARSAY: kind.hearsay,
            Scope.SETTLED: kind.settled,
        }
        left = rng.random()
        for scope, share in mentions.items():
            left -= share
            if left < 0:
                drawn[pick_weighted(rng, kind.levels) if scope is Scope.AFFIRMED else name] = scope
                break
    return dict(list(drawn.items())[:MAX_CUES])


def _round(amount: float) -> float:
    """Round money as people state it: two leading digits."""
    step = 10 ** max(len(str(int(amount))) - 2, 0)
    return float(max(round(amount / step) * step, 50))
