"""Folds that keep groups whole, and windows in time with an embargo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    rarest = int(np.bincount(y).min())
    splitter = StratifiedGroupKFold(max(2, min(n, rarest)), shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(y)), y, g)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows to learn from and later rows to test on; nothing between them is used."""

    train: list[int]
    test: list[int]
    test_from: datetime


def last_window(
    moments: Sequence[datetime], rows: Sequence[int], *, share: float, embargo: timedelta
) -> Window:
    """Return the last ``share`` of ``rows`` (in order of time) as the test window.

    The embargo is as long as the horizon: no training label looks into the test window.
    """
    ordered = sorted(rows, key=lambda i: (moments[i], i))
    start = moments[ordered[int(len(ordered) * (1 - share))]]
    return Window(
        train=[i for i in ordered if moments[i] + embargo < start],
        test=[i for i in ordered if moments[i] >= start],
        test_from=start,
    )
