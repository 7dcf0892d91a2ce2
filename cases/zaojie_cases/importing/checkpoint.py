"""What an import remembers with each batch, so that it can go on where it was broken off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from zaojie_cases.importing.faults import Reject
from zaojie_cases.importing.reject_file import RejectFile
from zaojie_cases.importing.row import Row
from zaojie_cases.importing.seen import Numbers
from zaojie_cases.labels import DATES
from zaojie_cases.quality import NearTexts, Quality, date_problems
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store import ImportCount, ImportRow
from zaojie_cases.store.imports import ImportMarkRow, advance


class ImportCheckpoint:
    """Counts the rows that pass, and writes how far they came with each batch of cases.

    ``start`` says where the import stood before; the rest is what was known there.
    """

    def __init__(
        self,
        start: ImportRow,
        rejects: RejectFile,
        quality: Quality,
        numbers: Numbers,
        texts: NearTexts,
    ) -> None:
        self.last_row = start.last_row
        """Number of the last row that is committed."""
        self._start = start
        self._passed = start.last_row
        self._rejects = rejects
        self._quality = quality
        self._numbers = numbers
        self._texts = texts
        self._refused: set[int] = set()

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield ``rows``; each is counted and its rejects are written on the way."""
        for row in rows:
            self._rejects.write([*row.rejects, *_dates(row)])
            text = row.case.narrative_masked if row.case else ""
            self._quality.add(row, repeats=self._texts.add(text))
            self._passed = row.number
            yield row

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Write why the store refuses rows of the batch; a repeated batch adds nothing."""
        for number in sorted(reasons.keys() - self._refused):
            self._rejects.write([Reject(number, "source_case_no", reasons[number])])
        self._refused.update(reasons)

    def write(self, session: Session, count: ImportCount) -> None:
        """Write, in the transaction of a batch, how far the import came with it."""
        mark = self._rejects.mark()
        key = self._start.import_id
        values = {
            "updated_at": datetime.now(SHANGHAI),
            "last_row": self._passed,
            "count": asdict(self._start.counted + count),
            "reject_lines": mark.lines,
            "reject_bytes": mark.length,
            "reject_hash": mark.digest,
            "quality": self._quality.tally.to_json(),
        }
        advance(session, key, self.last_row, values)
        session.add(
            ImportMarkRow(
                import_id=key,
                last_row=self._passed,
                numbers=self._numbers.marks,
                texts=self._texts.marks,
            )
        )

    def committed(self) -> None:
        """Take note that what was written is through."""
        self.last_row = self._passed
        self._refused.clear()
        self._numbers.kept()
        self._texts.kept()


def _dates(row: Row) -> Iterator[Reject]:
    """Yield what a person should look at: a row goes in with the dates that it gives."""
    for problem in date_problems(row):
        yield Reject(row.number, "日期", f"{DATES[problem]}；已照原样导入，请核对")
