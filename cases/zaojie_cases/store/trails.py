"""What the trails of what people decide have in common: who, when, what, why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from zaojie_cases.errors import InputError
from zaojie_cases.masking import mask


class TrailColumns:
    """The columns of one step of a trail. Rows are only ever added."""

    trail_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str]
    what: Mapped[str]
    why: Mapped[str] = mapped_column(Text)


def signed(who: str, why: str, otherwise: str) -> tuple[str, str]:
    """Return who takes a step and why, fit to be kept: the reason is masked.

    Raises InputError, saying ``otherwise``, if one of them is missing.
    """
    if not who.strip() or not why.strip():
        raise InputError(otherwise, field="why")
    return who.strip(), mask(why.strip()).text
