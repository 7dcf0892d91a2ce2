"""Folds that keep groups whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

Index = npt.NDArray[np.int64]


def folds(
    labels: Sequence[object], groups: Sequence[str], *, n: int, seed: int
) -> Iterator[tuple[Index, Index]]:
    """Yield (train, held-out) positions: stratified by label, groups whole, seeded."""
    _, y = np.unique(np.array([str(label) for label in labels]), return_inverse=True)
    _, g = np.unique(np.array(groups), return_inverse=True)
    counts = np.bincount(y)
    y = np.where(counts[y] < 2, counts.argmax(), y)  # one row cannot be spread over folds
    rarest = int(np.unique(y, return_counts=True)[1].min())
    splitter = StratifiedGroupKFold(max(2, min(n, rarest)), shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(y)), y, g)
