"""Group matters (hot spots) and joint cases across regions.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables of hot spots and of joint cases."""
    _create_hot_spots()
    _create_joint_cases()
    _create_offers_and_trail()


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _case_id() -> sa.Column[object]:
    goes_with_it = sa.ForeignKey("cases.case_id", ondelete="CASCADE")
    return sa.Column("case_id", sa.String(), goes_with_it, nullable=False)


def _reference(name: str, table: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), sa.ForeignKey(f"{table}.{name}"), nullable=False)


def _create_hot_spots() -> None:
    op.create_table(
        "matter_assignments",
        sa.Column("seq", sa.Integer(), nullable=False),
        _case_id(),
        _text("matter_id", nullable=True),
        _text("area"),
        _moment("registered_at"),
        sa.PrimaryKeyConstraint("seq", name="pk_matter_assignments"),
        sa.UniqueConstraint("case_id", name="uq_matter_assignments_case_id"),
    )
    for name in ("matter_id", "registered_at"):
        op.create_index(f"ix_matter_assignments_{name}", "matter_assignments", [name])
    op.create_table(
        "group_matters",
        *(_text(name) for name in ("matter_id", "area", "state")),
        _moment("raised_at"),
        sa.Column("raised_count", sa.Integer(), nullable=False),
        sa.Column("raised_expected", sa.Double(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        _moment("last_seen"),
        _moment("closed_at", nullable=True),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("matter_id", name="pk_group_matters"),
    )
    op.create_index("ix_group_matters_state_last_seen", "group_matters", ["state", "last_seen"])
    op.create_table(
        "group_matter_trail",
        sa.Column("trail_id", sa.Integer(), nullable=False),
        _reference("matter_id", "group_matters"),
        _moment("at"),
        *(_text(name) for name in ("who", "what")),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("trail_id", name="pk_group_matter_trail"),
    )
    op.create_index("ix_group_matter_trail_matter_id", "group_matter_trail", ["matter_id"])


def _create_joint_cases() -> None:
    op.create_table(
        "joint_cases",
        *(_text(name) for name in ("joint_no", "state", "lead_region")),
        _moment("proposed_at"),
        _moment("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("joint_no", name="pk_joint_cases"),
    )
    op.create_table(
        "joint_sides",
        _reference("joint_no", "joint_cases"),
        _text("region_code"),
        _moment("accepted_at", nullable=True),
        _text("accepted_by", nullable=True),
        sa.Column("share_percent", sa.Integer()),
        sa.PrimaryKeyConstraint("joint_no", "region_code", name="pk_joint_sides"),
    )
    op.create_index("ix_joint_sides_region_code", "joint_sides", ["region_code"])
    op.create_table(
        "joint_members",
        _reference("joint_no", "joint_cases"),
        _case_id(),
        _text("region_code"),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("joint_no", "case_id", name="pk_joint_members"),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_joint_members_running_case",
        "joint_members",
        ["case_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )


def _create_offers_and_trail() -> None:
    op.create_table(
        "joint_offers",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        _reference("joint_no", "joint_cases"),
        *(_text(name) for name in ("subject", "state")),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("agreed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name="pk_joint_offers"),
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        "uq_joint_offers_open",
        "joint_offers",
        ["joint_no"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "joint_trail",
        sa.Column("trail_id", sa.Integer(), nullable=False),
        _reference("joint_no", "joint_cases"),
        _moment("at"),
        *(_text(name) for name in ("who", "region_code", "what", "state")),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("trail_id", name="pk_joint_trail"),
    )
    op.create_index("ix_joint_trail_joint_no", "joint_trail", ["joint_no"])
