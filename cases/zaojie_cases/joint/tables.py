"""Tables of joint cases: one dispute, registered in several counties, dealt with as one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zaojie_cases.store.tables import Base
from zaojie_cases.store.trails import TrailColumns

_RUNNING = text("ended_at IS NULL")
_OPEN = text("state = 'open'")


class JointCaseRow(Base):
    """One joint case: its number, its lead, and where it stands."""

    __tablename__ = "joint_cases"

    joint_no: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    lead_region: Mapped[str]
    proposed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class JointSideRow(Base):
    """One centre that takes part; its share of the credit once all have agreed."""

    __tablename__ = "joint_sides"
    __table_args__ = (Index(None, "region_code"),)

    joint_no: Mapped[str] = mapped_column(ForeignKey("joint_cases.joint_no"), primary_key=True)
    region_code: Mapped[str] = mapped_column(primary_key=True)
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    share_percent: Mapped[int | None]


class JointMemberRow(Base):
    """One registration that belongs to it; a case is in one running joint case at most."""

    __tablename__ = "joint_members"
    __table_args__ = (
        Index(
            "uq_joint_members_running_case",
            "case_id",
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        ),
    )

    joint_no: Mapped[str] = mapped_column(ForeignKey("joint_cases.joint_no"), primary_key=True)
    case_id: Mapped[str] = mapped_column(
        ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True
    )
    region_code: Mapped[str]
    ended_at: Mapped[datetime | None]


class JointOfferRow(Base):
    """What one side offers and all must agree to; one at a time.

    ``subject``: ``start`` (to deal with it together under this lead), ``lead`` or
    ``shares``. ``agreed``: the regions that said yes, the offering one first.
    """

    __tablename__ = "joint_offers"
    __table_args__ = (
        Index(
            "uq_joint_offers_open",
            "joint_no",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    offer_id: Mapped[int] = mapped_column(primary_key=True)
    joint_no: Mapped[str] = mapped_column(ForeignKey("joint_cases.joint_no"))
    subject: Mapped[str]
    state: Mapped[str]
    """``open``, ``agreed`` or ``refused``."""
    content: Mapped[dict[str, Any]]
    agreed: Mapped[list[str]]


class JointTrailRow(TrailColumns, Base):
    """One step of a joint case, and the centre that took it; ``""`` for none of them."""

    __tablename__ = "joint_trail"
    __table_args__ = (Index(None, "joint_no"),)

    joint_no: Mapped[str] = mapped_column(ForeignKey("joint_cases.joint_no"))
    region_code: Mapped[str]
    state: Mapped[str]
    """The state of the joint case after the step."""
