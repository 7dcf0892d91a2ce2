"""Shadow scores: what the challenger says of a case, beside what the champion said.

Revision: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table of shadow scores."""
    op.create_table(
        "shadow_scores",
        sa.Column("score_id", sa.String(), sa.ForeignKey("scores.score_id"), nullable=False),
        sa.Column("challenger_version", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), sa.ForeignKey("cases.case_id"), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("champion_version", sa.String(), nullable=False),
        sa.Column("champion_level", sa.String(), nullable=False),
        sa.Column("challenger_level", sa.String(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("score_id", "challenger_version", name="pk_shadow_scores"),
    )
    op.create_index("ix_shadow_scores_case_id", "shadow_scores", ["case_id"])
    op.create_index(
        "ix_shadow_scores_champion_version_challenger_version_as_of",
        "shadow_scores",
        ["champion_version", "challenger_version", "as_of"],
    )
