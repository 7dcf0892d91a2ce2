"""What the figures come back as: frozen, and ready for JSON, which has no NaN."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from zaojie_models.linear import Floats

Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.generic]
"""One label a row, of any kind that can be sorted: a centre, a month, a case type."""


class Result(BaseModel):
    """Base of all results: immutable; ``None`` where a figure is not defined."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Estimate(Result):
    """A figure and its interval; ``None`` where it is not defined on these rows."""

    value: float | None
    low: float | None = None
    high: float | None = None


def number(value: float) -> float | None:
    """Return ``value``, or ``None`` if it is not finite."""
    return float(value) if math.isfinite(value) else None


def codes_of(labels: Labels) -> tuple[Labels, Ints]:
    """Return the distinct labels in order, and the number of its label for every row."""
    found, codes = np.unique(labels, return_inverse=True)
    return found, codes.reshape(-1)


def sums_by(codes: Ints, values: npt.ArrayLike, count: int) -> Floats:
    """Return the sum of ``values`` (n,) by code: (count,)."""
    weights = np.asarray(values, dtype=np.float64)
    return np.bincount(codes, weights=weights, minlength=count).astype(np.float64)
