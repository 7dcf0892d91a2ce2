"""What the figures are computed over: scored rows with known labels, and what is too few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zaojie_models.linear import Floats
from zaojie_training.metrics.results import Labels


@dataclass(frozen=True, slots=True)
class Scored:
    """Decisions with their labels and one scorer's probabilities; all arrays (n,).

    ``y``: 0, 1, or NaN where the label is not yet known. ``groups``: the dispute of a row;
    rows of one dispute are one piece of evidence. ``picked``: the chance of a row to be
    visited (``capacity.picked_share``), cases of the whole set competing.
    """

    y: Floats
    p: Floats
    groups: Labels
    picked: Floats

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: np.ndarray) -> Scored:
        """Return the rows of an index or a mask."""
        return Scored(self.y[rows], self.p[rows], self.groups[rows], self.picked[rows])

    @property
    def positive_disputes(self) -> int:
        """The number of disputes with a positive row."""
        return len(np.unique(self.groups[self.y > 0]))


@dataclass(frozen=True, slots=True)
class Least:
    """Fewer rows, or fewer disputes with a positive row, are too few for figures."""

    rows: int = 100
    positives: int = 10

    def reached(self, scored: Scored) -> bool:
        """Tell whether there is enough to judge."""
        return len(scored) >= self.rows and scored.positive_disputes >= self.positives


ENOUGH = Least()
