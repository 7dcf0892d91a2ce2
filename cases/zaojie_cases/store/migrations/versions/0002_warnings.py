"""The service: scores, warnings, their trail, API keys.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of the service."""
    _create_scores()
    _create_warnings()
    _create_keys()


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _reference(name: str, table: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), sa.ForeignKey(f"{table}.{name}"), nullable=False)


def _create_scores() -> None:
    op.create_table(
        "scores",
        _text("score_id"),
        _reference("case_id", "cases"),
        _moment("as_of"),
        *(_text(name) for name in ("bundle_version", "policy_version", "snapshot_hash", "level")),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("score_id", name="pk_scores"),
    )
    op.create_index("ix_scores_case_id_as_of", "scores", ["case_id", "as_of"])


def _create_warnings() -> None:
    op.create_table(
        "warnings",
        _text("warning_id"),
        _reference("case_id", "cases"),
        _reference("score_id", "scores"),
        _text("region_code", nullable=True),
        *(_text(name) for name in ("level", "state", "addressee", "policy_version")),
        sa.Column("suggested_action", sa.Text(), nullable=False),
        _moment("issued_at"),
        *(
            _moment(name, nullable=True)
            for name in ("sign_by", "contact_by", "plan_by", "review_by")
        ),
        _moment("valid_until"),
        _text("clock_note", nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("cannot_use_for", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("warning_id", name="pk_warnings"),
    )
    not_closed = sa.text("state != 'closed'")
    op.create_index(
        "uq_warnings_open_case",
        "warnings",
        ["case_id"],
        unique=True,
        sqlite_where=not_closed,
        postgresql_where=not_closed,
    )
    op.create_index("ix_warnings_issued_at_warning_id", "warnings", ["issued_at", "warning_id"])
    op.create_table(
        "warning_trail",
        sa.Column("trail_id", sa.Integer(), nullable=False),
        _reference("warning_id", "warnings"),
        _moment("at"),
        *(_text(name) for name in ("who", "what", "level", "state")),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("trail_id", name="pk_warning_trail"),
    )
    op.create_index("ix_warning_trail_warning_id", "warning_trail", ["warning_id"])


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        _text("name"),
        _text("digest"),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("name", name="pk_api_keys"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
    )
