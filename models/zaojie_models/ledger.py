"""The history of the training data inside a bundle, so that a file can be scored as of t.

It holds case hashes, places, times, text sketches and what a registration says of its
dispute; no narrative, no identity, and no link key of the parties.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from zaojie_cases.history import HistoryEntry
from zaojie_cases.linking import Matter
from zaojie_models.bundle_files import dump_json, load_json

LEDGER = "ledger.json"


def write_ledger(directory: Path, entries: Iterable[HistoryEntry]) -> None:
    """Write ``entries`` in order of time."""
    rows = [
        [
            entry.case_id,
            entry.place,
            entry.registered_at.isoformat(),
            entry.closed_at and entry.closed_at.isoformat(),
            entry.closed_known_at and entry.closed_known_at.isoformat(),
            list(entry.sketch),
            entry.closing_tracked,
            _said(entry.matter),
        ]
        for entry in sorted(entries, key=lambda e: (e.registered_at, e.case_id))
    ]
    dump_json(directory / LEDGER, rows)


def read_ledger(directory: Path) -> tuple[HistoryEntry, ...]:
    """Read what :func:`write_ledger` wrote."""
    return tuple(
        HistoryEntry(
            case_id=case_id,
            place=place,
            registered_at=datetime.fromisoformat(registered),
            closed_at=closed and datetime.fromisoformat(closed),
            closed_known_at=known and datetime.fromisoformat(known),
            sketch=tuple(sketch),
            closing_tracked=tracked,
            matter=_matter(*said),
        )
        for case_id, place, registered, closed, known, sketch, tracked, said in load_json(
            directory / LEDGER
        )
    )


def _said(matter: Matter) -> list[object]:
    day = matter.occurred_on and matter.occurred_on.isoformat()
    named = list(matter.named)
    said = (matter.category_code, matter.judicial_type, day)
    return [*said, matter.amount_yuan, matter.involved_count, named]


def _matter(
    category: str | None,
    judicial: str | None,
    day: str | None,
    amount: float | None,
    involved: int | None,
    named: list[str],
) -> Matter:
    occurred_on = date.fromisoformat(day) if day else None
    return Matter(category, judicial, occurred_on, amount, involved, tuple(named))
