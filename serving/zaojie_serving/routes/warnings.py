"""Warnings."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from zaojie_models.score import Level
from zaojie_serving.alerts import State
from zaojie_serving.answers import WarningsAnswer
from zaojie_serving.cursors import CursorQuery
from zaojie_serving.parts import PartsDep
from zaojie_serving.routes.shared import versioned
from zaojie_serving.warning_list import Wanted, page_of

router = versioned("warnings", "预警")


@router.get(
    "",
    summary="按等级、状态、区域查看预警",
    description="新的在前。翻页时原样带上 next_cursor。",
)
def get_warnings(
    parts: PartsDep,
    level: Annotated[list[Level] | None, Query(description="等级，可多选")] = None,
    state: Annotated[list[State] | None, Query(description="状态，可多选")] = None,
    region: Annotated[
        str | None,
        Query(pattern=r"^[0-9]{2,12}$", description="区划代码；上级代码包含其下各级"),
    ] = None,
    cursor: CursorQuery = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页条数")] = 50,
) -> WarningsAnswer:
    """List warnings, a page at a time."""
    with parts.store.reading() as session:
        return page_of(session, Wanted(level or (), state or (), region), cursor, limit)
