"""What the shadow has shown: champion and challenger on the same cases, target by target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_models.score import Level, Score
from zaojie_serving.tables import ShadowRow

MOST_COMPARED = 50_000
"""The latest shadow scores that are compared."""
MOST_LISTED = 5
_Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def shadow_row(score_id: str, champion: Score, challenger: Score) -> ShadowRow:
    """Return the row that keeps both answers to one case."""
    theirs = {one.target: one for one in challenger.targets}
    return ShadowRow(
        score_id=score_id,
        challenger_version=challenger.bundle_version,
        case_id=champion.case_id,
        as_of=champion.as_of,
        champion_version=champion.bundle_version,
        champion_level=champion.level.value,
        challenger_level=challenger.level.value,
        targets={
            one.target: {
                "champion": [one.probability, one.level.value],
                "challenger": [other.probability, other.level.value],
            }
            for one in champion.targets
            if one.kind == "binary" and (other := theirs.get(one.target)) is not None
        },
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """One case and what both say of one target: probability and level of each."""

    case_id: str
    as_of: datetime
    champion: float
    challenger: float
    champion_level: str
    challenger_level: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion beside challenger on one target.

    ``agreement``: share of cases of equal level. ``spearman``: rank correlation, None where
    one gives all cases the same probability. ``overlap``: share that the ``capacity`` highest
    of both have in common, ties by case number; None while there are no more cases than that.
    ``difference``: mean absolute difference of the probabilities.
    """

    target: str
    cases: int
    agreement: float
    spearman: float | None
    capacity: int
    overlap: float | None
    difference: float
    largest: tuple[Pair, ...]


def compare(
    session: Session, champion: str, challenger: str, capacity_per_week: Mapping[Level, float]
) -> list[Comparison]:
    """Compare two bundles on the latest score of each case that both have scored."""
    rows = session.scalars(
        select(ShadowRow)
        .where(ShadowRow.champion_version == champion, ShadowRow.challenger_version == challenger)
        .order_by(ShadowRow.as_of.desc(), ShadowRow.score_id)
        .limit(MOST_COMPARED)
    )
    pairs: dict[str, dict[str, Pair]] = {}
    for row in rows:
        for target, said in row.targets.items():
            (ours, level), (theirs, other) = said["champion"], said["challenger"]
            pair = Pair(row.case_id, row.as_of, ours, theirs, level, other)
            pairs.setdefault(target, {}).setdefault(row.case_id, pair)
    weekly = capacity_per_week[Level.ORANGE] + capacity_per_week[Level.YELLOW]
    return [_compared(name, list(found.values()), weekly) for name, found in pairs.items()]


def _compared(target: str, pairs: Sequence[Pair], weekly: float) -> Comparison:
    pairs = sorted(pairs, key=lambda pair: pair.case_id)
    ours = np.array([pair.champion for pair in pairs])
    theirs = np.array([pair.challenger for pair in pairs])
    times = [pair.as_of for pair in pairs]
    weeks = max(1.0, (max(times) - min(times)).total_seconds() / 604_800)
    capacity, gaps = max(1, int(weekly * weeks)), np.abs(ours - theirs)
    return Comparison(
        target=target,
        cases=len(pairs),
        agreement=sum(p.champion_level == p.challenger_level for p in pairs) / len(pairs),
        spearman=spearman(ours, theirs),
        capacity=capacity,
        overlap=top_overlap(ours, theirs, capacity) if len(pairs) > capacity else None,
        difference=float(gaps.mean()),
        largest=tuple(pairs[i] for i in np.argsort(-gaps, kind="stable")[:MOST_LISTED]),
    )


def spearman(x: _Floats, y: _Floats) -> float | None:
    """Return Spearman's rank correlation, ties at their mean rank; None without any order."""
    ranks = [_ranks(x), _ranks(y)]
    if any(np.ptp(one) == 0 for one in ranks):
        return None
    first, second = (one - one.mean() for one in ranks)
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def top_overlap(x: _Floats, y: _Floats, k: int) -> float:
    """Return the share of the ``k`` highest of ``x`` that are among the ``k`` highest of ``y``."""
    tops = [set(np.argsort(-one, kind="stable")[:k].tolist()) for one in (x, y)]
    return len(tops[0] & tops[1]) / k


def _ranks(values: _Floats) -> _Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: _Floats = (ends - (counts - 1) / 2)[place]
    return means
