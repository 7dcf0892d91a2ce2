"""The worst misses: what was rated high and did not come about, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

from zaojie_cases.codes import category_name
from zaojie_cases.errors import CodeError
from zaojie_cases.masking import mask
from zaojie_cases.snapshot import Snapshot
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_models.linear import Floats
from zaojie_models.score import Reason
from zaojie_training.metrics.results import Result

Kind = Literal["false_alarm", "missed"]
EACH = 20
EXCERPT = 60
"""Characters of the masked narrative."""
REASONS = 3
Explain = Callable[[Snapshot], Sequence[Reason]]
"""The reasons of one target for a snapshot, those that moved it most first."""


class Miss(Result):
    """One case. ``excerpt`` is ``None`` where its masking does not hold."""

    kind: Kind
    case_id: str
    probability: float
    label: int
    category: str
    decided_at: str
    days_open: float | None
    reasons: tuple[str, ...]
    excerpt: str | None


def worst_misses(
    cases: Sequence[str],
    snapshot: Callable[[int], Snapshot],
    y: Floats,
    p: Floats,
    explain: Explain,
    *,
    each: int = EACH,
) -> list[Miss]:
    """Return the ``each`` highest ``p`` without the outcome, then the lowest ``p`` with it.

    ``cases``, ``y`` and ``p`` are (n,), one a decision, ``snapshot`` makes that of a row; a
    case stands once in each list, with its worst decision. Only these are explained.
    """
    return [
        _miss(kind, snapshot(row), float(p[row]), int(y[row]), explain)
        for kind, rows in _worst(cases, y, p, each)
        for row in rows
    ]


def _worst(
    cases: Sequence[str], y: Floats, p: Floats, each: int
) -> Iterator[tuple[Kind, list[int]]]:
    sides: tuple[tuple[Kind, int, Floats], ...] = (("false_alarm", 0, -p), ("missed", 1, p))
    for kind, label, rank in sides:
        seen: dict[str, int] = {}
        for row in np.argsort(rank, kind="stable").tolist():
            if len(seen) == each:
                break
            if y[row] == label:
                seen.setdefault(cases[row], row)
        yield kind, list(seen.values())


def _miss(kind: Kind, snapshot: Snapshot, p: float, y: int, explain: Explain) -> Miss:
    case = snapshot.case
    told = [reason for reason in explain(snapshot) if reason.kind in {"word", "fact"}]
    known = case.registered_at != UNKNOWN_MOMENT
    return Miss(
        kind=kind,
        case_id=case.case_id,
        probability=p,
        label=y,
        category=_category(case.category_code),
        decided_at=snapshot.as_of.isoformat(),
        days_open=(snapshot.as_of - case.registered_at).total_seconds() / 86_400 if known else None,
        reasons=tuple(f"{reason.text} {reason.contribution:+.2f}" for reason in told[:REASONS]),
        excerpt=_excerpt(case.narrative_masked),
    )


def _excerpt(narrative: str) -> str | None:
    """Return the beginning, unless masking finds more in the text: then it does not leave."""
    return None if mask(narrative).spans else narrative[:EXCERPT]


def _category(code: str | None) -> str:
    try:
        return category_name(code) if code else "未登记"
    except CodeError:
        return "其他"
