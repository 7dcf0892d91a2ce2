"""Linear models over the text space: few lines to score, exact contributions for free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zaojie_features.text import TextRow

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearHead:
    """``k`` linear functions of a text row: weights (k, terms), bias (k,)."""

    weights: Floats
    bias: Floats

    def decisions(self, row: TextRow) -> Floats:
        """Return the k values for one row."""
        found: Floats = self.weights[:, row.columns] @ row.weights + self.bias
        return found

    def value(self, row: TextRow, k: int) -> float:
        """Return the value of function ``k`` for one row."""
        return float(self.weights[k, row.columns] @ row.weights + self.bias[k])

    def contributions(self, row: TextRow, k: int) -> Floats:
        """Return what each term of ``row`` adds to function ``k``."""
        found: Floats = self.weights[k, row.columns] * row.weights
        return found
