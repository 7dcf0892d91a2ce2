"""Draws from lists and weights, and the reader of this room's data files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from math import log1p
from random import Random
from typing import Any, TypeVar

import yaml

T = TypeVar("T")


def read_data(name: str) -> dict[str, Any]:
    """Return the content of a YAML file of this room's ``data`` folder."""
    text = files("zaojie_cases.simulate").joinpath("data", name).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def stream(*names: int | str) -> Random:
    """Return a random stream of its own for ``names``: the same names, the same draws."""
    return Random("/".join(map(str, names)))


def pick(rng: Random, options: Sequence[T]) -> T:
    """Return one of ``options``, each equally likely."""
    return options[int(rng.random() * len(options))]


def pick_weighted(rng: Random, weights: Mapping[T, float]) -> T:
    """Return a key of ``weights`` in proportion to its weight (they need not sum to one)."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return list(weights)[-1]  # rounding left nothing


def days_until(rng: Random, daily: float) -> int:
    """Return how many whole days pass before something of ``daily`` probability happens."""
    return int(log1p(-rng.random()) / log1p(-daily))


def count_of(rng: Random, mean: float) -> int:
    """Return a Poisson number of rare happenings."""
    count, passed = 0, rng.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + rng.expovariate(1.0)
    return count
