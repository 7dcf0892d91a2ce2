from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from zaojie_cases.errors import ConfigError, MissingExtraError, StoreError
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store import Store

SECRET = "不该出现在报错里的叙述"


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    opened: list[Store] = []

    def opener(path: Path = tmp_path / "zaojie.db", query: str = "") -> Store:
        opened.append(Store(f"sqlite:///{path}{query}"))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


def make_case(narrative: str = SECRET) -> Case:
    return Case(
        case_id="c1",
        source_system="county",
        source_case_no="1",
        registered_at=datetime(2026, 3, 2, tzinfo=SHANGHAI),
        narrative_masked=narrative,
    )


def says(error: pytest.ExceptionInfo[StoreError], words: str) -> bool:
    everything = f"{error.value} {error.value.__cause__}"
    return words in error.value.message and SECRET not in everything


def test_directories_are_made_and_odd_paths_are_fine(
    tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    path = tmp_path / "早解 100%" / "数据" / "zaojie.db"
    store = open_store(path)
    store.upgrade()
    store.add_case(make_case())
    assert path.is_file()
    with store.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_locked_database_says_so_and_works_again_afterwards(
    tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    store = open_store(query="?timeout=0.05")
    store.upgrade()
    other = sqlite3.connect(tmp_path / "zaojie.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        store.add_case(make_case())
    assert says(caught, "锁住")
    assert store.case("c1") is None, "readers are not locked out"
    other.close()
    store.add_case(make_case())
    assert store.case("c1") == make_case()


def test_a_database_locked_before_it_is_ever_opened_says_so(
    tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    other = sqlite3.connect(tmp_path / "zaojie.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError) as caught:
        open_store(query="?timeout=0.05").upgrade()
    assert says(caught, "锁住")
    other.close()


def test_a_full_disk_says_so_and_keeps_what_was_committed(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    store.upgrade()
    store.add_case(make_case())
    with store.engine.connect() as connection:  # the pool hands the same connection out again
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as caught:
        store.add_case(make_case(SECRET * 1_500))
    assert says(caught, "磁盘已满")
    assert store.case("c1") == make_case()


def test_a_file_that_is_no_database_says_so(
    tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    (tmp_path / "zaojie.db").write_text("这不是数据库。" * 500, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        open_store().upgrade()
    assert says(caught, "不是早解的数据库")


def test_a_directory_in_the_place_of_the_file_says_so(
    tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    (tmp_path / "zaojie.db").mkdir()
    with pytest.raises(StoreError) as caught:
        open_store().upgrade()
    assert says(caught, "打不开数据库文件")


def test_a_file_in_the_place_of_the_directory_says_so(
    tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "data" / "zaojie.db")
    assert says(caught, "不能建立数据目录")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of a POSIX system")
@pytest.mark.parametrize("has_database", [True, False])
def test_a_directory_without_write_permission_says_so(has_database: bool) -> None:
    with TemporaryDirectory() as name:  # tmp_path is closed to the user that root becomes
        directory = Path(name)
        url = f"sqlite:///{directory / 'zaojie.db'}"
        if has_database:
            with Store(url) as store:
                store.upgrade()
        for path in [*directory.iterdir(), directory]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with as_nobody(), pytest.raises(StoreError) as caught, Store(url) as store:
            store.upgrade()
            store.add_case(make_case())
        directory.chmod(0o755)
    assert says(caught, "权限")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Permissions do not bind root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_database_of_newer_code_is_left_alone(open_store: Callable[..., Store]) -> None:
    store = open_store()
    store.upgrade()
    store.add_case(make_case())
    with store.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as caught:
        store.upgrade()
    assert says(caught, "请先升级早解")
    assert store.case("c1") == make_case()


def test_a_database_without_tables_says_what_to_run(open_store: Callable[..., Store]) -> None:
    with pytest.raises(StoreError) as caught:
        open_store().add_case(make_case())
    assert says(caught, "zaojie import")


@pytest.mark.parametrize("url", ["", "zaojie.db", "nonsense://somewhere/db"])
def test_a_bad_address_says_what_a_good_one_looks_like(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///"):
        Store(url)


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(MissingExtraError, match="MySQLdb"):
        Store("mysql+mysqldb://user@localhost/zaojie")


def test_bytes_that_are_no_text_are_called_damage_and_no_lost_connection(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    store.upgrade()
    store.add_case(make_case())
    with store.session() as session:
        session.execute(text("UPDATE cases SET narrative_masked = CAST(x'ff' AS TEXT)"))
    with pytest.raises(StoreError) as caught:
        store.case("c1")
    assert says(caught, "从备份恢复")
