"""Database failures as sentences that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from zaojie_cases.errors import InputError, StoreError

_BUSY = (
    "数据库正被别的程序占用（锁住）：请等它写完，或关掉占用它的程序，然后重试；已写入的数据不受影响"
)
_FULL = "磁盘已满，没能写入数据库：请清理磁盘或换一个目录后重试；此前已提交的数据不受影响"
_READ_ONLY = "数据库是只读的：请给数据库文件和它所在的目录写权限，或用 ZAOJIE_HOME 换一个目录"
_CANNOT_OPEN = "打不开数据库文件：请检查目录是否存在、有没有读写权限"
_BROKEN = "这个文件不是早解的数据库，或已损坏：请核对 ZAOJIE_DATABASE_URL，或从备份恢复"
_DISK = "读写数据库文件时磁盘出错：请检查磁盘空间和磁盘状态后重试"
_NO_TABLES = "数据库还没有建表或版本太旧：请先运行 zaojie import 或 zaojie serve，会自动建表和升级"
_DENIED = "数据库拒绝了登录或操作：请检查 ZAOJIE_DATABASE_URL 里的用户、口令和权限"
_UNREACHABLE = "连不上数据库：请检查 ZAOJIE_DATABASE_URL 和数据库服务是否在运行"
_OTHER = "数据库操作失败：请重试；若仍失败，请把日志交给管理员"

_SENTENCES = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": _CANNOT_OPEN,
    "SQLITE_NOTADB": _BROKEN,
    "SQLITE_CORRUPT": _BROKEN,
    "SQLITE_IOERR": _DISK,
    "25006": _READ_ONLY,
    "28": _DENIED,
    "3D000": _UNREACHABLE,
    "40": _BUSY,
    "42501": _DENIED,
    "42703": _NO_TABLES,
    "42P01": _NO_TABLES,
    "53100": _FULL,
    "53300": _BUSY,
    "55P03": _BUSY,
    "57P": _UNREACHABLE,
    "58": _DISK,
    "08": _UNREACHABLE,
}
"""By the beginning of SQLite's error name or of PostgreSQL's SQLSTATE."""


@contextmanager
def spoken() -> Iterator[None]:
    """Turn a failure of the database into a StoreError with a Chinese sentence.

    IntegrityError passes: it is about the rows, and only the caller knows what they mean.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DataError as error:
        raise InputError(
            "内容里有数据库不能保存的字符或数值（如空字符、过长的编号）：请清理后重试"
        ) from error
    except DBAPIError as error:
        raise StoreError(_sentence(error)) from error
    except PoolTimeout as error:
        raise StoreError(_BUSY) from error


def _sentence(error: DBAPIError) -> str:
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    if name is None:
        # SQLite: bytes that are no text where text should be. Psycopg: no connection.
        return _BROKEN if isinstance(cause, sqlite3.Error) else _UNREACHABLE
    if name == "SQLITE_ERROR" and str(cause).startswith("no such"):
        return _NO_TABLES
    return next((text for code, text in _SENTENCES.items() if name.startswith(code)), _OTHER)
