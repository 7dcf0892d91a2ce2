"""Link keys say when they were imported later than their case.

Those that are there count from the registration on, as they did.

Revision: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add since when a link key counts."""
    op.add_column("link_keys", sa.Column("known_at", sa.DateTime(timezone=True), nullable=True))
    later = sa.text("known_at IS NOT NULL")
    op.create_index(
        "ix_link_keys_known_at",
        "link_keys",
        ["known_at"],
        sqlite_where=later,
        postgresql_where=later,
    )
