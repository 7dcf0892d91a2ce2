"""Casts: who is called what in the texts of a case, sealed.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table of casts."""
    op.create_table(
        "casts",
        sa.Column(
            "case_id",
            sa.String(),
            sa.ForeignKey("cases.case_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("letters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_casts"),
    )
    op.create_index("ix_casts_key_id_case_id", "casts", ["key_id", "case_id"])
