"""Cursors: where a page ended, as callers send it back for the next one."""

from __future__ import annotations

import base64
from datetime import UTC
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, TypeAdapter

from zaojie_cases.record import in_shanghai
from zaojie_serving.errors import RequestError
from zaojie_serving.findings import Finding

Place = TypeVar("Place", bound=tuple[Any, ...])

CursorQuery = Annotated[
    str | None, Query(alias="cursor", max_length=600, description="上一页返回的 next_cursor")
]
Moment = Annotated[AwareDatetime, AfterValidator(lambda at: in_shanghai(at).astimezone(UTC))]
"""One that the store can be asked for: of both zones' calendar."""


class Cursors(Generic[Place]):
    """Cursors of one listing; ``place`` is the type of what its order goes by."""

    def __init__(self, place: type[Place]) -> None:
        self._places: TypeAdapter[Place] = TypeAdapter(place)

    def after(self, place: Place) -> str:
        """Return the cursor of the page that begins after ``place``."""
        return base64.urlsafe_b64encode(self._places.dump_json(place)).decode()

    def place(self, cursor: str | None) -> Place | None:
        """Return the place of a cursor; RequestError unless it is one of ours."""
        if cursor is None:
            return None
        try:
            return self._places.validate_json(base64.urlsafe_b64decode(cursor))
        except (ValueError, OverflowError) as error:
            message = "游标不对，请原样使用上一页返回的 next_cursor。"
            finding = Finding(field="cursor", rule="cursor", message=message)
            raise RequestError(message, [finding]) from error
