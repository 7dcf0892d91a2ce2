"""Which family is published: by regret over the sliding windows, never by one best number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from zaojie_training.config import Family, Figure, Selection


class WindowFigures(BaseModel):
    """The figure of each family on one sliding window."""

    model_config = ConfigDict(frozen=True)

    start: datetime
    stop: datetime | None
    rows: int
    positives: int
    figures: dict[Family, float]


class Choice(BaseModel):
    """The family chosen for a target, and why.

    ``regret``: mean over the windows of (best family's figure - own figure); without a
    window that could be judged, families are compared by log loss out of fold, as ``loss``.
    """

    model_config = ConfigDict(frozen=True)

    family: Family
    figure: Figure
    regret: dict[Family, float]
    loss: dict[Family, float]
    windows: list[WindowFigures]


def choose(
    windows: Sequence[WindowFigures], loss: Mapping[Family, float], rule: Selection
) -> Choice:
    """Return the simplest family within the tolerance of the least mean regret.

    ``loss``: families from simple to rich, with their log loss before the test window.
    """
    if windows:
        regret = {f: _mean_regret(windows, f) for f in loss}
        least = min(regret.values())
        family = next(f for f in loss if regret[f] <= least + rule.tolerance)
    else:
        regret, family = {}, min(loss, key=lambda f: loss[f])
    return Choice(
        family=family,
        figure=rule.figure,
        regret=regret,
        loss=dict(loss),
        windows=list(windows),
    )


def _mean_regret(windows: Sequence[WindowFigures], family: Family) -> float:
    gaps = [max(w.figures.values()) - w.figures[family] for w in windows]
    return sum(gaps) / len(gaps)
