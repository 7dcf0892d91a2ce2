"""Tables of the service: scores (also in shadow), warnings with their trail, and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from zaojie_cases.store import Base

NOT_CLOSED = text("state != 'closed'")


class ScoreRow(Base):
    """One score of one case; ``body`` is the whole answer, enough to replay it."""

    __tablename__ = "scores"
    __table_args__ = (Index(None, "case_id", "as_of"),)

    score_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    as_of: Mapped[datetime]
    bundle_version: Mapped[str]
    policy_version: Mapped[str]
    snapshot_hash: Mapped[str]
    level: Mapped[str]
    body: Mapped[dict[str, Any]]


class WarningRow(Base):
    """One warning; a case has at most one that is not closed, and the database sees to it."""

    __tablename__ = "warnings"
    __table_args__ = (
        Index(
            "uq_warnings_open_case",
            "case_id",
            unique=True,
            sqlite_where=NOT_CLOSED,
            postgresql_where=NOT_CLOSED,
        ),
        Index(None, "issued_at", "warning_id"),
    )

    warning_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    score_id: Mapped[str] = mapped_column(ForeignKey("scores.score_id"))
    region_code: Mapped[str | None]
    level: Mapped[str]
    state: Mapped[str]
    addressee: Mapped[str]
    suggested_action: Mapped[str] = mapped_column(Text)
    policy_version: Mapped[str]
    issued_at: Mapped[datetime]
    sign_by: Mapped[datetime | None]
    contact_by: Mapped[datetime | None]
    plan_by: Mapped[datetime | None]
    review_by: Mapped[datetime | None]
    valid_until: Mapped[datetime]
    clock_note: Mapped[str | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    cannot_use_for: Mapped[str] = mapped_column(Text)


class TrailRow(Base):
    """One step in the life of a warning: who, when, what, why. Rows are only ever added."""

    __tablename__ = "warning_trail"
    __table_args__ = (Index(None, "warning_id"),)

    trail_id: Mapped[int] = mapped_column(primary_key=True)
    warning_id: Mapped[str] = mapped_column(ForeignKey("warnings.warning_id"))
    at: Mapped[datetime]
    who: Mapped[str]
    what: Mapped[str]
    level: Mapped[str]
    state: Mapped[str]
    why: Mapped[str] = mapped_column(Text)


class KeyRow(Base):
    """One API key; only a digest of it is kept."""

    __tablename__ = "api_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class ShadowRow(Base):
    """What the challenger said of a case, beside the score that the champion gave it.

    ``targets``: by target the probability and level of both. No reasons: they would quote.
    """

    __tablename__ = "shadow_scores"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "champion_version", "challenger_version", "as_of"),
    )

    score_id: Mapped[str] = mapped_column(ForeignKey("scores.score_id"), primary_key=True)
    challenger_version: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    as_of: Mapped[datetime]
    champion_version: Mapped[str]
    champion_level: Mapped[str]
    challenger_level: Mapped[str]
    targets: Mapped[dict[str, Any]]
