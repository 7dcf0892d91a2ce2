"""Links between registrations of the same dispute.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables of linking."""
    op.create_table(
        "link_keys",
        _text("case_id"),
        _text("link_key"),
        _to_case("link_keys", "case_id"),
        sa.PrimaryKeyConstraint("case_id", "link_key", name="pk_link_keys"),
    )
    op.create_table(
        "links",
        _text("earlier_id"),
        _text("later_id"),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        _to_case("links", "earlier_id"),
        _to_case("links", "later_id"),
        sa.PrimaryKeyConstraint("earlier_id", "later_id", name="pk_links"),
    )
    op.create_index("ix_links_later_id", "links", ["later_id"])
    op.create_table(
        "link_decisions",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        _text("one_id"),
        _text("other_id"),
        sa.Column("same", sa.Boolean(), nullable=False),
        _text("who"),
        _text("why"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to_case("link_decisions", "one_id"),
        _to_case("link_decisions", "other_id"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_link_decisions"),
    )
    op.create_index("ix_link_decisions_one_id_other_id", "link_decisions", ["one_id", "other_id"])
    op.create_index("ix_link_decisions_other_id", "link_decisions", ["other_id"])
    op.create_table(
        "link_states",
        _text("case_id"),
        _text("mark"),
        _to_case("link_states", "case_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_link_states"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _to_case(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_cases"
    return sa.ForeignKeyConstraint([column], ["cases.case_id"], name=name, ondelete="CASCADE")
