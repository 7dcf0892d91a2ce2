"""The record: cases, time lines, outcomes, the vault and its reading log.

To add tables or columns, of any room: put the next file beside this one, numbered on
(``0002_warnings.py``), with ``revision = "0002"`` and ``down_revision`` naming the file
before it, so that the history stays one line. Write plain ``op.create_table`` and
``op.add_column`` with SQLAlchemy's own types (``DateTime(timezone=True)`` for an Instant);
never import tables of the code: they will change, a migration must not. Constraint and
index names follow ``Base.metadata``. There is no ``downgrade``: going back is restoring a
backup. ``tests/integration/test_migrations.py`` compares the result with the tables.

Revision: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the record."""
    _create_cases()
    _create_time_line_and_labels()
    _create_vault()


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _case_id() -> sa.Column[object]:
    return sa.Column("case_id", sa.String(), sa.ForeignKey("cases.case_id"), nullable=False)


def _create_cases() -> None:
    op.create_table(
        "cases",
        _text("case_id"),
        _text("source_system"),
        _text("source_case_no"),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        _moment("registered_at"),
        sa.Column("occurred_on", sa.Date()),
        _moment("accepted_at", nullable=True),
        *(_text(name, nullable=True) for name in ("source_code", "channel_code")),
        *(_text(name, nullable=True) for name in ("region_code", "grid_code", "place_key")),
        sa.Column("other_region_codes", sa.JSON(), nullable=False),
        *(_text(name, nullable=True) for name in ("category_code", "judicial_type")),
        *(_text(name, nullable=True) for name in ("crosswalk_version", "scale_code")),
        sa.Column("involved_count", sa.Integer()),
        sa.Column("amount_yuan", sa.Double()),
        sa.Column("narrative_masked", sa.Text(), nullable=False),
        _text("narrative_form"),
        *(_text(name, nullable=True) for name in ("org_kind", "difficulty_tier")),
        _text("status"),
        sa.Column("due_on", sa.Date()),
        *(_text(name, nullable=True) for name in ("committee_id", "committee_kind", "mediator_id")),
        sa.Column("prior_reports", sa.Integer()),
        sa.Column("prior_case_ids", sa.JSON(), nullable=False),
        sa.Column("is_minor_involved", sa.Boolean()),
        sa.Column("service_needs", sa.JSON(), nullable=False),
        sa.Column("scoring_opt_out", sa.Boolean(), nullable=False),
        _text("place"),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        _text("content_hash"),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
        sa.UniqueConstraint(
            "source_system", "source_case_no", name="uq_cases_source_system_source_case_no"
        ),
    )
    op.create_index("ix_cases_registered_at_case_id", "cases", ["registered_at", "case_id"])
    op.create_index("ix_cases_place_registered_at", "cases", ["place", "registered_at"])


def _create_time_line_and_labels() -> None:
    op.create_table(
        "case_events",
        _case_id(),
        _text("event_id"),
        _moment("at"),
        _moment("recorded_at"),
        _text("kind"),
        _text("actor_role", nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "event_id", name="pk_case_events"),
    )
    op.create_table(
        "outcomes",
        _case_id(),
        _text("outcome_code"),
        _text("value"),
        _moment("observed_at"),
        _text("evidence_kind", nullable=True),
        _text("verified_by", nullable=True),
        _text("source_system"),
        sa.PrimaryKeyConstraint("case_id", "outcome_code", name="pk_outcomes"),
    )


def _create_vault() -> None:
    op.create_table(
        "vault_parties",
        _case_id(),
        _text("party_token"),
        _text("key_id"),
        _text("digest"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "party_token", name="pk_vault_parties"),
    )
    op.create_index("ix_vault_parties_party_token", "vault_parties", ["party_token"])
    op.create_table(
        "vault_reads",
        sa.Column("read_id", sa.Integer(), nullable=False),
        _moment("at"),
        _text("case_id"),
        _text("reader"),
        _text("purpose"),
        sa.Column("parties", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("read_id", name="pk_vault_reads"),
    )
