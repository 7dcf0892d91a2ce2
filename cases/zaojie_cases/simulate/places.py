"""Places of the simulated county: towns, villages, grids, and committees with a capacity."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, log
from random import Random

from zaojie_cases.simulate.draw import pick
from zaojie_cases.simulate.people import COUNTY_CODE, name_stock

CASES_PER_TOWN = 800
"""A smaller county has fewer towns, so that a committee sees about the same number of cases."""
MOST_TOWNS = 14
USUAL_OPEN_DAYS = 16.0
"""Days a case is open in an office that is neither idle nor swamped."""
CAPACITY_SPREAD = 0.45
"""Spread of capacity between offices, log scale: some are always behind."""
TOWN_LEVEL_SHARE = 0.2
"""Share of cases that the town's own committee takes."""
SLOWER, HOTTER, MORE_TRAITS = 0.4, 0.5, 2.0
"""Where places are confounded, how a town at the far end differs from the middle: log of its
capacity (less) and of its hazards, log-odds of naming a trait."""


@dataclass(slots=True)
class Committee:
    """A mediation committee; ``open_cases`` is its work in hand at the moment."""

    code: str
    kind: str
    capacity: float
    open_cases: int = 0

    @property
    def load(self) -> float:
        """Open cases over capacity, at most 3."""
        return min(self.open_cases / self.capacity, 3.0)


@dataclass(frozen=True, slots=True)
class Village:
    """A village or residents' committee with its grids."""

    region_code: str
    name: str
    urban: bool
    grids: tuple[str, ...]
    committee: Committee
    town_committee: Committee
    hazard: float
    """Factor on the hazards of its disputes."""
    traits: float
    """Share of its narratives that name a personal trait."""


@dataclass(frozen=True, slots=True)
class _Town:
    """What the villages of a town have in common; ``bias`` is -1 to 1, 0 without confounding."""

    order: int
    name: str
    bias: float
    traits: float


@dataclass(frozen=True, slots=True)
class Places:
    """All villages and how much of the county's disputes each has."""

    villages: tuple[Village, ...]
    bounds: tuple[float, ...] = field(repr=False)

    def draw(self, rng: Random) -> Village:
        """Return the village of a new dispute."""
        return self.villages[min(bisect_right(self.bounds, rng.random()), len(self.villages) - 1)]


def build_places(rng: Random, daily: float, *, traits: float, confounding: float) -> Places:
    """Return the places of a county with ``daily`` registrations a day.

    ``traits`` is the share of narratives that name a trait; with ``confounding``, towns differ
    in it, in load and in hazards, all three together.
    """
    towns = min(max(round(daily * 365 / CASES_PER_TOWN), 3), MOST_TOWNS)
    layout = [rng.randint(6, 11) for _ in range(towns)]
    sizes = [rng.lognormvariate(0.0, 0.5) for _ in range(sum(layout))]
    biases = [confounding * (2 * town / (towns - 1) - 1) for town in range(towns)]
    rng.shuffle(biases)
    usual_open = [size / sum(sizes) * daily * USUAL_OPEN_DAYS for size in sizes]
    villages: list[Village] = []
    names: set[str] = set()
    for order, (count, bias) in enumerate(zip(layout, biases, strict=True)):
        town = _Town(order, _new_name(rng, "town", names), bias, traits)
        first = len(villages)
        villages += _build_town(rng, town, usual_open[first : first + count])
    return Places(tuple(villages), tuple(accumulate(size / sum(sizes) for size in sizes)))


def _build_town(rng: Random, town: _Town, usual_open: Sequence[float]) -> list[Village]:
    urban = town.order % 6 == 0
    code = (
        f"{COUNTY_CODE}{town.order // 6 + 1:03d}" if urban else f"{COUNTY_CODE}{100 + town.order}"
    )
    name = town.name + ("街道" if urban else "镇")
    names: set[str] = set()
    own_open = sum(usual_open) * TOWN_LEVEL_SHARE
    kind = "街道" if urban else "乡镇"
    own = Committee(f"{code}00001", kind, _capacity(rng, own_open, town.bias))
    built = []
    for order, usual in enumerate(usual_open):
        in_town = urban or order == 0
        region = f"{code}{order + 1:03d}" if in_town else f"{code}{200 + order}"
        stock, suffix = ("community", "社区") if in_town else ("village", "村")
        capacity = _capacity(rng, usual * (1 - TOWN_LEVEL_SHARE), town.bias)
        built.append(
            Village(
                region_code=region,
                name=f"{name}{_new_name(rng, stock, names)}{suffix}",
                urban=in_town,
                grids=tuple(f"{region}{n + 1:03d}" for n in range(rng.randint(2, 4))),
                committee=Committee(f"{region}01", "居" if in_town else "村", capacity),
                town_committee=own,
                hazard=exp(HOTTER * town.bias),
                traits=_shifted(town.traits, MORE_TRAITS * town.bias),
            )
        )
    return built


def _capacity(rng: Random, usual_open: float, bias: float) -> float:
    spread = rng.lognormvariate(-SLOWER * bias, CAPACITY_SPREAD)
    return max(usual_open, 0.5) * spread


def _shifted(share: float, shift: float) -> float:
    """Return a share whose log-odds are shifted."""
    if not 0.0 < share < 1.0:
        return share
    return 1 / (1 + exp(-log(share / (1 - share)) - shift))


def _new_name(rng: Random, kind: str, taken: set[str]) -> str:
    """Return a place name that no other place of the county has."""
    stock = name_stock()
    while True:
        second = "" if kind == "community" else pick(rng, stock[f"{kind}_second"])
        name = str(pick(rng, stock[f"{kind}_first"]) + second)
        if name not in taken:
            taken.add(name)
            return name
