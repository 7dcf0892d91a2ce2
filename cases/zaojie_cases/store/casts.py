"""The cast of a case: who is called what in its texts, the same for as long as it is kept.

What the store knows without a key are the letters that are spent. Who has which of them is
sealed: see :mod:`zaojie_cases.vault.casts`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from zaojie_cases.masking.letters import letters_in
from zaojie_cases.record import CaseEvent
from zaojie_cases.store.tables import Base


class CastRow(Base):
    """The cast of one case. It goes with the case; sealing the case leaves the letters only."""

    __tablename__ = "casts"
    __table_args__ = (Index(None, "key_id", "case_id"),)

    case_id: Mapped[str] = mapped_column(
        ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True
    )
    key_id: Mapped[str | None]
    sealed: Mapped[bytes | None]
    letters: Mapped[list[str]]
    """Letters that nobody new may get: of the cast, and of texts that are sealed."""


def spent_letters(session: Session, case_ids: Collection[str]) -> dict[str, set[str]]:
    """Return the letters that are spent beside those in the texts of the record, by case."""
    chosen = select(CastRow.case_id, CastRow.letters).where(CastRow.case_id.in_(case_ids))
    return {case_id: set(letters) for case_id, letters in session.execute(chosen)}


def leave_letters(session: Session, texts: Mapping[str, Iterable[str]]) -> None:
    """Take away who is called what in the cases whose ``texts`` are being sealed.

    Their letters stay spent: what is said of such a case later may stand beside the sealed
    texts again when they are given back.
    """
    known = {
        row.case_id: row
        for row in session.scalars(select(CastRow).where(CastRow.case_id.in_(texts)))
    }
    for case_id, said in texts.items():
        row = known.get(case_id) or CastRow(case_id=case_id, letters=[])
        row.key_id = row.sealed = None
        row.letters = sorted(letters_in(said).union(row.letters))
        if row.letters or case_id in known:
            session.add(row)


def texts_of(events: Iterable[CaseEvent]) -> Iterator[str]:
    """Yield what is written in words on a time line."""
    for event in events:
        yield event.actor_role or ""
        yield from (value for value in event.payload.values() if isinstance(value, str))
