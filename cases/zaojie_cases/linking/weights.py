"""Weights of the comparisons: log-odds that two registrations are one dispute.

Fellegi and Sunter's sum of weights (1969), fitted as a logistic regression on the simulated
county by ``benchmarks/fit_linking.py``; they stand in ``data/weights.yaml`` to be read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Part):
    """One outcome of a comparison: its weight in log-odds, and its Chinese wording."""

    weight: float
    says: str


class Weights(_Part):
    """Content of ``data/weights.yaml``."""

    version: str
    threshold: float
    """Least probability of a link that is acted on without a clerk's word."""
    start: Level
    """Where the sum begins: two registrations of one block of which nothing else is known."""
    comparisons: Mapping[str, Mapping[str, Level]]

    def total(self, levels: Mapping[str, str]) -> float:
        """Return the log-odds of a pair with these levels."""
        return math.fsum(reason.weight for reason in self.reasons(levels))

    def reasons(self, levels: Mapping[str, str]) -> tuple[Reason, ...]:
        """Return what makes up :meth:`total`: where it starts, then what weighs most first.

        A level without weight says nothing and is left out.
        """
        given = (self.comparisons[name][level] for name, level in levels.items())
        told = [Reason(level.says, level.weight) for level in given if level.weight]
        return (
            Reason(self.start.says, self.start.weight),
            *sorted(told, key=lambda reason: (-abs(reason.weight), reason.says)),
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One summand of the log-odds, in plain Chinese."""

    says: str
    weight: float


def probability_of(log_odds: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds))


@cache
def load_weights() -> Weights:
    """Return the weights that ship."""
    text = files("zaojie_cases.linking").joinpath("data", "weights.yaml").read_text("utf-8")
    return Weights.model_validate(yaml.safe_load(text))
