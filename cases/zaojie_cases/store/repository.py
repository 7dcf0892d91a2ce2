"""The one door to the record: what is written and read, in whole records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from sqlalchemy import and_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.history import HistoryEntry
from zaojie_cases.record import Case, CaseEvent, Outcome
from zaojie_cases.store import schema
from zaojie_cases.store.engine import for_reading, for_writing, open_engine
from zaojie_cases.store.failures import spoken
from zaojie_cases.store.history_rows import HISTORY_WINDOW, history_entries
from zaojie_cases.store.merge import Entry, ImportCount, merge
from zaojie_cases.store.rows import (
    event_values,
    events_of,
    outcomes_of,
    read_records,
    select_record,
)
from zaojie_cases.store.tables import CaseRow, EventRow
from zaojie_cases.store.tombstones import forgotten_keys, refuse_forgotten
from zaojie_cases.values import UNKNOWN_MOMENT

if TYPE_CHECKING:
    from zaojie_cases.importing import Row
    from zaojie_cases.vault import Vault

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
Result = TypeVar("Result")

BATCH = 1_000
"""Rows written in one transaction."""
PAGE = 500
"""Cases read at a time."""
_ATTEMPTS = 3


class Checkpoint(Protocol):
    """What is written with each batch of an import, so that it can go on where it stood."""

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Take note of rows that the store refuses, by row number; repeating it adds nothing."""

    def write(self, session: Session, count: ImportCount) -> None:
        """Write in the transaction of the batch; again if that has to be repeated."""

    def committed(self) -> None:
        """Take note that the transaction is through."""


class Store:
    """The record in one database.

    ``url`` is a SQLAlchemy address; a SQLite file and its directories are made if absent.
    All methods raise StoreError with a Chinese sentence if the database fails.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._reader = sessionmaker(for_reading(self.engine), expire_on_commit=False)
        self._writer = sessionmaker(for_writing(self.engine), expire_on_commit=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the database."""
        self.engine.dispose()

    def upgrade(self) -> None:
        """Bring the database to the schema of this code; safe to call at every start."""
        schema.upgrade(for_writing(self.engine))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction that writes; leaving without an error commits it.

        IntegrityError passes through: only the caller knows what its rows mean.
        """
        with spoken(), self._writer.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads: one state of the database, and no lock."""
        with spoken(), self._reader.begin() as session:
            yield session

    def add_rows(
        self,
        rows: Iterable[Row],
        vault: Vault | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> ImportCount:
        """Write the cases of ``rows`` with events, outcomes and parties; twice is once.

        Batches of BATCH rows are committed one by one: after a failure, what was
        committed stays, and running the import again completes it. ``checkpoint`` is
        written with each batch; rows are taken one by one, and none before its batch.
        """
        count, rest = ImportCount(), iter(rows)
        while batch := list(islice(rest, BATCH)):
            count = self._write(partial(_add_batch, batch, vault, count, checkpoint))
            if checkpoint is not None:
                checkpoint.committed()
        return count

    def add_case(self, case: Case) -> Case:
        """Write ``case`` and return it under the id that it was first stored with.

        Raises InputError for a registration that was forgotten or deleted by its terms.
        """
        entry = Entry(case)

        def write(session: Session) -> None:
            refuse_forgotten(session, entry)
            merge(session, [entry])

        self._write(write)
        same = and_(
            CaseRow.source_system == case.source_system,
            CaseRow.source_case_no == case.source_case_no,
        )
        with self.reading() as session:
            return next(read_records(session, select_record(CaseRow, Case).where(same), Case))

    def add_event(self, event: CaseEvent) -> None:
        """Write ``event``; one of the same case with the same id is replaced.

        Raises InputError if its case is not in the store.
        """

        def write(session: Session) -> None:
            if session.get(CaseRow, event.case_id) is None:
                raise InputError("没有这个编号的案件：请先登记案件，再报它的进展", field="case_id")
            session.merge(EventRow(**event_values(event)))

        self._write(write)

    def case(self, case_id: str) -> Case | None:
        """Return the case, or None."""
        with self.reading() as session:
            chosen = select_record(CaseRow, Case).where(CaseRow.case_id == case_id)
            return next(read_records(session, chosen, Case), None)

    def events(self, case_id: str) -> tuple[CaseEvent, ...]:
        """Return the time line of the case in order."""
        with self.reading() as session:
            return tuple(events_of(session, [case_id]))

    def outcomes(self, case_id: str) -> tuple[Outcome, ...]:
        """Return the outcomes of the case by their codes."""
        with self.reading() as session:
            return tuple(outcomes_of(session, [case_id]))

    def iter_cases(self) -> Iterator[tuple[Case, tuple[CaseEvent, ...], tuple[Outcome, ...]]]:
        """Stream all cases with events and outcomes by registration time, then id.

        One state of the database throughout; a page of cases in memory at a time.
        """
        in_order = select_record(CaseRow, Case).order_by(CaseRow.registered_at, CaseRow.case_id)
        with self.reading() as session:
            found = read_records(session, in_order.execution_options(yield_per=PAGE), Case)
            while page := list(islice(found, PAGE)):
                ids = [case.case_id for case in page]
                events: dict[str, list[CaseEvent]] = defaultdict(list)
                for event in events_of(session, ids):
                    events[event.case_id].append(event)
                outcomes: dict[str, list[Outcome]] = defaultdict(list)
                for outcome in outcomes_of(session, ids):
                    outcomes[outcome.case_id].append(outcome)
                for case in page:
                    yield case, tuple(events[case.case_id]), tuple(outcomes[case.case_id])

    def history_entries(self, before: datetime, place: str | None) -> Iterator[HistoryEntry]:
        """Stream what History needs to know of the registrations before ``before``.

        Those of the last HISTORY_WINDOW; with a ``place``, those of the widest area around
        it, since History answers for that too.
        """
        with self.reading() as session:
            yield from history_entries(session, before - HISTORY_WINDOW, before, place)

    def all_history(self) -> Iterator[HistoryEntry]:
        """Stream what History needs to know of every registration, in order of time."""
        with self.reading() as session:
            yield from history_entries(session, UNKNOWN_MOMENT, _NEVER)

    def _write(self, work: Callable[[Session], Result]) -> Result:
        """Do ``work`` in one transaction; again if another writer came first with the same."""
        for _ in range(_ATTEMPTS):
            try:
                with self.session() as session:
                    return work(session)
            except IntegrityError as error:
                clash = error
        raise StoreError(
            "有案件的编号（case_id）已被另一来源的案件占用，这一批没有写入：请让编号不重复后再试"
        ) from clash


def _add_batch(
    batch: Sequence[Row],
    vault: Vault | None,
    before: ImportCount,
    checkpoint: Checkpoint | None,
    session: Session,
) -> ImportCount:
    """Write ``batch`` and the checkpoint behind it; return the count so far."""
    found = [
        (row.number, Entry(row.case, row.events, row.outcomes, row.parties, row.people))
        for row in batch
        if row.case is not None and not row.skipped
    ]
    reasons = forgotten_keys(session, [entry for _, entry in found])
    entries = [entry for _, entry in found if entry.key not in reasons]
    skipped = sum(row.skipped for row in batch)
    count = before + merge(session, entries, vault)
    count += ImportCount(skipped=skipped, rejected=len(batch) - skipped - len(entries))
    if checkpoint is not None:
        checkpoint.refuse({n: reasons[e.key] for n, e in found if e.key in reasons})
        checkpoint.write(session, count)
    return count
