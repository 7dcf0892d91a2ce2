"""From the cells of one row to what it became; one row knows nothing of the others."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import datetime

from zaojie_cases.importing.facts import FactReader
from zaojie_cases.importing.faults import Faults, Reject
from zaojie_cases.importing.fields import CaseReader, pick
from zaojie_cases.importing.masker import Masker
from zaojie_cases.mapping import Mapping, Source
from zaojie_cases.readers import BrokenRow, Cells
from zaojie_cases.record import Case, CaseEvent, Outcome, Party
from zaojie_cases.values import CellError, as_code


@dataclass(frozen=True, slots=True)
class Row:
    """What one row of the file became.

    ``case`` is None for a rejected row. ``skipped``: left out by the mapping's filter.
    ``rejects`` also holds the faults of fields of a row that went in. For the report on
    the data: ``masked``, how many identities of each type the narrative named, and
    ``unknown``, field and code of codes not in their list, as far as they may be shown.
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
    masked: AnyMapping[str, int] = field(default_factory=dict)
    unknown: tuple[tuple[str, str], ...] = ()
    people: AnyMapping[str, str] = field(default_factory=dict, repr=False)
    """The letters of the persons in the masked texts, by name: for the cast of the case."""


class RowReader:
    """Reads rows of a file that has ``columns``; dates after ``now`` are in the future."""

    def __init__(self, mapping: Mapping, columns: frozenset[str], now: datetime) -> None:
        self._number = mapping.fields["source_case_no"]
        self._group = Source(columns=(mapping.group,)) if mapping.group else None
        self._filter = mapping.filter
        self._columns = columns
        self._cases = CaseReader(mapping, now)
        self._facts = FactReader(mapping, now)

    def read(self, number: int, cells: Cells) -> Row:
        """Return what became of the row ``number``."""
        faults = Faults(number)
        if isinstance(cells, BrokenRow):
            faults.add("", cells.reason)
            return Row(number, "", rejects=tuple(faults.found))
        source_id = _code_of(self._number, cells)
        if not self._is_wanted(cells):
            return Row(number, source_id, skipped=True)
        masker = Masker(self._facts.names(cells))
        case = self._cases.read(cells, faults, masker)
        return Row(
            number=number,
            source_id=source_id,
            case=case,
            events=self._facts.events(case, cells, faults, masker) if case else (),
            outcomes=self._facts.outcomes(case, cells, faults, masker) if case else (),
            parties=self._facts.parties(case, cells, faults) if case else (),
            group=(_code_of(self._group, cells) or None) if case and self._group else None,
            rejects=tuple(faults.found),
            masked=dict(masker.counts),
            unknown=tuple(faults.unknown),
            people=masker.people.given if case else {},
        )

    def _is_wanted(self, cells: Cells) -> bool:
        return all(
            _code_of(Source(columns=(column,)), cells) in wanted
            for column, wanted in self._filter.items()
            if column in self._columns or column in cells
        )


def _code_of(source: Source, cells: Cells) -> str:
    """Return the value as a code; "" when it is empty or at fault."""
    try:
        return as_code(pick(source, cells))
    except CellError:
        return ""
