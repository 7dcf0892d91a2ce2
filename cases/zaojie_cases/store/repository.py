"""The one door to the record: what is written and read, in whole records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, islice
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.history import WINDOW_DAYS, HistoryEntry, places_of
from zaojie_cases.record import Case, CaseEvent, EventKind, Outcome
from zaojie_cases.store import schema
from zaojie_cases.store.engine import for_reading, for_writing, open_engine
from zaojie_cases.store.failures import spoken
from zaojie_cases.store.merge import Entry, ImportCount, merge
from zaojie_cases.store.rows import (
    event_values,
    events_of,
    outcomes_of,
    read_records,
    select_record,
    unpack,
)
from zaojie_cases.store.tables import CaseRow, EventRow

if TYPE_CHECKING:
    from zaojie_cases.importing import Row
    from zaojie_cases.vault import Vault

Result = TypeVar("Result")

BATCH = 1_000
"""Rows written in one transaction."""
PAGE = 500
"""Cases read at a time."""
HISTORY_WINDOW = timedelta(days=WINDOW_DAYS + 30)
"""How far back History is filled: what it can be asked about any moment of the last month."""
_ATTEMPTS = 3


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

    def add_rows(self, rows: Iterable[Row], vault: Vault | None = None) -> ImportCount:
        """Write the cases of ``rows`` with events, outcomes and parties; twice is once.

        Batches of BATCH rows are committed one by one: after a failure, what was
        committed stays, and running the import again completes it.
        """
        count, rest = ImportCount(), iter(rows)
        while batch := list(islice(rest, BATCH)):
            entries = [
                Entry(row.case, row.events, row.outcomes, row.parties)
                for row in batch
                if row.case is not None and not row.skipped
            ]
            skipped = sum(row.skipped for row in batch)
            count += self._write(partial(merge, entries=entries, vault=vault))
            count += ImportCount(skipped=skipped, rejected=len(batch) - skipped - len(entries))
        return count

    def add_case(self, case: Case) -> Case:
        """Write ``case`` and return it under the id that it was first stored with."""
        self._write(partial(merge, entries=[Entry(case)]))
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
        it, since History answers for that too. A closing is the one that was known first,
        so that a later record does not change it.
        """
        closed = and_(EventRow.case_id == CaseRow.case_id, EventRow.kind == EventKind.CLOSED.value)
        chosen = (
            select(
                CaseRow.case_id,
                CaseRow.place,
                CaseRow.registered_at,
                EventRow.at,
                EventRow.recorded_at,
                CaseRow.sketch,
            )
            .outerjoin(EventRow, closed)
            .where(CaseRow.registered_at >= before - HISTORY_WINDOW, CaseRow.registered_at < before)
            .order_by(CaseRow.registered_at, CaseRow.case_id, EventRow.recorded_at, EventRow.at)
            .execution_options(yield_per=PAGE)
        )
        with self.reading() as session:
            if place is not None:
                chosen = chosen.where(CaseRow.place.in_(_places_around(session, place)))
            for _, rows in groupby(session.execute(chosen), key=lambda row: row[0]):
                case_id, at_place, registered_at, closed_at, known_at, sketch = next(rows)
                yield HistoryEntry(
                    case_id, at_place, registered_at, closed_at, known_at, unpack(sketch)
                )

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


def _places_around(session: Session, place: str) -> list[str]:
    widest = places_of(place)[-1]
    known = session.scalars(select(CaseRow.place).distinct())
    return [other for other in known if places_of(other)[-1] == widest]
