"""Retention and forgetting are killed again and again, and end as if they had not been."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind, Party
from zaojie_cases.store import Store
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import VaultTextRow
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.audit import check_receipts
from zaojie_cases.vault.keys import read_key_file, write_new_key
from zaojie_cases.vault.texts import open_text

RUN = [sys.executable, "-c", "from zaojie_cases.cli import main; main()"]
CASES, KILLS = 60, 2
NOW = datetime.now(SHANGHAI)


def row(number: int) -> Row:
    """Return a case that is due: an even one to be sealed, an odd one to be deleted."""
    case_id, at = f"c{number:04d}", NOW - timedelta(days=2000 if number % 2 else 800)
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=case_id,
        registered_at=at,
        narrative_masked=f"第{number}号漏水纠纷",
    )
    closed = CaseEvent(
        event_id="e", case_id=case_id, at=at, recorded_at=at, kind=EventKind.CLOSED,
        payload={"note": f"第{number}号已和解"},
    )  # fmt: skip
    party = Party(party_token="", case_id=case_id, identity={"id_no": f"N{number}"})
    return Row(2, case_id, case, events=(closed,), parties=(party,))


class Place:
    def __init__(self, home: Path) -> None:
        self.home, self.key_file = home, home / "vault.key"
        write_new_key(self.key_file)
        self.ring = KeyRing(VaultKey(read_key_file(self.key_file, "")))
        self.store = Store(f"sqlite:///{home / 'zaojie.db'}")
        self.store.upgrade()
        self.store.add_rows(map(row, range(CASES)), Vault(self.store, self.ring))

    def start(self, *command: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ZAOJIE_")}
        environment |= {
            "ZAOJIE_HOME": str(self.home),
            "ZAOJIE_VAULT_KEY_FILE": str(self.key_file),
        }
        return subprocess.Popen(
            [*RUN, *command], env=environment, cwd=self.home, text=True, stdout=subprocess.PIPE
        )

    def left(self) -> int:
        """Return how many cases there are that have a narrative of their own."""
        with closing(sqlite3.connect(self.home / "zaojie.db", timeout=30)) as database:
            query = "SELECT count(*) FROM cases WHERE narrative_masked != ?"
            return int(database.execute(query, [SEALED_MARK]).fetchone()[0])

    def texts(self) -> dict[str, tuple[str, str]]:
        with self.store.reading() as session:
            opened = {
                row.case_id: json.loads(open_text(self.ring.current, row))
                for row in session.scalars(select(VaultTextRow))
            }
        return {k: (one["narrative"], one["events"]["e"]["note"]) for k, one in opened.items()}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.store.close()


def test_every_case_is_sealed_or_deleted_once_with_all_its_texts(place: Place) -> None:
    chance, command = random.Random(20261124), ("retention", "run", "--batch", "2")
    for kill in range(KILLS):
        process = place.start(*command)
        stop_at = place.left() - chance.randint(1, CASES // (KILLS + 2))
        while place.left() > stop_at and process.poll() is None:
            time.sleep(chance.random() / 500)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"ended before kill {kill}"
        process.communicate()
    assert 0 < place.left() < CASES
    said, _ = (last := place.start(*command)).communicate()
    assert last.returncode == 0
    assert f"已删除 {CASES // 2} 件，已封存 {CASES // 2} 件" in said, (
        "the runs that were killed too"
    )
    even = range(0, CASES, 2)
    assert place.texts() == {f"c{n:04d}": (f"第{n}号漏水纠纷", f"第{n}号已和解") for n in even}
    with place.store.reading() as session:
        assert check_receipts(session).faults == ()
    for path in place.home.glob("zaojie.db*"):
        assert "漏水纠纷".encode() not in path.read_bytes(), path.name


def test_forgetting_that_is_killed_at_any_time_is_done_by_the_same_command(place: Place) -> None:
    exported = place.home / "exports" / "all.csv"
    exported.parent.mkdir()
    exported.write_text("".join(f"c{n:04d},第{n}号\n" for n in range(20_000)))
    chance, command = random.Random(7), ("forget", "c0003", "--by", "w", "--why", "x", "--yes")
    for _ in range(KILLS):
        process = place.start(*command)
        while not list(exported.parent.glob(".*.part")) and process.poll() is None:
            time.sleep(0.001)
        time.sleep(chance.random() / 20)
        process.kill()
        process.communicate()
    (last := place.start(*command)).communicate()
    assert last.returncode in {0, 2}, "2: a run that was killed had come as far as this"
    assert place.store.case("c0003") is None and place.store.case("c0004")
    lines = exported.read_text().splitlines()
    assert len(lines) == 19_999 and "c0003,第3号" not in lines
    [receipt] = (place.home / "receipts").glob("forget-*.json")
    assert json.loads(receipt.read_text("utf-8"))["tables"]["cases"] == 1
