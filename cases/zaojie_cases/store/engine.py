"""Opening the database: SQLite in WAL mode by default, PostgreSQL by address."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from zaojie_cases.errors import ConfigError, MissingExtraError, StoreError

BUSY_SECONDS = 30.0
"""How long SQLite waits for another writer; ``?timeout=`` in the address overrides it."""

_WRITES = "zaojie_writes"
_OPTIONS: dict[str, Any] = {
    "hide_parameters": True,  # they hold narratives, which belong in no message
    "json_serializer": partial(json.dumps, ensure_ascii=False),
}


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; directories of a SQLite file are created.

    Raises ConfigError for a bad address, MissingExtraError without the driver.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return _prepared(create_engine(_with_directory(address), **_OPTIONS))
        return create_engine(address, pool_pre_ping=True, **_OPTIONS)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "数据库地址写得不对：请用 sqlite:///文件路径 或 postgresql://用户@主机/库名",
            field="ZAOJIE_DATABASE_URL",
        ) from error
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"这个数据库地址需要 Python 包 {error.name}：请先安装它，或改用 SQLite 地址",
            field="ZAOJIE_DATABASE_URL",
        ) from error


def for_reading(engine: Engine) -> Engine:
    """Return ``engine`` for transactions that see one state of the database throughout."""
    if engine.dialect.name == "sqlite":  # knows no other kind
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def for_writing(engine: Engine) -> Engine:
    """Return ``engine`` for transactions that are going to write."""
    return engine.execution_options(**{_WRITES: True})


def _with_directory(address: URL) -> URL:
    directory = Path(address.database or "").parent
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"不能建立数据目录 {directory}：请检查权限，或用 ZAOJIE_HOME 指定一个可写的目录"
        ) from error
    return address.update_query_dict({"timeout": address.query.get("timeout", str(BUSY_SECONDS))})


def _prepared(engine: Engine) -> Engine:
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late (not before SELECT or DDL): _on_begin sends it.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    _switch_to_wal(connection)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """WAL stays with the file; only the first switch needs the file to itself.

    SQLite does not wait for a busy file here whatever the timeout, so we do.
    """
    (milliseconds,) = connection.execute("PRAGMA busy_timeout").fetchone()
    give_up = time.monotonic() + milliseconds / 1000
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if not busy or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _on_begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can lose its place to another writer
    # and fail at once; taking the write lock at the start makes it wait instead.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
