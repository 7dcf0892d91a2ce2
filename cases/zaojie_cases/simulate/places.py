"""Places of the simulated county: towns, villages, grids, and committees with a capacity."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True)
class Places:
    """All villages and how much of the county's disputes each has."""

    villages: tuple[Village, ...]
    weights: NDArray[np.float64] = field(repr=False)

    def draw(self, rng: np.random.Generator) -> Village:
        """Return the village of a new dispute."""
        return self.villages[int(np.searchsorted(self.weights, rng.random(), side="right"))]


def build_places(rng: np.random.Generator, cases: int) -> Places:
    """Return the places of a county with ``cases`` registrations a year."""
    towns = min(max(round(cases / CASES_PER_TOWN), 3), MOST_TOWNS)
    layout = [(town, int(rng.integers(6, 12))) for town in range(towns)]
    sizes = rng.lognormal(0.0, 0.5, sum(count for _, count in layout))
    shares = sizes / sizes.sum()
    usual_open = shares * cases / 365 * USUAL_OPEN_DAYS
    villages: list[Village] = []
    town_names: set[str] = set()
    for town, count in layout:
        first = len(villages)
        name = _new_name(rng, "town", town_names)
        villages += _build_town(rng, town, name, usual_open[first : first + count])
    bounds = np.cumsum(shares)
    bounds[-1] = 1.0
    return Places(tuple(villages), bounds)


def _build_town(
    rng: np.random.Generator, town: int, name: str, usual_open: NDArray[np.float64]
) -> list[Village]:
    urban = town % 6 == 0
    code = f"{COUNTY_CODE}{town // 6 + 1:03d}" if urban else f"{COUNTY_CODE}{100 + town}"
    name += "街道" if urban else "镇"
    names: set[str] = set()
    town_open = float(usual_open.sum()) * TOWN_LEVEL_SHARE
    own = Committee(f"{code}00001", "街道" if urban else "乡镇", _capacity(rng, town_open))
    built = []
    for order, usual in enumerate(usual_open):
        in_town = urban or order == 0
        region = f"{code}{order + 1:03d}" if in_town else f"{code}{200 + order}"
        kind = "community" if in_town else "village"
        suffix = "社区" if in_town else "村"
        built.append(
            Village(
                region_code=region,
                name=f"{name}{_new_name(rng, kind, names)}{suffix}",
                urban=in_town,
                grids=tuple(f"{region}{n + 1:03d}" for n in range(int(rng.integers(2, 5)))),
                committee=Committee(
                    f"{region}01",
                    "居" if in_town else "村",
                    _capacity(rng, float(usual) * (1 - TOWN_LEVEL_SHARE)),
                ),
                town_committee=own,
            )
        )
    return built


def _capacity(rng: np.random.Generator, usual_open: float) -> float:
    return max(usual_open, 0.5) * float(rng.lognormal(0.0, CAPACITY_SPREAD))


def _new_name(rng: np.random.Generator, kind: str, taken: set[str]) -> str:
    """Return a place name that no other place of the county has."""
    stock = name_stock()
    while True:
        second = "" if kind == "community" else pick(rng, stock[f"{kind}_second"])
        name = str(pick(rng, stock[f"{kind}_first"]) + second)
        if name not in taken:
            taken.add(name)
            return name
