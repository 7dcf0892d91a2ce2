"""Tables of hot spots. Nothing in them names or counts a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zaojie_cases.store.tables import Base
from zaojie_cases.store.trails import TrailColumns


class AssignmentRow(Base):
    """The matter that one registration was put to, once and for all; in order of deciding.

    ``matter_id`` is empty where there was nothing to compare. The rows of the window are
    the checkpoint: the detector is filled again from them.
    """

    __tablename__ = "matter_assignments"
    __table_args__ = (Index(None, "matter_id"), Index(None, "registered_at"))

    seq: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(
        ForeignKey("cases.case_id", ondelete="CASCADE"), unique=True
    )
    matter_id: Mapped[str | None]
    area: Mapped[str]
    registered_at: Mapped[datetime]


class GroupMatterRow(Base):
    """One matter that was raised; the figures are those of the moment when it was."""

    __tablename__ = "group_matters"
    __table_args__ = (Index(None, "state", "last_seen"),)

    matter_id: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    state: Mapped[str]
    """``open`` or ``closed``."""
    raised_at: Mapped[datetime]
    """The registration that raised it, not the run that found it."""
    raised_count: Mapped[int]
    raised_expected: Mapped[float]
    rules_version: Mapped[int]
    last_seen: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    words: Mapped[list[str]]


class GroupMatterTrailRow(TrailColumns, Base):
    """One step of a group matter."""

    __tablename__ = "group_matter_trail"
    __table_args__ = (Index(None, "matter_id"),)

    matter_id: Mapped[str] = mapped_column(ForeignKey("group_matters.matter_id"))
