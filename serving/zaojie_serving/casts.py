"""The persons of a case in what callers send: one letter for each, in all texts of the case.

With the vault's key a person is known again, whoever sends the text and whenever. Without it
a letter that the case has seen is not given again: one person may have two letters, never two
persons one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session
from structlog.typing import FilteringBoundLogger

from zaojie_cases.errors import StoreError
from zaojie_cases.masking import Pseudonyms
from zaojie_cases.masking.letters import letters_in
from zaojie_cases.record import Case, CaseEvent
from zaojie_cases.store.casts import spent_letters, texts_of
from zaojie_cases.vault import KeyRing
from zaojie_cases.vault.casts import Cast, Casts
from zaojie_serving.logs import place_of


class CaseCasts:
    """Opens and keeps the casts of cases as far as the service has the key, ``ring``."""

    def __init__(self, ring: KeyRing | None, logger: FilteringBoundLogger) -> None:
        self._casts = Casts(ring) if ring else None
        self._logger = logger

    @contextmanager
    def people_of(
        self, session: Session, case: Case, events: Iterable[CaseEvent]
    ) -> Iterator[Pseudonyms]:
        """Yield who is called what in a locked ``case`` with ``events``; new ones are kept."""
        cast = self._opened(session, case.case_id)
        spent = spent_letters(session, [case.case_id]).get(case.case_id, set())
        seen = letters_in([case.narrative_masked, *texts_of(events)])
        people = Pseudonyms(cast=cast, taken=seen | spent)
        yield people
        self._keep(session, cast, people)

    def begin(self, session: Session, case_id: str, people: Pseudonyms) -> None:
        """Keep the people of a case that has just been written."""
        self._keep(session, self._opened(session, case_id), people)

    def _opened(self, session: Session, case_id: str) -> Cast | None:
        if self._casts is None:
            return None
        try:
            return self._casts.of(session, [case_id])[case_id]
        except StoreError as error:  # not the key in force: what is reported must get in
            self._logger.error("cast_not_opened", place=place_of(error))
            return None

    def _keep(self, session: Session, cast: Cast | None, people: Pseudonyms) -> None:
        if self._casts is not None and cast is not None:
            cast.note(people.given)
            self._casts.keep(session, [cast])
