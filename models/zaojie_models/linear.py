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
        ends = np.array([0, len(row.columns)])
        return float(self.values(row.columns, row.weights, ends, k)[0])

    def values(
        self, columns: npt.NDArray[np.integer], weights: Floats, ends: npt.NDArray[np.int64], k: int
    ) -> Floats:
        """Return function ``k`` of many rows laid end to end, each summed as if it were alone.

        Row i has ``[ends[i], ends[i + 1])``.
        """
        sums = np.zeros(len(ends) - 1)
        filled = np.diff(ends) > 0
        if filled.any():
            parts = self.weights[k, columns] * weights
            sums[filled] = np.add.reduceat(parts, ends[:-1][filled])
        return np.asarray(sums + self.bias[k])

    def contributions(self, row: TextRow, k: int) -> Floats:
        """Return what each term of ``row`` adds to function ``k``."""
        found: Floats = self.weights[k, row.columns] * row.weights
        return found
