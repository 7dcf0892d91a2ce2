"""Reading the rows of a file as records."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from zaojie_cases.errors import InputError
from zaojie_cases.importing.faults import ABSENT, REPEATED, UNFILTERED, Reject
from zaojie_cases.importing.parallel import read_in_processes
from zaojie_cases.importing.row import Row
from zaojie_cases.importing.seen import Numbers
from zaojie_cases.importing.workbook import left_unread
from zaojie_cases.mapping import Mapping
from zaojie_cases.readers import Cells, check_readable, read_rows
from zaojie_cases.record import SHANGHAI
from zaojie_cases.text_files import Meter

_HEAD = 1_000
"""Rows that are looked at to know the columns of a JSON Lines file."""


def read_records(
    path: Path,
    mapping: Mapping,
    *,
    now: datetime | None = None,
    processes: int = 1,
    after: int = 0,
    seen: Numbers | None = None,
    meter: Meter | None = None,
) -> Generator[Row, None, None]:
    """Yield a :class:`Row` for each row of ``path``, reading as it goes; text comes masked.

    ``now`` (default: the clock) decides which dates are in the future. A number that came
    before in the same file rejects the row. Raises ``InputError`` if the file cannot be read
    or lacks a required column; columns of outcomes may be missing, other missing columns
    are reported with the first row.

    ``processes`` share the work on a long file; the rows and their order are the same.
    To go on where reading broke off: ``after`` the number of the last row, with the numbers
    ``seen`` up to there. ``meter`` tells how far reading is.
    """
    rows = read_rows(path, meter=meter)
    head = list(islice(rows, _HEAD))
    columns = frozenset(column for _, cells in head for column in cells)
    check_readable(head, path)
    notes = _notes(head, columns, path, mapping) if columns else []
    # The objects of JSON Lines may have keys that none of the first has.
    mapping = mapping.fitted(columns, complete=not path.match("*.jsonl*")) if columns else mapping
    if after:
        rows.close()
        rows, head = read_rows(path, after=after, meter=meter), []
    seen = seen or Numbers()
    moment = now or datetime.now(SHANGHAI)
    for row in read_in_processes(chain(head, rows), mapping, columns, moment, processes):
        known = _once(row, seen)
        yield known if after or not notes else replace(known, rejects=(*notes, *known.rejects))
        notes = []


def _notes(
    head: list[tuple[int, Cells]], columns: frozenset[str], path: Path, mapping: Mapping
) -> list[Reject]:
    """Return what is to be told of the file as a whole."""
    notes = _check_columns(columns, path, mapping.fitted(columns))
    if path.suffix.lower() == ".xlsx":
        notes += left_unread(path, first_row=head[0][0])
    return notes


def _check_columns(columns: frozenset[str], path: Path, mapping: Mapping) -> list[Reject]:
    missing = sorted(mapping.required_columns().difference(columns))
    if missing:
        names = "、".join(missing)
        raise InputError(
            f"文件 {path.name} 缺少映射 {mapping.name} 必需的列：{names}。"
            "请核对表头（列名那一行）：缺列就补上，列名不同就复制映射文件，把列名改成这个文件的。",
            field=names,
        )
    absent = sorted(mapping.other_columns().difference(columns))
    return [
        Reject(1, column, UNFILTERED if column in mapping.filter else ABSENT) for column in absent
    ]


def _once(row: Row, seen: Numbers) -> Row:
    """Return ``row``, rejected if its number came before."""
    if row.case is None or seen.add(row.case.source_case_no):
        return row
    again = Reject(row.number, "source_case_no", REPEATED)
    return Row(row.number, row.source_id, rejects=(*row.rejects, again))
