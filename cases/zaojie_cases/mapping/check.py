"""What a mapping would read from the first rows of a file, without storing anything."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from zaojie_cases.importing import read_records
from zaojie_cases.importing.row import Row
from zaojie_cases.mapping.model import NARRATIVE, Mapping
from zaojie_cases.quality.measure import is_filled

CHECKED_ROWS = 200


@dataclass(slots=True)
class Trial:
    """What came of the first rows of a file.

    ``filled``: field -> cases that have it. ``unknown``: field and code, as far as it may be
    shown -> rows. ``faults``: field and reason -> rows.
    """

    rows: int = 0
    cases: int = 0
    skipped: int = 0
    with_parties: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)


def try_mapping(mapping: Mapping, path: Path, rows: int = CHECKED_ROWS) -> Trial:
    """Return what ``mapping`` reads from the first rows of a file.

    Raises ``InputError`` if the file cannot be read or lacks a required column.
    """
    trial = Trial()
    with closing(read_records(path, mapping)) as found:
        for row in islice(found, rows):
            _add(trial, row, mapping)
    return trial


def _add(trial: Trial, row: Row, mapping: Mapping) -> None:
    trial.rows += 1
    trial.skipped += row.skipped
    trial.faults.update((fault.field, fault.reason) for fault in row.rejects)
    trial.unknown.update(row.unknown)
    trial.events.update(event.kind.value for event in row.events)
    trial.outcomes.update((o.outcome_code, o.value) for o in row.outcomes)
    trial.with_parties += bool(row.parties)
    if row.case is None:
        return
    trial.cases += 1
    trial.filled.update(f for f in mapping.fields if f == NARRATIVE or is_filled(row.case, f))
