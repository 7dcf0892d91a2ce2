"""What an administrator types: ``zaojie vault``, ``zaojie retention``, ``zaojie forget``."""

from __future__ import annotations

import base64
import sys
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from zaojie_cases.cli import main
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind, Party
from zaojie_cases.store import Store
from zaojie_cases.vault import Vault

KEY = base64.b64encode(bytes(range(32))).decode()
TEXT, NUMBER = "楼上漏水三年", "赣调2026-00017"
AS_HEAD = ("--reader", "w7", "--role", "中心负责人")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a case that was closed three years ago, and one that is open."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DATABASE_URL", "VAULT_KEY", "VAULT_KEY_FILE", "VAULT_OLD_KEY_FILE"):
        monkeypatch.delenv(f"ZAOJIE_{name}", raising=False)
    monkeypatch.setenv("ZAOJIE_HOME", str(tmp_path))
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        store.add_rows([row(NUMBER, 1100), row("打开的", 0)], Vault(store, SecretStr(KEY)))
    return tmp_path


@pytest.fixture
def zaojie(home, monkeypatch, capfd):  # noqa: ARG001 - the commands find the directory themselves
    """Run a command; return exit code, standard output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["zaojie", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, *capfd.readouterr()

    return run


@pytest.fixture
def with_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - after it
    monkeypatch.setenv("ZAOJIE_VAULT_KEY", KEY)


def case_id_of(number: str) -> str:
    return f"c{len(number):016d}"


def row(number: str, closed_days_ago: int) -> Row:
    at = datetime.now(SHANGHAI) - timedelta(days=closed_days_ago)
    case_id = case_id_of(number)
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=number,
        registered_at=at,
        narrative_masked=TEXT,
    )
    closed = CaseEvent(event_id="e", case_id=case_id, at=at, recorded_at=at, kind=EventKind.CLOSED)
    identity = {"name": "赵某某", "id_no": "11010119900101123X", "phone": "13800000000"}
    party = Party(party_token="", case_id=case_id, role="applicant", identity=identity)
    events = (closed,) if closed_days_ago else ()
    return Row(number=2, source_id=number, case=case, events=events, parties=(party,))


@pytest.mark.usefixtures("with_key")
def test_opening_is_written_down_before_it_is_shown(zaojie) -> None:
    code, out, _ = zaojie("vault", "open", NUMBER, "--purpose", "核实身份", *AS_HEAD)
    assert code == 0
    assert "申请人：姓名 赵某某，证件号码 11010119900101123X，电话 13800000000" in out
    assert out.index("已记入审计") < out.index("赵某某")
    code, out, _ = zaojie("vault", "audit")
    assert code == 0 and "w7（中心负责人）  核实身份，1 人" in out and "赵某某" not in out
    assert zaojie("vault", "audit", "--case", "打开的")[1] == ""


@pytest.mark.usefixtures("with_key")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--reader", "w7", "--role", "调解员"], "purpose"),
        (["--reader", "w7", "--purpose", "审计"], "role"),
        (["--role", "审计员", "--purpose", "审计"], "reader"),
        (["--reader", "w7", "--role", "调解员", "--purpose", "审计"], "不能为“审计”"),
        (["--reader", " ", "--role", "审计员", "--purpose", "审计"], "写明查看人"),
    ],
)
def test_nothing_is_shown_without_reader_role_and_purpose(zaojie, arguments, told) -> None:
    code, out, err = zaojie("vault", "open", NUMBER, *arguments)
    assert (code, out) == (2, "") and told in err
    assert zaojie("vault", "audit")[1] == ""


def test_without_a_key_nothing_opens(zaojie) -> None:
    code, out, err = zaojie("vault", "open", NUMBER, "--purpose", "核实身份", *AS_HEAD)
    assert (code, out) == (2, "") and "ZAOJIE_VAULT_KEY_FILE" in err


@pytest.mark.usefixtures("with_key")
def test_verifying_finds_what_was_changed(zaojie, home: Path) -> None:
    for _ in range(2):
        zaojie("vault", "open", NUMBER, "--purpose", "核实身份", *AS_HEAD)
    code, out, _ = zaojie("vault", "audit", "--verify")
    assert code == 0 and "查看记录 2 条，没有改动" in out
    head = out.split("链尾：")[1].split("（")[0]
    assert zaojie("vault", "audit", "--verify", "--noted", head)[0] == 0
    code, _, err = zaojie("vault", "audit", "--noted", "f" * 64)
    assert code == 2 and "没有您抄下的链尾" in err
    with Store(f"sqlite:///{home / 'zaojie.db'}") as store, store.session() as session:
        session.execute(text("UPDATE vault_reads SET reader = 'w8' WHERE read_id = 1"))
    code, _, err = zaojie("vault", "audit", "--verify")
    assert code == 2 and "第 1 条被改动" in err


def test_a_key_is_made_used_and_turned(zaojie, home: Path, monkeypatch) -> None:
    code, out, _ = zaojie("vault", "new-key", "--out", "new.key")
    assert code == 0 and "另存一份" in out and (home / "new.key").read_text().strip() not in out
    assert zaojie("vault", "new-key", "--out", "new.key")[0] == 2
    code, _, err = zaojie("vault", "rotate", "--new-key-file", "new.key")
    assert code == 2 and "原来的密钥" in err
    monkeypatch.setenv("ZAOJIE_VAULT_KEY", KEY)
    code, out, _ = zaojie("vault", "rotate", "--new-key-file", "new.key")
    assert code == 0 and "当事人 2 份" in out and "shred" in out
    assert zaojie("vault", "rotate", "--new-key-file", "new.key")[0] == 0, "again: nothing to do"
    monkeypatch.delenv("ZAOJIE_VAULT_KEY")
    code, out, _ = zaojie("vault", "status")
    assert code == 0 and out.count("密钥") == 1 and "（在用）：当事人 2 份，封存案情 0 份" in out
    monkeypatch.setenv("ZAOJIE_VAULT_KEY_FILE", str(home / "new.key"))
    assert zaojie("vault", "open", NUMBER, "--purpose", "核实身份", *AS_HEAD)[0] == 0


@pytest.mark.usefixtures("with_key")
def test_the_only_key_is_not_rotated_onto_itself_nor_called_old(zaojie, home: Path) -> None:
    """Whoever followed the advice that ends a rotation would destroy it."""
    same = home / "same.key"
    same.write_text(KEY)
    same.chmod(0o600)
    code, out, err = zaojie("vault", "rotate", "--new-key-file", "same.key")
    assert code == 2 and "不要销毁" in err and "shred" not in out


@pytest.mark.usefixtures("with_key")
def test_whose_records_are_damaged_is_told_by_case(zaojie, home: Path) -> None:
    with Store(f"sqlite:///{home / 'zaojie.db'}") as store, store.session() as session:
        session.execute(text("UPDATE vault_parties SET sealed = 'x' WHERE case_id = :id"),
                        {"id": case_id_of("打开的")})  # fmt: skip
    zaojie("vault", "new-key", "--out", "new.key")
    code, out, err = zaojie("vault", "rotate", "--new-key-file", "new.key")
    assert code == 2 and "当事人 1 份" in out
    assert case_id_of("打开的") in err and case_id_of(NUMBER) not in err


def test_rights_are_printed_and_need_postgresql_to_be_applied(zaojie) -> None:
    code, out, _ = zaojie("vault", "grants", "--service-role", "zaojie")
    assert code == 0 and "INSERT, UPDATE (party_token, key_id, digest, sealed) ON" in out
    assert all(
        "sealed" not in line.partition("SELECT (")[2].partition(")")[0] for line in out.splitlines()
    )
    code, _, err = zaojie("vault", "grants", "--service-role", "zaojie", "--apply")
    assert code == 2 and "PostgreSQL" in err


def test_retention_without_a_key_says_what_it_did_not_do(zaojie, home: Path) -> None:
    code, out, err = zaojie("retention", "run")
    assert code == 2 and "到期封存 1 件" in out and "没有保险库密钥" in err
    assert narrative(home) == TEXT
    assert len(list((home / "receipts").iterdir())) == 1


@pytest.mark.usefixtures("with_key")
def test_retention_tells_seals_and_unseals(zaojie, home: Path) -> None:
    code, out, _ = zaojie("retention", "run", "--dry-run")
    assert code == 0 and "到期封存 1 件" in out and "什么也没有改变" in out
    assert narrative(home) == TEXT
    code, out, _ = zaojie("retention", "run")
    assert code == 0 and "已封存 1 件" in out and narrative(home) != TEXT
    code, out, _ = zaojie("retention", "unseal", NUMBER, "--purpose", "启封案情", *AS_HEAD)
    assert code == 0 and "重新封存" in out and narrative(home) == TEXT


def narrative(home: Path) -> str:
    with Store(f"sqlite:///{home / 'zaojie.db'}") as store:
        (found,) = (
            c.narrative_masked for c, _, _ in store.iter_cases() if c.source_case_no == NUMBER
        )
    return found


def test_forgetting_asks_and_leaves_a_receipt(zaojie, home: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("n\n"))
    code, _, err = zaojie("forget", NUMBER, "--by", "w1", "--why", "申请")
    assert code == 2 and "--yes" in err and narrative(home)
    code, out, _ = zaojie("forget", NUMBER, "--by", "w1", "--why", "申请", "--yes")
    assert code == 0 and "再次导入同一编号会被拒绝" in out and "备份" in out
    assert len(list((home / "receipts").glob("forget-*.json"))) == 1


def test_forgetting_that_was_killed_after_its_commit_leaves_its_receipt_when_run_again(
    zaojie, home: Path
) -> None:
    (home / "receipts").write_text("in the way")
    assert zaojie("forget", NUMBER, "--by", "w1", "--why", "申请", "--yes")[0] != 0
    (home / "receipts").unlink()
    code, _, err = zaojie("forget", NUMBER, "--by", "w1", "--why", "申请", "--yes")
    assert code == 2 and "没有这个编号" in err, "it is gone"
    assert len(list((home / "receipts").glob("forget-*.json"))) == 1


def test_who_forgets_while_the_database_is_being_read_is_told_what_is_left(
    zaojie, home: Path, monkeypatch
) -> None:
    url = f"sqlite:///{home / 'zaojie.db'}"
    monkeypatch.setenv("ZAOJIE_DATABASE_URL", f"{url}?timeout=0.1")
    with Store(url) as store, store.reading() as session:
        assert session.execute(text("SELECT count(*) FROM cases")).all()
        code, out, _ = zaojie("forget", NUMBER, "--by", "w1", "--why", "申请", "--yes")
        assert code == 0 and "还没有被覆盖" in out
    code, out, _ = zaojie("retention", "run")
    assert code == 0 and "还没有被覆盖" not in out
    for path in home.glob("zaojie.db*"):
        assert NUMBER.encode() not in path.read_bytes(), path.name
