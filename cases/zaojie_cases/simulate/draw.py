"""Draws from lists and weights, and the reader of this room's data files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeVar

import numpy as np
import yaml

T = TypeVar("T")


def read_data(name: str) -> dict[str, Any]:
    """Return the content of a YAML file of this room's ``data`` folder."""
    text = files("zaojie_cases.simulate").joinpath("data", name).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """Return one of ``options``, each equally likely."""
    return options[int(rng.random() * len(options))]


def pick_weighted(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """Return a key of ``weights`` in proportion to its weight (they need not sum to one)."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return list(weights)[-1]  # rounding left nothing


def days_until(rng: np.random.Generator, daily: float) -> int:
    """Return how many whole days pass before something of ``daily`` probability happens."""
    return int(np.log1p(-rng.random()) / np.log1p(-daily))
