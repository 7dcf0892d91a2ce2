"""The mix of disputes: which kinds, how heated, about how much, stated how. No hazards here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import exp, log
from random import Random

from pydantic import BaseModel, ConfigDict

from zaojie_cases.simulate.draw import days_until, pick, pick_weighted, read_data
from zaojie_cases.simulate.facts import BESIDE, Facts, Mention, Scope
from zaojie_cases.simulate.presets import Period

MAX_CUES = 5
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
    spoken: dict[Scope, float]
    names: tuple[str, ...] = ()


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
def new_kinds() -> tuple[str, ...]:
    """Return the categories of the new kinds of dispute."""
    return tuple(read_data("scenes_late.yaml"))


@cache
def _category_weights(month: int) -> Mapping[str, float]:
    mix = load_mix()
    return {
        code: kind.share * mix.groups[kind.group].months.get(month, 1.0)
        for code, kind in mix.categories.items()
    }


def draw_facts(
    rng: Random, month: int, period: Period, *, mentions: float, new: float = 0.0
) -> Facts:
    """Return the facts of a dispute that is registered for the first time in ``month``.

    ``mentions`` is a factor on cues that are only spoken of, ``new`` the share of new kinds.
    """
    mix = load_mix()
    is_new = rng.random() < new
    category = pick(rng, new_kinds()) if is_new else pick_weighted(rng, _category_weights(month))
    group = mix.groups[mix.categories[category].group]
    amount = None
    if rng.random() < group.amount.stated:
        amount = _round(rng.lognormvariate(log(group.amount.median), group.amount.sigma))
    involved = 2 + days_until(rng, 0.62)
    if rng.random() < group.many:
        involved += int(rng.lognormvariate(2.2, 0.8))
    return Facts(
        category=category,
        group=mix.categories[category].group,
        relation=pick_weighted(rng, group.relations),
        cues=_draw_cues(rng, group.heat, period, mentions),
        amount_yuan=amount,
        involved=involved,
        new_kind=is_new,
    )


def draw_again(rng: Random, before: Facts, days: int, period: Period, *, mentions: float) -> Facts:
    """Return the facts of the same dispute when it is registered again after ``days``."""
    heat = load_mix().groups[before.group].heat * REPEAT_HEAT
    return Facts(
        category=before.category,
        group=before.group,
        relation=before.relation,
        cues=_draw_cues(rng, heat, period, mentions),
        amount_yuan=before.amount_yuan,
        involved=before.involved + int(rng.random() < 0.3),
        prior_reports=before.prior_reports + 1,
        days_since_last=days,
        new_kind=before.new_kind,
    )


def _draw_cues(rng: Random, heat: float, period: Period, mentions: float) -> tuple[Mention, ...]:
    """Return cues and scopes; mere mentions are drawn whatever the heat.

    A group without heat (matters that are routed and never scored) has no cues.
    """
    if not heat:
        return ()
    heat *= exp(HEAT_SPREAD * rng.gauss(0.0, 1.0) - HEAT_SPREAD**2 / 2)
    stated: list[Mention] = []
    spoken: list[Mention] = []
    for name, kind in load_mix().cues.items():
        rate = period.cues.get(name, 1.0) * (min(0.6, kind.rate * heat) if kind.hot else kind.rate)
        holds = rng.random() < rate
        if holds:
            stated.append(Mention(pick_weighted(rng, kind.levels), Scope.AFFIRMED))
        if rng.random() < _spoken(name) * mentions:
            scope = pick_weighted(rng, kind.spoken)
            if not holds or scope in BESIDE:
                spoken.append(Mention(pick(rng, kind.names or (name,)), scope))
    return tuple((stated + spoken)[:MAX_CUES])


@cache
def _spoken(kind: str) -> float:
    return sum(load_mix().cues[kind].spoken.values())


def _round(amount: float) -> float:
    """Round money as people state it: two leading digits."""
    step = 10 ** max(len(str(int(amount))) - 2, 0)
    return float(max(round(amount / step) * step, 50))
