"""Removing cases from every table of the database.

Which rows belong to a case is read from the database itself: a column ``case_id``, a
reference to ``cases``, or a reference to a row that goes. So tables that other rooms define,
or that are added later, are covered. Logs that are hash chains keep their rows and lose the
case: see :mod:`zaojie_cases.chain`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from zaojie_cases.store.repository import Store

_CASES = "cases"
_CHAINED = "entry_hash"


def reflected(session: Session) -> MetaData:
    """Return the tables of the database as they are."""
    metadata = MetaData()
    metadata.reflect(session.connection())
    return metadata


def remove_cases(session: Session, tables: MetaData, case_ids: Collection[str]) -> dict[str, int]:
    """Remove ``case_ids`` from all ``tables``; return how many rows went, by table."""
    overwrite_what_goes(session)
    counts = {}
    for table in reversed(tables.sorted_tables):
        belongs = _belongs(table, case_ids, frozenset())
        if belongs is None:
            continue
        statement = (
            update(table).values(case_id=None, case_salt=None)
            if _CHAINED in table.c
            else delete(table)
        )
        matched = session.scalar(select(func.count()).select_from(table).where(belongs)) or 0
        if matched:
            session.execute(statement.where(belongs))
            counts[table.name] = matched
    return counts


def remove_references(session: Session, tables: MetaData, case_id: str) -> int:
    """Take ``case_id`` out of the JSON lists of other rows; return how many rows changed."""
    changed = 0
    for table in tables.sorted_tables:
        for column in table.c:
            if isinstance(column.type, JSON) and _CHAINED not in table.c:
                changed += _cleaned(session, table, column, case_id)
    return changed


def _belongs(
    table: Table, case_ids: Collection[str], above: frozenset[str]
) -> ColumnElement[bool] | None:
    """Return the condition for the rows of ``table`` that go, None if there can be none."""
    conditions = [column.in_(case_ids) for column in table.c if column.name == "case_id"]
    for key in table.foreign_keys:
        parent = key.column.table
        if parent.name == _CASES:
            conditions.append(key.parent.in_(case_ids))
        elif parent.name not in above | {table.name}:
            of_parent = _belongs(parent, case_ids, above | {table.name})
            if of_parent is not None:
                conditions.append(key.parent.in_(select(key.column).where(of_parent)))
    return or_(*conditions) if conditions else None


def _cleaned(session: Session, table: Table, column: Any, case_id: str) -> int:  # noqa: ANN401
    keys = list(table.primary_key)
    quoted = json.dumps(case_id, ensure_ascii=False)
    found = session.execute(
        select(*keys, column).where(cast(column, Text).contains(quoted, autoescape=True))
    ).all()
    rows = [(row[:-1], _without(row[-1], case_id)) for row in found]
    changes = [
        {f"key_{i}": value for i, value in enumerate(key)} | {"new": new} for key, new in rows
    ]
    if changes:
        same = [key == bindparam(f"key_{i}") for i, key in enumerate(keys)]
        statement = update(table).where(*same).values({column: bindparam("new")})
        session.connection().execute(statement, changes)
    return len(changes)


def _without(value: Any, case_id: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_without(part, case_id) for part in value if part != case_id]
    if isinstance(value, dict):
        return {
            key: None if part == case_id else _without(part, case_id) for key, part in value.items()
        }
    return value


def overwrite_what_goes(session: Session) -> None:
    """Let SQLite write zeros over what this transaction removes or changes."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON")


def overwrite_freed(store: Store) -> None:
    """Let what was removed disappear from SQLite's log too; elsewhere the server sees to it.

    While another process reads, SQLite does it when that process has finished.
    """
    if store.engine.dialect.name != "sqlite":
        return
    connection = store.engine.raw_connection()  # in a transaction it is not allowed
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return the sums of ``counts`` by their names."""
    found: dict[str, int] = {}
    for count in counts:
        for name, number in count.items():
            found[name] = found.get(name, 0) + number
    return found
