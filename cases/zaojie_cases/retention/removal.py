"""Removing cases from every table of the database.

Which rows belong to a case is read from the database itself: a column ``case_id``, a
reference to ``cases``, or a reference to a row that goes. So tables that other rooms define,
or that are added later, are covered. Logs that are hash chains keep their rows and lose the
case: see :mod:`zaojie_cases.chain`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
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

from zaojie_cases.hotspots.tables import AssignmentRow, GroupMatterRow
from zaojie_cases.hotspots.words import LEAST_HOLDERS
from zaojie_cases.store.repository import Store
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import CaseRow

_CASES = CaseRow.__tablename__
_CHAINED = "entry_hash"
_ROWS_AT_ONCE = 200


def reflected(session: Session) -> MetaData:
    """Return the tables of the database as they are."""
    metadata = MetaData()
    metadata.reflect(session.connection())
    return metadata


def remove_cases(session: Session, tables: MetaData, case_ids: Collection[str]) -> dict[str, int]:
    """Remove ``case_ids`` from all ``tables``; return how many rows went, by table."""
    overwrite_what_goes(session)
    remove_shared_words(session, case_ids)
    counts = {}
    for table in reversed(tables.sorted_tables):
        belongs = rows_of(table, case_ids)
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


def remove_shared_words(session: Session, case_ids: Collection[str]) -> None:
    """Take away the typical words of group matters of which too few texts will be left.

    Call it while the cases are assigned still. With :data:`LEAST_HOLDERS` other texts a
    wording is nobody's own.
    """
    touched = select(AssignmentRow.matter_id).where(AssignmentRow.case_id.in_(case_ids))
    left = (
        select(func.count())
        .select_from(AssignmentRow)
        .join(CaseRow, CaseRow.case_id == AssignmentRow.case_id)
        .where(
            AssignmentRow.matter_id == GroupMatterRow.matter_id,
            CaseRow.case_id.not_in(case_ids),
            CaseRow.narrative_masked != SEALED_MARK,
        )
        .correlate(GroupMatterRow)
        .scalar_subquery()
    )
    session.execute(
        update(GroupMatterRow)
        .where(GroupMatterRow.matter_id.in_(touched), left < LEAST_HOLDERS)
        .values(words=[])
        .execution_options(synchronize_session=False)
    )


def remove_references(session: Session, tables: MetaData, case_id: str) -> int:
    """Take ``case_id`` out of the JSON lists of other rows; return how many rows changed."""
    quoted = json.dumps(case_id, ensure_ascii=False)
    return sum(
        rewrite_json(
            session,
            table,
            column,
            cast(column, Text).contains(quoted, autoescape=True),
            partial(_without, case_id=case_id),
        )
        for table, column in json_columns(tables)
    )


def json_columns(tables: MetaData) -> Iterator[tuple[Table, Column[Any]]]:
    """Yield the JSON columns of all tables that are no hash chains."""
    for table in tables.sorted_tables:
        if _CHAINED not in table.c:
            yield from ((table, column) for column in table.c if isinstance(column.type, JSON))


def rows_of(
    table: Table, case_ids: Collection[str], above: frozenset[str] = frozenset()
) -> ColumnElement[bool] | None:
    """Return the condition for the rows of ``table`` that belong to cases, None if none can.

    ``above``: tables on the way here, which are not asked again.
    """
    conditions = [column.in_(case_ids) for column in table.c if column.name == "case_id"]
    for key in table.foreign_keys:
        parent = key.column.table
        if parent.name == _CASES:
            conditions.append(key.parent.in_(case_ids))
        elif parent.name not in above | {table.name}:
            of_parent = rows_of(parent, case_ids, above | {table.name})
            if of_parent is not None:
                conditions.append(key.parent.in_(select(key.column).where(of_parent)))
    return or_(*conditions) if conditions else None


def rewrite_json(
    session: Session,
    table: Table,
    column: Column[Any],
    where: ColumnElement[bool],
    change: Callable[[Any], Any],
) -> int:
    """Put ``change`` of each value of a JSON column in its place; return how many rows."""
    keys = list(table.primary_key)
    same = [key == bindparam(f"key_{i}") for i, key in enumerate(keys)]
    statement = update(table).where(*same).values({column: bindparam("new")})
    chosen = select(*keys, column).where(where).execution_options(yield_per=_ROWS_AT_ONCE)
    count = 0
    for rows in session.execute(chosen).partitions():
        changes = [
            {f"key_{i}": key for i, key in enumerate(row[:-1])} | {"new": change(row[-1])}
            for row in rows
        ]
        session.connection().execute(statement, changes)
        count += len(changes)
    return count


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


def overwrite_freed(store: Store) -> bool:
    """Let what was removed disappear from SQLite's files too; elsewhere the server sees to it.

    Returns False if another process reads what was there before and does not end in time.
    """
    if store.engine.dialect.name != "sqlite":
        return True
    connection = store.engine.raw_connection()  # in a transaction it is not allowed
    try:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        connection.close()


def total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return the sums of ``counts`` by their names."""
    found: dict[str, int] = {}
    for count in counts:
        for name, number in count.items():
            found[name] = found.get(name, 0) + number
    return found
