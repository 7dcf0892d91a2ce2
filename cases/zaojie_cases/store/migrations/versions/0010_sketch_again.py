"""Sketch the stored narratives anew: other words are neutral now.

Revision: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zaojie_cases.sketch import sketch_of
from zaojie_cases.store.rows import pack
from zaojie_cases.store.sealed import SEALED_MARK

revision = "0010"
down_revision = "0009"

_PAGE = 1_000
_cases = sa.table(
    "cases",
    sa.column("case_id", sa.String()),
    sa.column("narrative_masked", sa.Text()),
    sa.column("sketch", sa.LargeBinary()),
)


def upgrade() -> None:
    """Compute every stored sketch again, page by page."""
    connection, last = op.get_bind(), ""
    page = (
        sa.select(_cases.c.case_id, _cases.c.narrative_masked)
        .where(_cases.c.narrative_masked != SEALED_MARK)  # a sealed case has no sketch
        .order_by(_cases.c.case_id)
    )
    change = sa.update(_cases).where(_cases.c.case_id == sa.bindparam("key"))
    while rows := connection.execute(page.where(_cases.c.case_id > last).limit(_PAGE)).all():
        new = [{"key": key, "sketch": pack(sketch_of(text))} for key, text in rows]
        connection.execute(change, new)
        last = rows[-1][0]
