"""What is known of places and earlier registrations, kept in memory for real-time scoring.

The store is the truth. The ledger is read from it at start, gains each case that this
process registers at once, and is read again when the store has moved on without it: a
closing, an import of cases or of their parties, a turn of the vault's key, a clerk's word
on a link, another process.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from zaojie_cases.history import History
from zaojie_cases.ledger_entries import Linked, entry_of
from zaojie_cases.record import Case, CaseEvent, EventKind
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_cases.store import Store
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkKeyRow
from zaojie_cases.store.tables import CaseRow, EventRow, VaultKeyRow

_SOON = timedelta(days=1)
"""Registrations a little ahead of our clock belong to the ledger too."""


class Ledger:
    """A :class:`History` that many threads may ask and add to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._history = History()
        self._added: list[Case] = []
        self._holds: tuple[int, ...] = (-1,)

    def snapshot(
        self,
        case: Case,
        events: Sequence[CaseEvent],
        as_of: datetime,
        linked: Linked | None = None,
    ) -> Snapshot:
        """Return what is known of ``case`` at ``as_of``.

        ``linked``: what the store knows for linking it, so that a clerk's word counts
        from the next score on, before the ledger is read again.
        """
        with self._lock:
            if linked is not None:
                entry = entry_of(case, events, closing_tracked=True, linked=linked)
                self._history.add(entry)
            return snapshot_at(case, events, self._history, as_of)

    def add(self, case: Case) -> None:
        """Add a case that is being registered.

        If its registration is undone, the ledger holds one case more than the store and
        the next refresh mends that.
        """
        with self._lock:
            self._history.add(entry_of(case, (), closing_tracked=True))
            self._added.append(case)
            cases, *rest = self._holds
            self._holds = (cases + 1, *rest)

    def refresh(self, now: datetime) -> None:
        """Read the ledger again if the store holds other than it what :meth:`_stored` counts."""
        stored = self._stored()
        with self._lock:
            if stored == self._holds:
                return
            self._added.clear()
        history = History(self._store.history_entries(now + _SOON, None))
        with self._lock:
            for case in self._added:  # while the store was read
                history.add(entry_of(case, (), closing_tracked=True))
            self._history = history
            self._holds = (stored[0] + len(self._added), *stored[1:])

    def _stored(self) -> tuple[int, ...]:
        """Return how many cases, closings, later link keys and left vault keys are stored.

        And the number of the last word on a link.
        """
        cases = select(func.count()).select_from(CaseRow)
        closings = (
            select(func.count())
            .select_from(EventRow)
            .where(EventRow.kind == EventKind.CLOSED.value)
        )
        later = select(func.count()).where(LinkKeyRow.known_at.is_not(None))
        turns = select(func.count()).where(VaultKeyRow.left_at.is_not(None))
        words = select(func.max(LinkDecisionRow.decision_id))
        with self._store.reading() as session:
            return tuple(session.scalar(one) or 0 for one in (cases, closings, later, turns, words))
