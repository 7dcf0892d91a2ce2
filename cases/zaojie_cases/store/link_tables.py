"""The tables of linking: keys, links, and what clerks decided. They hold no identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zaojie_cases.store.tables import Base

_LATER = text("known_at IS NOT NULL")


def _case() -> ForeignKey:
    """A case that is forgotten takes along what links it."""
    return ForeignKey("cases.case_id", ondelete="CASCADE")


class LinkKeyRow(Base):
    """One link key of a case: the hash of a pair of parties, never of a person."""

    __tablename__ = "link_keys"
    __table_args__ = (Index(None, "known_at", sqlite_where=_LATER, postgresql_where=_LATER),)

    case_id: Mapped[str] = mapped_column(_case(), primary_key=True)
    link_key: Mapped[str] = mapped_column(primary_key=True)
    known_at: Mapped[datetime | None]
    """When it was imported for a case that was stored already; else it counts from the
    registration on, whenever that is, and this is empty."""


class LinkRow(Base):
    """Two registrations that may be one dispute, as the linker sees them."""

    __tablename__ = "links"
    __table_args__ = (Index(None, "later_id"),)

    earlier_id: Mapped[str] = mapped_column(_case(), primary_key=True)
    later_id: Mapped[str] = mapped_column(_case(), primary_key=True)
    probability: Mapped[float]
    levels: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Comparison -> level, from which the reasons are told."""


class LinkDecisionRow(Base):
    """What a clerk said of a pair; rows are only added, and the latest holds."""

    __tablename__ = "link_decisions"
    __table_args__ = (Index(None, "one_id", "other_id"), Index(None, "other_id"))

    decision_id: Mapped[int] = mapped_column(primary_key=True)
    one_id: Mapped[str] = mapped_column(_case())
    other_id: Mapped[str] = mapped_column(_case())
    """The greater of the two ids."""
    same: Mapped[bool]
    who: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]


class LinkStateRow(Base):
    """With which content a case was last compared."""

    __tablename__ = "link_states"

    case_id: Mapped[str] = mapped_column(_case(), primary_key=True)
    mark: Mapped[str]
