"""Bringing a database to the schema of this code."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, ProgrammingError

from zaojie_cases.errors import StoreError
from zaojie_cases.store.failures import spoken

MIGRATIONS = Path(__file__).parent / "migrations"

_one_at_a_time = Lock()  # Alembic keeps the running migration in module globals


def upgrade(writer: Engine) -> None:
    """Run the missing migrations in one transaction; a database at head is left alone.

    Raises StoreError if the database was made by newer code.
    """
    with _one_at_a_time, spoken():
        try:
            _run(writer)
        except (IntegrityError, ProgrammingError):
            # PostgreSQL: another process made the same tables first, and has finished by now.
            _run(writer)


def _run(writer: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writer.begin() as connection:
        config.attributes["connection"] = connection
        _refuse_newer(config, connection)
        command.upgrade(config, "head")


def _refuse_newer(config: Config, connection: Connection) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if not known.issuperset(MigrationContext.configure(connection).get_current_heads()):
        raise StoreError("这个数据库是更新版本的早解建立的，本版本不能读写：请先升级早解再打开它")
