"""Reading the rows of a file as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path

from zaojie_cases.errors import InputError
from zaojie_cases.importing.facts import FactReader
from zaojie_cases.importing.faults import Faults, Reject
from zaojie_cases.importing.fields import CaseReader, pick
from zaojie_cases.mapping import Mapping, Source
from zaojie_cases.readers import BrokenRow, Cells, read_rows
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, Outcome, Party
from zaojie_cases.values import CellError, as_code

_HEAD = 100
"""Rows that are looked at to know the columns of a JSON Lines file."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one row of the file became.

    ``case`` is None for a rejected row. ``skipped``: left out by the mapping's filter.
    ``rejects`` also holds the faults of fields of a row that went in.
    """

    number: int
    source_id: str
    case: Case | None = None
    events: tuple[CaseEvent, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    parties: tuple[Party, ...] = ()
    group: str | None = None
    rejects: tuple[Reject, ...] = ()
    skipped: bool = False


def read_records(path: Path, mapping: Mapping, *, now: datetime | None = None) -> Iterator[Row]:
    """Yield a :class:`Row` for each row of ``path``, reading as it goes; text comes masked.

    ``now`` (default: the clock) decides which dates are in the future. A number that came
    before in the same file rejects the row. Raises ``InputError`` if the file cannot be read
    or lacks a required column; columns of outcomes may be missing, other missing columns
    are reported with the first row.
    """
    rows = read_rows(path)
    head = list(islice(rows, _HEAD))
    columns = {column for _, cells in head for column in cells}
    notes = _check_columns(columns, path, mapping) if columns else []
    reader = _RowReader(mapping, columns, now or datetime.now(SHANGHAI))
    for number, cells in chain(head, rows):
        yield reader.read(number, cells, notes)
        notes = []


def _check_columns(columns: Iterable[str], path: Path, mapping: Mapping) -> list[Reject]:
    missing = sorted(mapping.required_columns().difference(columns))
    if missing:
        names = "、".join(missing)
        raise InputError(
            f"文件 {path.name} 缺少映射 {mapping.name} 必需的列：{names}。"
            "请在文件中补上，或复制映射文件，把其中的列名改成这个文件的列名。",
            field=names,
        )
    absent = sorted(mapping.other_columns().difference(columns))
    return [Reject(1, column, "文件中没有这一列，相应内容留空") for column in absent]


class _RowReader:
    """Reads the rows of one file, which has ``columns``; remembers the numbers seen."""

    def __init__(self, mapping: Mapping, columns: set[str], now: datetime) -> None:
        self._number = mapping.fields["source_case_no"]
        self._group = Source(columns=(mapping.group,)) if mapping.group else None
        self._filter = mapping.filter
        self._columns = columns
        self._cases = CaseReader(mapping, now)
        self._facts = FactReader(mapping, now)
        self._seen: set[bytes] = set()

    def read(self, number: int, cells: Cells, notes: list[Reject]) -> Row:
        """Return the row; ``notes`` about the file are reported with it."""
        faults = Faults(number, list(notes))
        if isinstance(cells, BrokenRow):
            faults.add("", cells.reason)
            return Row(number, "", rejects=tuple(faults.found))
        source_id = _code_of(self._number, cells)
        if not self._is_wanted(cells):
            return Row(number, source_id, rejects=tuple(faults.found), skipped=True)
        case = self._cases.read(cells, faults)
        if case is None or self._came_before(case, faults):
            return Row(number, source_id, rejects=tuple(faults.found))
        row = Row(
            number=number,
            source_id=source_id,
            case=case,
            events=self._facts.events(case, cells, faults),
            outcomes=self._facts.outcomes(case, cells, faults),
            parties=self._facts.parties(case, cells, faults),
            group=(_code_of(self._group, cells) or None) if self._group else None,
        )
        return replace(row, rejects=tuple(faults.found))

    def _is_wanted(self, cells: Cells) -> bool:
        return all(
            _code_of(Source(columns=(column,)), cells) in wanted
            for column, wanted in self._filter.items()
            if column in self._columns or column in cells
        )

    def _came_before(self, case: Case, faults: Faults) -> bool:
        """Tell whether the number was seen; hashes, so that a file of any length fits."""
        digest = blake2b(case.source_case_no.encode(), digest_size=8).digest()
        if digest in self._seen:
            faults.add("source_case_no", "编号与前面的一行重复，只导入第一次出现的")
            return True
        self._seen.add(digest)
        return False


def _code_of(source: Source, cells: Cells) -> str:
    """Return the value as a code; "" when it is empty or at fault."""
    try:
        return as_code(pick(source, cells))
    except CellError:
        return ""
