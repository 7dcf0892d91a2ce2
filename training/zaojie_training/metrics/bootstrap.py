"""Intervals by the cluster bootstrap: disputes are drawn again, with all their rows.

Rows of one dispute are no independent evidence, so whole groups are drawn with replacement
(Davison and Hinkley, 1997, 3.8; Field and Welsh, 2007) and the percentile interval is taken
(Efron and Tibshirani, 1993, 13). A draw is a column of weights, so nothing is sorted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from zaojie_models.linear import Floats
from zaojie_training.metrics.results import Estimate, Labels, codes_of, number
from zaojie_training.metrics.weighted import Figure

_CELLS = 4_000_000
"""Weights held at a time: 32 MB."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How often disputes are drawn again, from which seed, and how much an interval holds."""

    replicates: int = 1_000
    seed: int = 0
    level: float = 0.95


DEFAULT = Sampling()
QUICK = Sampling(replicates=300)
"""For the many parts of a set."""


def draws(groups: int, rows: int, sampling: Sampling) -> Iterator[Floats]:
    """Yield how often each group was drawn: (groups, r), as many columns as replicates in all.

    ``rows`` is the length of what the counts will be spread over; it bounds the memory.
    """
    rng = np.random.default_rng(sampling.seed)
    size = max(1, _CELLS // max(groups, rows, 1))
    for start in range(0, sampling.replicates, size):
        columns = min(size, sampling.replicates - start)
        drawn = rng.integers(0, groups, size=(columns, groups))
        cells = drawn + np.arange(columns)[:, None] * groups
        counts = np.bincount(cells.ravel(), minlength=columns * groups)
        yield counts.reshape(columns, groups).T.astype(np.float64, order="C")


def replicates_of(
    figures: Mapping[str, Figure], groups: Labels, sampling: Sampling
) -> dict[str, Floats]:
    """Return the value of each figure on each replicate: (replicates,), NaN where undefined."""
    names, codes = codes_of(groups)
    found: dict[str, list[Floats]] = {name: [] for name in figures}
    for counts in draws(len(names), len(codes), sampling):
        weights = counts[codes]
        for name, figure in figures.items():
            found[name].append(figure(weights))
    return {name: np.concatenate(values) for name, values in found.items()}


def intervals(
    figures: Mapping[str, Figure], groups: Labels, sampling: Sampling = DEFAULT
) -> dict[str, Estimate]:
    """Return each figure with its percentile interval.

    ``groups`` (n,) names the dispute of each row. All figures see the same replicates, so a
    ``weighted.difference`` or ``weighted.ratio`` of two scorers is paired.
    """
    once = np.ones((len(groups), 1))
    drawn = replicates_of(figures, groups, sampling)
    return {
        name: estimate(float(figure(once)[0]), drawn[name], sampling)
        for name, figure in figures.items()
    }


def estimate(value: float, drawn: Floats, sampling: Sampling) -> Estimate:
    """Return ``value`` with the middle of ``drawn``.

    There is no interval where the value, or more than half of the replicates, is undefined.
    """
    kept = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or 2 * len(kept) < len(drawn) or not len(kept):
        return Estimate(value=number(value))
    low, high = np.quantile(kept, [(1 - sampling.level) / 2, (1 + sampling.level) / 2])
    return Estimate(value=value, low=float(low), high=float(high))
