from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError

from zaojie_cases.errors import ConfigError, InputError
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind, Outcome, Party
from zaojie_cases.retention import due
from zaojie_cases.retention.policy import CaseTerms, RetentionPolicy, load_retention
from zaojie_cases.retention.run import Retention
from zaojie_cases.retention.sealed_texts import unseal
from zaojie_cases.store import Entry, ImportCount, Store, merge
from zaojie_cases.store.sealed import SEALED_MARK, without_sealed_texts
from zaojie_cases.store.tables import CaseRow, ReceiptRow, VaultPartyRow, VaultTextRow
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.access import load_access
from zaojie_cases.vault.audit import Reading, check_readings, check_receipts, readings

NOW = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
POLICY = RetentionPolicy(
    version="t1",
    cases=CaseTerms(seal_after_days=730, delete_after_days=1825),
    files={"rejects": 90, "exports": 30},
)
TEXT = "楼上漏水三年，找过物业多次没人管。"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


@pytest.fixture
def vault(store: Store) -> Vault:
    return Vault(store, KEY)


def step(
    case_id: str, kind: str, days_ago: float, known_days_ago: float | None = None
) -> CaseEvent:
    at, known = days_ago, days_ago if known_days_ago is None else known_days_ago
    return CaseEvent(
        event_id=f"{kind}-{days_ago}",
        case_id=case_id,
        at=NOW - timedelta(days=at),
        recorded_at=NOW - timedelta(days=known),
        kind=EventKind(kind),
        payload={"note": "双方到场", "times": 2},
    )


def row(case_id: str, *events: tuple[float, ...] | tuple[str, float], status: str = "open") -> Row:
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=f"no-{case_id}",
        registered_at=NOW - timedelta(days=3000),
        category_code="0299",
        narrative_masked=TEXT,
        status=status,
    )
    outcome = Outcome(case_id=case_id, outcome_code="R1", observed_at=NOW, source_system="county")
    party = Party(party_token="", case_id=case_id, identity={"id_no": f"N{case_id}"})
    timeline = tuple(step(case_id, *given) for given in events)
    return Row(
        number=2,
        source_id=case_id,
        case=case,
        events=timeline,
        outcomes=(outcome,),
        parties=(party,),
    )


def job(store: Store, home: Path, **more: object) -> Retention:
    given = {"policy": POLICY, "now": NOW, "ring": KeyRing(VaultKey(KEY))} | more
    return Retention(store, home, **given)


def chosen(store: Store, what: str) -> list[str]:
    select_due = {"seal": due.due_to_seal, "delete": due.due_to_delete}[what](POLICY.cases, NOW)
    with store.reading() as session:
        return list(session.scalars(select_due))


@pytest.mark.parametrize(
    ("events", "status", "what"),
    [
        ([], "open", None),
        ([("session", 2900)], "open", None),
        ([("closed", 700)], "open", None),
        ([("closed", 731)], "open", "seal"),
        ([("closed", 1824)], "settled", "seal"),
        ([("closed", 1826)], "open", "delete"),
        ([("closed", 2500), ("reopened", 2400)], "open", None),
        ([("closed", 2500), ("reopened", 2400)], "settled", None),
        ([("closed", 2500), ("reopened", 2400), ("closed", 800)], "settled", "seal"),
        ([("reopened", 2400)], "settled", None),
        # Entered late: it counts from when it was entered.
        ([("closed", 2500, 100)], "open", None),
        # Without a closing the last thing that is known counts; without anything, nothing is due.
        ([("session", 2000)], "failed", "delete"),
        ([], "settled", None),
    ],
)
def test_only_what_was_closed_long_enough_ago_is_due(store: Store, events, status, what) -> None:
    store.add_rows([row("c1", *events, status=status)])
    expected = {
        "seal": ["c1"] if what == "seal" else [],
        "delete": ["c1"] if what == "delete" else [],
    }
    assert {name: chosen(store, name) for name in expected} == expected
    with store.reading() as session:
        assert due.undated(session) == (status == "settled" and not events)


def rows() -> list[Row]:
    return [
        row("open"),
        row("new", ("closed", 10)),
        row("seal", ("session", 900), ("closed", 800)),
        row("gone", ("closed", 2000)),
    ]


def test_sealed_keeps_codes_times_and_outcomes_and_no_text(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    done = job(store, tmp_path).run()
    case, events = store.case("seal"), store.events("seal")
    assert case and case.narrative_masked == SEALED_MARK and case.scoring_opt_out
    assert case.category_code == "0299" and store.outcomes("seal")
    assert [dict(e.payload) for e in events] == [{"times": 2}, {"times": 2}]
    assert [e.kind for e in events] == [EventKind.SESSION, EventKind.CLOSED]
    with store.reading() as session:
        assert session.scalars(select(CaseRow.sketch).where(CaseRow.case_id == "seal")).all() == [
            b""
        ]
        assert "漏水".encode() not in session.scalars(select(VaultTextRow.sealed)).one()
    assert (done.body["sealed"], done.body["deleted"]) == (1, 1)
    for untouched in ("open", "new"):
        assert (found := store.case(untouched)) and found.narrative_masked == TEXT


def test_no_byte_of_a_sealed_text_is_left_in_the_database(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    given = rows()[2]
    assert given.case
    long = given.case.model_copy(update={"narrative_masked": TEXT * 300})  # more than a page
    store.add_rows([replace(given, case=long)], vault)
    store.close()
    # Some builds of SQLite overwrite what is freed by themselves.
    event.listen(store.engine, "connect", lambda db, _: db.execute("PRAGMA secure_delete = OFF"))
    job(store, tmp_path).run()
    for path in tmp_path.glob("zaojie.db*"):
        assert not any(words.encode() in path.read_bytes() for words in (TEXT, "双方到场")), path


def test_what_is_deleted_takes_its_vault_rows_along(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    vault.read("gone", reader="w7", role="审计员", purpose="审计")
    done = job(store, tmp_path).run()
    assert store.case("gone") is None
    assert done.body["rows"] == {
        "case_events": 1, "outcomes": 1, "vault_parties": 1, "vault_reads": 1, "cases": 1,
    }  # fmt: skip
    with store.reading() as session:
        left = set(session.scalars(select(VaultPartyRow.case_id)))
        assert left == {"open", "new", "seal"}
        assert [r.case_id for r in readings(session)] == [None]
        assert check_readings(session).faults == check_receipts(session).faults == ()


def test_a_second_run_has_nothing_to_do_and_an_import_brings_no_text_back(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    job(store, tmp_path).run()
    entries = [Entry(r.case, r.events, r.outcomes, r.parties) for r in rows()[:3] if r.case]
    with store.session() as session:
        count = merge(session, without_sealed_texts(session, entries), vault)
    assert count == ImportCount(unchanged=3)
    assert (case := store.case("seal")) and case.narrative_masked == SEALED_MARK
    plan = job(store, tmp_path).plan()
    assert (plan.delete, plan.seal) == (0, 0)


def test_a_sealed_case_whose_source_row_changed_is_sealed_again(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    job(store, tmp_path).run()
    again = rows()[2].case
    assert again
    store.add_case(again.model_copy(update={"narrative_masked": TEXT + "又来。"}))
    assert job(store, tmp_path).run().body["sealed"] == 1
    unsealed(store)
    assert (case := store.case("seal")) and case.narrative_masked == TEXT + "又来。"


def unsealed(store: Store, days: int = 30) -> datetime:
    reading = Reading("seal", "w7", "中心负责人", "启封案情", "电话13812345678")
    return unseal(store, KeyRing(VaultKey(KEY)), load_access(), reading, days)


def test_unsealing_gives_everything_back_and_is_written_down(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    before = store.case("seal"), store.events("seal"), sketch(store)
    job(store, tmp_path).run()
    until = unsealed(store)
    assert (store.case("seal"), store.events("seal"), sketch(store)) == before
    with store.reading() as session:
        (read,) = readings(session)
        assert (read.case_id, read.reader, read.purpose) == ("seal", "w7", "启封案情")
    assert job(store, tmp_path).plan().seal == 0, "it stays open for a while"
    assert job(store, tmp_path, now=until + timedelta(minutes=1)).plan().seal == 1
    with pytest.raises(InputError, match="没有封存"):
        unsealed(store)


def sketch(store: Store) -> bytes:
    with store.reading() as session:
        return session.scalars(select(CaseRow.sketch).where(CaseRow.case_id == "seal")).one()


def test_unsealing_needs_role_and_purpose(store: Store, vault: Vault, tmp_path: Path) -> None:
    store.add_rows(rows(), vault)
    job(store, tmp_path).run()
    for reading in (
        Reading("seal", "w7", "调解员", "启封案情"),
        Reading("seal", "", "中心负责人", "启封案情"),
    ):
        with pytest.raises(InputError):
            unseal(store, KeyRing(VaultKey(KEY)), load_access(), reading, 30)
    assert (case := store.case("seal")) and case.narrative_masked == SEALED_MARK


def test_without_a_key_nothing_is_sealed_and_all_else_is_done(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    done = job(store, tmp_path, ring=None).run()
    assert (done.refused, done.body["sealed"], done.body["deleted"]) == (1, 0, 1)
    assert (case := store.case("seal")) and case.narrative_masked == TEXT


def test_a_plan_changes_nothing(store: Store, vault: Vault, tmp_path: Path) -> None:
    store.add_rows(rows(), vault)
    before = list(store.iter_cases())
    plan = job(store, tmp_path).plan()
    assert (plan.delete, plan.seal, plan.undated) == (1, 1, 0)
    assert list(store.iter_cases()) == before
    assert not (tmp_path / "receipts").exists()


def test_old_files_go_and_links_are_not_followed(store: Store, tmp_path: Path) -> None:
    outside = old_file(tmp_path / "outside.csv", 400)
    kept = [
        old_file(tmp_path / "rejects" / "new.csv", 89),
        old_file(tmp_path / "exports" / "a" / "new.csv", 29),
        old_file(tmp_path / "bundles" / "x", 900),
        outside,
    ]
    gone = [
        old_file(tmp_path / "rejects" / "a.csv", 91),
        old_file(tmp_path / "exports" / "a" / "b.xlsx", 31),
    ]
    (tmp_path / "exports" / "link.csv").symlink_to(outside)
    done = job(store, tmp_path).run()
    assert done.body["files"] == {"rejects": 1, "exports": 1}
    assert all(path.exists() for path in kept) and not any(path.exists() for path in gone)


def old_file(path: Path, days: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    then = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    return path


def test_an_interrupted_run_is_finished_and_summed_up_by_the_next(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows([row(f"c{n}", ("closed", 800)) for n in range(5)], vault)
    stop = "BEGIN SELECT RAISE(ABORT, 'stopped'); END"
    with store.session() as session:
        when = "BEFORE INSERT ON vault_texts WHEN NEW.case_id = 'c3'"
        session.execute(text(f"CREATE TRIGGER stopping {when} {stop}"))
    with pytest.raises(IntegrityError, match="stopped"):
        job(store, tmp_path, batch=2).run()
    assert job(store, tmp_path).plan().seal == 3, "a batch is sealed whole or not at all"
    with store.session() as session:
        session.execute(text("DROP TRIGGER stopping"))
    done = job(store, tmp_path, batch=2).run()
    assert done.body["sealed"] == 5, "the batches of both runs"
    assert job(store, tmp_path).run().body["sealed"] == 0


def test_a_receipt_names_nobody_and_comes_back_if_it_is_lost(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows(rows(), vault)
    path = job(store, tmp_path).run().path
    text = path.read_text(encoding="utf-8")
    assert not re.search('no-|seal"|gone"|漏水', text)
    found = json.loads(text)
    assert (found["policy"], found["kind"]) == ("t1", "retention")
    with store.reading() as session:
        row_ = session.scalars(select(ReceiptRow).where(ReceiptRow.kind == "retention")).one()
        assert found["chain"] == {"number": row_.number, "hash": row_.entry_hash}
    path.unlink()
    job(store, tmp_path).run()
    assert path.read_text(encoding="utf-8") == text
    with store.session() as session:
        session.execute(
            update(ReceiptRow).where(ReceiptRow.number == 1).values(body={"tables": {}})
        )
    with store.reading() as session:
        assert [f.number for f in check_receipts(session).faults] == [1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("cases: {}", "version：缺少这一项"),
        ("version: '1'", "cases：缺少这一项"),
        ("version: '1'\ncases: {seal_after_days: 0}", r"cases\.seal_after_days：应不小于 1"),
        ("version: '1'\ncases: {seal_after_days: 两年}", r"cases\.seal_after_days：应为整数"),
        ("version: '1'\ncases: {close_after: 3}", r"cases\.close_after：没有这样的选项"),
        ("version: '1'\ncases: {}\nfiles: {../etc: 3}", "files"),
        ("version: '1'\ncases: {}\nfiles: {bundles: 3}", "files 里不能写 bundles"),
        ("version: '1'\ncases: {}\nfiles: {rejects: -1}", r"files\.rejects"),
        (
            "version: '1'\ncases: {seal_after_days: 9, delete_after_days: 9}",
            "要小于 delete_after_days",
        ),
    ],
)
def test_a_policy_is_checked_field_by_field(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load_retention(path)


def test_the_policy_that_ships_is_two_and_five_years() -> None:
    shipped = load_retention()
    assert (shipped.cases.seal_after_days, shipped.cases.delete_after_days) == (730, 1825)
    assert set(shipped.files.values()) == {90}
