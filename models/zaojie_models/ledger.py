"""The history of the training data inside a bundle, so that a file can be scored as of t.

It holds case hashes, places, times and text sketches; no narrative and no identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from zaojie_cases.history import HistoryEntry
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
        )
        for case_id, place, registered, closed, known, sketch, tracked in load_json(
            directory / LEDGER
        )
    )
