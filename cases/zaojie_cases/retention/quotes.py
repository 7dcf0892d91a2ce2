"""What other tables quote of narratives that are sealed.

A reason that rests on words says so by ``spans``, its places in the narrative: scores and
warnings have such objects in their JSON columns, and so has whatever is stored of them
later. The figures stay; the words go, and come back when an unsealed case is scored again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Text, and_, cast
from sqlalchemy.orm import Session

from zaojie_cases.retention.removal import json_columns, reflected, rewrite_json, rows_of
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import CaseRow

_PLACES = "spans"


def remove_quotes(session: Session, case_ids: Collection[str]) -> None:
    """Take the words of the cases' narratives out of the rows that belong to them."""
    for table, column in json_columns(reflected(session)):
        belongs = None if table.name == CaseRow.__tablename__ else rows_of(table, case_ids)
        if belongs is not None:
            quotes = cast(column, Text).contains(f'"{_PLACES}"')
            rewrite_json(session, table, column, and_(belongs, quotes), _without_words)


def _without_words(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_without_words(part) for part in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_words(part) for key, part in value.items()}
    if _PLACES in kept:
        kept[_PLACES] = []
        if kept.get("kind") == "word":
            kept |= dict.fromkeys({"name", "text"} & kept.keys(), SEALED_MARK)
    return kept
