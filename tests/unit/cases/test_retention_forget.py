from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from pydantic import SecretStr
from sqlalchemy import event, select, text

from zaojie_cases.errors import InputError
from zaojie_cases.importing import Row
from zaojie_cases.importing.run import import_file
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind, Outcome, Party
from zaojie_cases.retention.forget import forget, is_receipt_of
from zaojie_cases.retention.places import Wanted, sweep
from zaojie_cases.store import Entry, Store
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.store.tombstones import forgotten_keys
from zaojie_cases.vault import Vault
from zaojie_cases.vault.audit import check_readings, check_receipts, readings

KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
AT = datetime(2026, 3, 2, tzinfo=SHANGHAI)
ID, NUMBER, SECRET = "c0123456789abcdef", "赣调2026-00017", "独一无二的滴水檐"
OTHER, OTHER_NUMBER = "cfedcba9876543210", "赣调2026-00018"


def row(
    case_id: str, number: str, narrative: str = "邻里纠纷", priors: tuple[str, ...] = ()
) -> Row:
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=number,
        registered_at=AT,
        narrative_masked=narrative,
        prior_case_ids=priors,
    )
    session = CaseEvent(
        event_id="e", case_id=case_id, at=AT, recorded_at=AT, kind=EventKind.SESSION
    )
    outcome = Outcome(case_id=case_id, outcome_code="R1", observed_at=AT, source_system="county")
    party = Party(party_token="", case_id=case_id, identity={"id_no": f"N{case_id}"})
    return Row(
        number=2,
        source_id=case_id,
        case=case,
        events=(session,),
        outcomes=(outcome,),
        parties=(party,),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        vault = Vault(store, KEY)
        given = [row(ID, NUMBER, SECRET), row(OTHER, OTHER_NUMBER, priors=(ID, "c0"))]
        store.add_rows(given, vault)
        vault.read(ID, reader="w7", role="审计员", purpose="审计")
        vault.read(OTHER, reader="w7", role="审计员", purpose="审计")
        yield store


def test_no_row_of_any_table_and_no_byte_of_the_database_is_left(
    store: Store, tmp_path: Path
) -> None:
    import zaojie_serving.tables  # noqa: F401  (its tables are in the database, not in this room)

    store.close()
    # Some builds of SQLite overwrite what is freed by themselves.
    event.listen(store.engine, "connect", lambda db, _: db.execute("PRAGMA secure_delete = OFF"))
    with store.session() as session:
        session.execute(
            text("INSERT INTO scores VALUES ('s1', :id, :at, 'b', 'p', 'h', 'red', '{}');"),
            {"id": ID, "at": "2026-03-02 00:00:00"},
        )
        session.execute(
            text(
                "INSERT INTO warnings (warning_id, case_id, score_id, level, state, addressee,"
                " policy_version, suggested_action, issued_at, valid_until, reasons,"
                " cannot_use_for) VALUES ('w1', :id, 's1', 'red', 'issued', 'a', 'p', '', :at,"
                " :at, '[]', '')"
            ),
            {"id": ID, "at": "2026-03-02 00:00:00"},
        )
        session.execute(
            text(
                "INSERT INTO warning_trail (warning_id, at, who, what, level, state, why)"
                " VALUES ('w1', '2026-03-02 00:00:00', 'w', 'x', 'red', 'issued', '')"
            )
        )
        session.execute(text("CREATE TABLE later (n INTEGER PRIMARY KEY, case_id TEXT)"))
        session.execute(
            text("INSERT INTO later VALUES (1, :id), (2, :other)"), {"id": ID, "other": OTHER}
        )
    done = forget(store, tmp_path, NUMBER, who="w1", why="当事人申请")
    assert done.body["tables"] == {
        "case_events": 1, "cases": 1, "later": 1, "outcomes": 1, "scores": 1, "vault_parties": 1,
        "vault_reads": 1, "warning_trail": 1, "warnings": 1,
    }  # fmt: skip
    assert store.case(ID) is None and (other := store.case(OTHER))
    assert (done.body["references"], other.prior_case_ids) == (1, ("c0",))
    for path in tmp_path.rglob("*"):  # the log too: the store is open still
        content = path.read_bytes() if path.is_file() else b""
        for secret in (ID, NUMBER, SECRET):
            assert secret.encode() not in content, path.name


def test_the_reading_log_keeps_its_rows_without_the_case(store: Store, tmp_path: Path) -> None:
    forget(store, tmp_path, ID, who="w1", why="当事人申请")
    with store.reading() as session:
        assert [(r.case_id, r.reader) for r in readings(session)] == [(None, "w7"), (OTHER, "w7")]
        assert check_readings(session).faults == check_receipts(session).faults == ()


def test_the_receipt_says_what_who_why_and_names_nobody(store: Store, tmp_path: Path) -> None:
    done = forget(store, tmp_path, ID, who="w1", why="当事人电话13812345678申请删除")
    found = json.loads(done.path.read_text(encoding="utf-8"))
    assert done.path.parent == tmp_path / "receipts"
    assert (found["kind"], found["who"]) == ("forget", "w1")
    assert "申请删除" in found["why"] and "138" not in found["why"]
    assert is_receipt_of(found, ID) and not is_receipt_of(found, OTHER)
    assert found["chain"]["number"] == 1 and found["at"]


@pytest.mark.parametrize(
    ("case", "who", "why", "told"),
    [
        (ID, "", "理由", "经办人和理由"),
        (ID, "w1", " ", "经办人和理由"),
        ("none", "w1", "理由", "没有这个编号"),
    ],
)
def test_it_needs_a_case_somebody_and_a_reason(store, tmp_path, case, who, why, told) -> None:
    with pytest.raises(InputError, match=told):
        forget(store, tmp_path, case, who=who, why=why)
    assert store.case(ID)


def test_a_number_that_two_sources_use_must_be_told_by_the_id(store: Store, tmp_path: Path) -> None:
    again = row("c1111111111111111", NUMBER).case
    assert again
    store.add_case(again.model_copy(update={"source_system": "police"}))
    with pytest.raises(InputError, match=rf"case_id.*{ID}"):
        forget(store, tmp_path, NUMBER, who="w1", why="申请")


def test_a_lost_receipt_is_written_again(store: Store, tmp_path: Path) -> None:
    first = forget(store, tmp_path, ID, who="w1", why="申请").path
    before = first.read_bytes()
    first.unlink()
    forget(store, tmp_path, OTHER, who="w1", why="申请")
    assert first.read_bytes() == before


def test_forgotten_again_after_a_backup_was_restored_has_a_receipt_of_its_own(
    store: Store, tmp_path: Path
) -> None:
    store.close()
    backup = (tmp_path / "zaojie.db").read_bytes()
    first = forget(store, tmp_path, ID, who="w1", why="申请")
    store.close()
    (tmp_path / "zaojie.db").write_bytes(backup)
    again = forget(store, tmp_path, ID, who="w1", why="恢复备份后再删")
    assert first.path != again.path and first.path.exists()
    assert json.loads(again.path.read_text("utf-8"))["why"] == "恢复备份后再删"


def test_what_was_forgotten_is_told_to_an_import(store: Store, tmp_path: Path) -> None:
    entries = [Entry(r.case) for r in (row(ID, NUMBER), row(OTHER, OTHER_NUMBER)) if r.case]
    with store.reading() as session:
        assert forgotten_keys(session, entries) == {}
    forget(store, tmp_path, ID, who="w1", why="申请")
    with store.reading() as session:
        found = forgotten_keys(session, entries)
    assert list(found) == [("county", NUMBER)] and "不再登记" in found["county", NUMBER]
    forget(store, tmp_path, OTHER, who="w1", why="申请")
    with store.reading() as session:
        assert len(forgotten_keys(session, entries)) == 2


def put(home: Path, name: str, content: bytes) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def table(*numbers: str) -> str:
    lines = "".join(f'{number},"两行\n案情"\r\n' for number in numbers)
    return f"编号,案情\r\n{lines}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_its_rows_go_from_tables_and_the_others_stay(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path, "exports/a.csv", table(OTHER_NUMBER, NUMBER, "x").encode(encoding))
    swept = sweep(tmp_path, Wanted(ID, NUMBER))
    assert swept.rewritten == [path]
    left = path.read_bytes().decode("utf-8-sig" if encoding == "utf-8-sig" else "utf-8")
    assert left == table(OTHER_NUMBER, "x")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_its_rows_go_from_json_lines_packed_or_not(tmp_path: Path) -> None:
    lines = [
        {"id": OTHER, "n": 1},
        {"no": NUMBER},
        {"deep": [{"id": ID}]},
        {"text": f"见{NUMBER}x"},
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    packed = put(tmp_path, "exports/a.jsonl.gz", content)
    sweep(tmp_path, Wanted(ID, NUMBER))
    left = [json.loads(line) for line in gzip.decompress(packed.read_bytes()).splitlines()]
    assert left == [lines[0], lines[3]]


def test_a_file_not_made_of_lines_goes_whole_if_it_holds_the_case(tmp_path: Path) -> None:
    held = [
        put(tmp_path, "reports/a.html", f"<p>{NUMBER}</p>".encode()),
        put(tmp_path, "reports/b.json", f'{{"case": "{ID}"}}'.encode()),
        book(tmp_path / "exports" / "c.xlsx", NUMBER),
    ]
    free = [
        put(tmp_path, "reports/d.html", f"<p>{OTHER_NUMBER} {NUMBER}7</p>".encode()),
        book(tmp_path / "exports" / "e.xlsx", OTHER_NUMBER),
    ]
    unknown = put(tmp_path, "exports/f.pdf", b"%PDF")
    broken = put(tmp_path, "exports/g.xlsx", b"no book")
    swept = sweep(tmp_path, Wanted(ID, NUMBER))
    assert sorted(swept.deleted) == sorted(held)
    assert not any(path.exists() for path in held) and all(path.exists() for path in free)
    assert sorted(swept.unsearched) == sorted([unknown, broken])


def book(path: Path, number: str) -> Path:
    workbook = Workbook()
    workbook.active.append(["编号"])
    workbook.active.append([number])
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)
    return path


def test_a_short_number_takes_no_stranger_along(tmp_path: Path) -> None:
    content = "编号,人数,案情\n12,3,甲\n7,12,乙\n712,1,12日\n"
    path = put(tmp_path, "exports/a.csv", content.encode())
    report = put(tmp_path, "reports/a.html", b"<p>12 rows</p>")
    sweep(tmp_path, Wanted(ID, "12"))
    # The row with 12 people goes too: an export can be made again, a forgotten case must go.
    assert path.read_text() == "编号,人数,案情\n712,1,12日\n"
    assert report.exists()


def test_the_cache_goes_and_a_bundle_that_holds_the_case_is_named(
    store: Store, tmp_path: Path
) -> None:
    cached = put(tmp_path, "cache/features.parquet", b"\0")
    holder = put(tmp_path, "bundles/2026-03/golden.json", json.dumps({ID: 1}).encode())
    put(tmp_path, "bundles/2026-04/golden.json", json.dumps({OTHER: 1}).encode())
    before = holder.read_bytes()
    done = forget(store, tmp_path, ID, who="w1", why="申请")
    assert not cached.exists() and done.body["files"]["cache"] == 1
    assert list(done.body["bundles"]) == ["bundles/2026-03"]
    assert "重新训练" in done.body["bundles"]["bundles/2026-03"]
    assert holder.read_bytes() == before, "a signed bundle is not altered"


def test_forgetting_twice_at_once_is_told(store: Store, tmp_path: Path) -> None:
    forget(store, tmp_path, ID, who="w1", why="申请")
    with pytest.raises(InputError, match="没有这个编号"):
        forget(store, tmp_path, ID, who="w1", why="申请")
    with store.reading() as session:
        assert session.scalars(select(CaseRow.case_id)).all() == [OTHER]


def test_a_forgotten_case_does_not_come_back(store: Store, tmp_path: Path) -> None:
    forget(store, tmp_path, ID, who="w1", why="申请")
    again = [row(ID, NUMBER), row(OTHER, OTHER_NUMBER)]
    count = store.add_rows(again)
    assert (count.added, count.rejected) == (0, 1)
    assert again[0].case is not None
    with pytest.raises(InputError, match="遗忘"):
        store.add_case(again[0].case)
    assert store.case(ID) is None


def test_the_reject_file_says_why_a_forgotten_case_stays_out(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        "no,text,at\n1,楼上漏水无人修理,2026-03-02\n2,排水沟堵塞多日,2026-03-03\n", "utf-8"
    )
    mapping = load_mapping(str(mapping_file(tmp_path)))
    import_file(store, source, mapping, rejects=tmp_path / "r.csv")
    [case_id] = [c.case_id for c, *_ in store.iter_cases() if c.source_case_no == "2"]
    before = {c.source_case_no for c, *_ in store.iter_cases()}
    forget(store, tmp_path / "home", case_id, who="w1", why="申请")
    import_file(store, source, mapping, rejects=tmp_path / "r.csv", again=True)
    assert {c.source_case_no for c, *_ in store.iter_cases()} == before - {"2"}
    [line] = (tmp_path / "r.csv").read_text("utf-8-sig").splitlines()[1:]
    assert line.startswith("3,") and "遗忘" in line


def mapping_file(folder: Path) -> Path:
    path = folder / "m.yaml"
    path.write_text(
        "name: m\nversion: 1\nsource_system: m\n"
        "fields: {source_case_no: no, narrative: text, registered_at: at}\n",
        "utf-8",
    )
    return path
