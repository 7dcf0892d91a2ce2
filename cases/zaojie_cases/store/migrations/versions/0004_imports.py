"""Imports: how far each file came, and what was counted about its data.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    """Create the tables of the imports."""
    op.create_table(
        "imports",
        *(_text(name) for name in ("import_id", "state", "source_system", "mapping_name")),
        *(_text(name) for name in ("mapping_hash", "file_name", "file_hash")),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("with_identity", sa.Boolean(), nullable=False),
        *(_moment(name) for name in ("started_at", "updated_at")),
        _moment("finished_at", nullable=True),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("count", sa.JSON(), nullable=False),
        sa.Column("reject_lines", sa.Integer(), nullable=False),
        sa.Column("reject_bytes", sa.BigInteger(), nullable=False),
        _text("reject_hash"),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_imports"),
    )
    op.create_index("ix_imports_source_system", "imports", ["source_system"])
    op.create_table(
        "import_marks",
        sa.Column("import_id", sa.String(), sa.ForeignKey("imports.import_id"), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "last_row", name="pk_import_marks"),
    )
