from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from zaojie_cases.chain import GENESIS, Fault, Link, append, faults_of, head_of, link_hash
from zaojie_cases.store import Store
from zaojie_cases.store.schema import MIGRATIONS
from zaojie_cases.store.tables import ChainHeadRow, VaultReadRow
from zaojie_cases.vault.audit import Reading, check_readings, readings, record
from zaojie_cases.vault.register import keys_held

WRITERS, WRITES = 4, 10


def chain_of(contents: list[dict[str, object]]) -> list[Link]:
    links, head = [], GENESIS
    for number, content in enumerate(contents, 1):
        head = link_hash(head, number, content)
        links.append(Link(number, content, head))
    return links


def end_of(links: list[Link]) -> tuple[int, str]:
    return (links[-1].number, links[-1].hash) if links else (0, GENESIS)


CONTENTS = st.lists(
    st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers(), max_size=2),
    max_size=6,
)


@given(CONTENTS)
def test_a_chain_that_nobody_touched_has_no_faults(contents) -> None:
    links = chain_of(contents)
    assert faults_of(links, end_of(links)) == []


@given(CONTENTS.filter(bool), st.data())
def test_any_entry_that_is_changed_or_removed_is_found(contents, data) -> None:
    links = chain_of(contents)
    end, at = end_of(links), data.draw(st.integers(0, len(links) - 1))
    changed = Link(at + 1, {**links[at].content, "more": 1}, links[at].hash)
    assert Fault(at + 1, "changed") in faults_of([*links[:at], changed, *links[at + 1 :]], end)
    assert Fault(at + 1, "missing") in faults_of(links[:at] + links[at + 1 :], end)


def test_entries_that_changed_places_are_found() -> None:
    one, two, three = chain_of([{"a": 1}, {"a": 2}, {"a": 3}])
    swapped = [Link(1, two.content, two.hash), Link(2, one.content, one.hash), three]
    found = [fault.number for fault in faults_of(swapped, end_of([three]))]
    assert found == [1, 2, 3]
    # Moving up what stands after a removed entry does not help either.
    assert faults_of([one, Link(2, three.content, three.hash)], (3, three.hash))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        with store.session() as session:
            for number in range(4):
                reading = Reading(f"c{number}", "w7", "调解员", "回访", "电话13812345678")
                record(session, reading, parties=1)
        yield store


def faults(store: Store, noted: str | None = None) -> list[tuple[int, str]]:
    with store.reading() as session:
        return [(f.number, f.kind) for f in check_readings(session, noted).faults]


def test_the_reading_log_is_one_chain_and_its_notes_hold_no_identity(store: Store) -> None:
    assert faults(store) == []
    with store.reading() as session:
        assert [r.read_id for r in readings(session)] == [1, 2, 3, 4]
        assert [r.read_id for r in readings(session, "c2")] == [3]
        assert all("138" not in r.note for r in readings(session))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            update(VaultReadRow).where(VaultReadRow.read_id == 2).values(reader="x"),
            [(2, "changed")],
        ),
        (
            update(VaultReadRow).where(VaultReadRow.read_id == 2).values(case_id="c9"),
            [(2, "changed")],
        ),
        (
            update(VaultReadRow)
            .where(VaultReadRow.read_id == 2)
            .values(case_id=None, case_salt=None),
            [(2, "changed")],
        ),
        (delete(VaultReadRow).where(VaultReadRow.read_id == 2), [(2, "missing")]),
        (delete(VaultReadRow).where(VaultReadRow.read_id == 4), [(4, "missing")]),
        (delete(VaultReadRow), [(n, "missing") for n in (1, 2, 3, 4)]),
        (text("UPDATE vault_reads SET read_id = 6 - read_id WHERE read_id = 4"), [(2, "changed")]),
    ],
)
def test_rows_that_were_changed_or_removed_are_found(store: Store, damage, expected) -> None:
    with store.session() as session:
        if "6 - read_id" in str(damage):
            session.execute(delete(VaultReadRow).where(VaultReadRow.read_id == 2))
            expected = [(2, "changed"), (3, "changed"), (4, "missing")]
        session.execute(damage)
    assert faults(store) == expected


def test_a_whole_new_chain_is_found_by_a_head_that_was_noted(store: Store) -> None:
    with store.reading() as session:
        _, noted = head_of(session, "vault_reads")
    with store.session() as session:
        session.execute(delete(VaultReadRow))
        session.execute(delete(ChainHeadRow).where(ChainHeadRow.chain == "vault_reads"))
        record(session, Reading("c0", "w7", "调解员", "回访"), parties=1)
    with store.reading() as session:
        checked = check_readings(session, noted)
    assert (checked.faults, checked.noted_found) == ((), False)


def test_writers_at_the_same_time_make_one_chain(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'busy.db'}"
    with Store(url) as store:
        store.upgrade()

    def write(writer: int) -> None:
        with Store(url) as own:
            for _ in range(WRITES):
                with own.session() as session:
                    record(session, Reading("c1", f"w{writer}", "调解员", "回访"), parties=1)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with Store(url) as store, store.reading() as session:
        checked = check_readings(session)
    assert (checked.links, checked.faults) == (WRITERS * WRITES, ())


def test_a_chain_begins_by_itself_and_can_serve_another_log(store: Store) -> None:
    with store.session() as session:
        links = [append(session, "other", {"n": n}) for n in range(3)]
    with store.reading() as session:
        assert faults_of(links, head_of(session, "other")) == []
        assert session.scalars(select(ChainHeadRow.links).order_by("chain")).all() == [3, 0, 4]


def test_what_is_chained_is_plain_json() -> None:
    content = {"文": "字", "n": 1}
    again = json.loads(json.dumps(content))
    assert link_hash(GENESIS, 1, content) == link_hash(GENESIS, 1, again)


def test_what_was_read_before_the_chain_is_chained_in_its_order(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'old.db'}") as store:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with store.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0004")
            for read_id, case_id in ((7, "c7"), (9, "c9")):
                connection.execute(
                    text("INSERT INTO vault_reads VALUES (:id, :at, :case, 'w7', '回访', 1)"),
                    {"id": read_id, "at": "2026-03-02 01:05:00.000000", "case": case_id},
                )
            connection.execute(
                text(
                    "INSERT INTO cases (case_id, source_system, source_case_no, schema_version,"
                    " registered_at, other_region_codes, narrative_masked, narrative_form,"
                    " status, prior_case_ids, service_needs, scoring_opt_out, place, sketch,"
                    " content_hash) VALUES ('c7', 's', '7', 1, '2026-03-02 01:05:00.000000',"
                    " '[]', '', 'plain', 'open', '[]', '[]', 0, '', x'', '')"
                )
            )
            connection.execute(
                text("INSERT INTO vault_parties VALUES ('c7', 't', 'old key', 'd', x'00')")
            )
        store.upgrade()
        with store.reading() as session:
            found = [(r.read_id, r.case_id, r.at.hour, r.role) for r in readings(session)]
            assert found == [(1, "c7", 9, ""), (2, "c9", 9, "")]
            assert check_readings(session).faults == ()
            assert keys_held(session) == ["old key"]
