"""Only what may be read of a narrative is sketched: revision 0010 sketches all anew.

Revision: 0003
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Leave it to revision 0010."""
