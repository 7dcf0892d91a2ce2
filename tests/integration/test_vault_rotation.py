"""The vault's key is changed while the process that does it is killed again and again."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from zaojie_cases.errors import StoreError
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, Party
from zaojie_cases.store import ImportCount, Store
from zaojie_cases.store.link_tables import LinkKeyRow
from zaojie_cases.store.tables import VaultPartyRow, VaultTextRow
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.keys import read_key_file, write_new_key
from zaojie_cases.vault.register import keys_held
from zaojie_cases.vault.rotation import rotate, rows_by_key
from zaojie_cases.vault.sealing import opened
from zaojie_cases.vault.texts import keep_texts, open_text

RUN = [sys.executable, "-c", "from zaojie_cases.cli import main; main()"]
CASES = 120
KILLS = 4
AUDIT = {"reader": "r", "role": "审计员", "purpose": "审计"}


def rows(count: int = CASES) -> list[Row]:
    """Two parties a case: one known by number, one by name only."""
    return [_row(f"c{number:04d}") for number in range(count)]


def _row(case_id: str) -> Row:
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=case_id,
        registered_at=datetime(2026, 3, 2, tzinfo=SHANGHAI),
        region_code="360102001002",
        category_code="0299",
        narrative_masked="邻里纠纷",
    )
    parties = [
        {"role": "applicant", "identity": {"id_no": f"N{case_id}", "name": "甲"}},
        {"role": "respondent", "identity": {"name": f"乙{case_id}"}},
    ]
    sealed = tuple(
        Party.model_validate({"party_token": f"p{i}", "case_id": case_id, **party})
        for i, party in enumerate(parties)
    )
    return Row(number=2, source_id=case_id, case=case, parties=sealed)


class Place:
    """A data directory with a vault under one key, and a second key beside it."""

    def __init__(self, home: Path) -> None:
        self.home, self.old_file, self.new_file = home, home / "old.key", home / "new.key"
        for path in (self.old_file, self.new_file):
            write_new_key(path)
        self.old, self.new = (
            VaultKey(read_key_file(p, "")) for p in (self.old_file, self.new_file)
        )
        self.both = KeyRing(self.new, (self.old,))
        self.store = Store(f"sqlite:///{home / 'zaojie.db'}")
        self.store.upgrade()
        self.store.add_rows(rows(), Vault(self.store, KeyRing(self.old)))
        with self.store.session() as session:
            keep_texts(session, KeyRing(self.old), {"c0000": "一", "c0119": "二"}, "v")

    def start(self) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ZAOJIE_")}
        environment |= {
            "ZAOJIE_HOME": str(self.home),
            "ZAOJIE_DATABASE_URL": f"sqlite:///{self.home / 'zaojie.db'}",
            "ZAOJIE_VAULT_KEY_FILE": str(self.old_file),
        }
        command = [*RUN, "vault", "rotate", "--new-key-file", str(self.new_file), "--batch", "2"]
        return subprocess.Popen(
            command, env=environment, cwd=self.home, text=True, stdout=subprocess.PIPE
        )

    def turned(self) -> int:
        with closing(sqlite3.connect(self.home / "zaojie.db", timeout=30)) as database:
            query = "SELECT count(*) FROM vault_parties WHERE key_id = ?"
            return int(database.execute(query, [self.new.id]).fetchone()[0])

    def identities(self, ring: KeyRing) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
        with self.store.reading() as session:
            parties = [
                opened(ring.key(r.key_id), r) for r in session.scalars(select(VaultPartyRow))
            ]
        return sorted((p.case_id, p.role, tuple(p.identity.items())) for p in parties)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.store.close()


def test_killed_again_and_again_it_still_ends_with_every_row_once_under_the_new_key(
    place: Place,
) -> None:
    chance, before = random.Random(20261124), place.identities(KeyRing(place.old))
    assert len(before) == 2 * CASES
    for kill in range(KILLS):
        process = place.start()
        stop_at = place.turned() + chance.randint(1, 2 * CASES // (KILLS + 1))
        while place.turned() < stop_at and process.poll() is None:
            time.sleep(chance.random() / 500)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"ended before kill {kill}"
        process.communicate()
        assert place.identities(place.both) == before, "half done, both keys read everything"
    assert 0 < place.turned() < 2 * CASES
    said, _ = (last := place.start()).communicate()
    assert last.returncode == 0
    assert place.new.id in said and "销毁旧密钥" in said
    assert place.identities(KeyRing(place.new)) == before
    with place.store.reading() as session:
        assert keys_held(session) == [place.new.id]
        assert rows_by_key(session) == {place.new.id: (2 * CASES, 2, 0)}
        for row in session.scalars(select(VaultPartyRow)):
            with pytest.raises(StoreError):
                opened(place.old, row)
        texts = {r.case_id: open_text(place.new, r) for r in session.scalars(select(VaultTextRow))}
    assert texts == {"c0000": "一", "c0119": "二"}


def test_tokens_and_link_keys_are_those_of_an_import_under_the_new_key(
    place: Place, tmp_path: Path
) -> None:
    process = place.start()
    assert process.communicate() and process.returncode == 0
    with Store(f"sqlite:///{tmp_path / 'fresh.db'}") as fresh:
        fresh.upgrade()
        fresh.add_rows(rows(), Vault(fresh, KeyRing(place.new)))
        assert tokens(fresh) == tokens(place.store)
    again = place.store.add_rows(rows(), Vault(place.store, KeyRing(place.new)))
    assert again == ImportCount(unchanged=CASES)


def tokens(store: Store) -> tuple[list[object], list[object]]:
    with store.reading() as session:
        sealed = select(VaultPartyRow.case_id, VaultPartyRow.party_token, VaultPartyRow.digest)
        keys = select(LinkKeyRow.case_id, LinkKeyRow.link_key)
        return sorted(session.execute(sealed)), sorted(session.execute(keys))


def half_done(place: Place) -> None:
    """Stop the rotation after its third batch."""
    left = iter(range(3))

    def stop(_: int) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(place.store, place.both, batch=13, progress=stop)


def test_half_done_an_import_doubles_nobody_and_seals_with_the_new_key(place: Place) -> None:
    half_done(place)
    before = place.identities(place.both)
    vault = Vault(place.store, place.both)
    assert place.store.add_rows(rows(), vault) == ImportCount(unchanged=CASES)
    assert place.identities(place.both) == before
    assert place.turned() == 2 * CASES, "what is imported again moves to the new key"
    assert place.store.add_rows([_row("c9999")], vault).identity_kept == 2
    assert len(vault.read("c9999", **AUDIT)) == len(vault.read("c0119", **AUDIT)) == 2


def test_half_done_who_has_one_key_only_is_told_to_give_both(place: Place) -> None:
    half_done(place)
    with pytest.raises(StoreError, match="ZAOJIE_VAULT_OLD_KEY_FILE"):
        Vault(place.store, KeyRing(place.new)).read("c0001", **AUDIT)
    with pytest.raises(StoreError, match="ZAOJIE_VAULT_OLD_KEY_FILE"):
        place.store.add_rows([_row("c9999")], Vault(place.store, KeyRing(place.old)))
    with pytest.raises(StoreError, match="改成新密钥"):
        turned_back = KeyRing(place.old, (place.new,))
        place.store.add_rows([_row("c9999")], Vault(place.store, turned_back))
    assert place.store.case("c9999") is None


def test_a_key_that_was_left_is_not_taken_back(place: Place) -> None:
    assert rotate(place.store, place.both).left == [place.old.id]
    assert rotate(place.store, place.both).parties == 0, "done is done"
    with pytest.raises(StoreError, match="以前用过"):
        rotate(place.store, KeyRing(place.old, (place.new,)))


def test_a_damaged_row_stops_nothing_and_is_not_lost(place: Place) -> None:
    with place.store.session() as session:
        damaged = update(VaultPartyRow).where(VaultPartyRow.case_id == "c0100")
        session.execute(damaged.values(sealed=b"damaged in its place"))
    done = rotate(place.store, place.both, batch=50)
    assert (done.parties, done.damaged, done.left) == (2 * CASES - 2, 2, [])
    with place.store.reading() as session:
        assert rows_by_key(session)[place.old.id] == (2, 0, 0)
        kept = session.scalars(select(VaultPartyRow.sealed).where(VaultPartyRow.case_id == "c0100"))
        assert set(kept) == {b"damaged in its place"}
