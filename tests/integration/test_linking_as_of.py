"""Linking as of a moment: what parties tell of a case counts from when it was imported."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select

from zaojie_cases.history import History, Prior
from zaojie_cases.linking.run import link_run
from zaojie_cases.record import SHANGHAI, Case, Party
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.link_tables import LinkKeyRow, LinkRow
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.register import put_in_force
from zaojie_cases.vault.relink import refresh_link_keys
from zaojie_cases.vault.rotation import rotate

KEY = base64.b64encode(bytes(range(32))).decode()
T = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
TEXT = "两家因排水沟的走向争执多日，雨天积水漫过门槛，村干部到场劝解没有结果"
OTHER = "工程完工半年工资至今未付清，几次去要都没有着落，班组的人商量着要请人出面"
PEOPLE = [{"name": f"甲{n}", "id_no": f"{n:018}", "phone": f"139{n:08}"} for n in range(12)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


def entry(number: int, days: float, *people: int, text: str = TEXT, **fields: Any) -> Entry:
    case = Case.model_validate(
        {
            "case_id": f"c{number:03}",
            "source_system": "hotline" if number % 2 else "police",
            "source_case_no": f"{number}",
            "registered_at": T + days * DAY,
            "region_code": "360122105203",
            "category_code": "0201",
            "narrative_masked": text,
        }
        | fields
    )
    parties = (Party(party_token="", case_id=case.case_id, identity=PEOPLE[n]) for n in people)
    return Entry(case, parties=tuple(parties))


def keep(store: Store, *entries: Entry, now: datetime | None = None) -> None:
    vault = Vault(store, SecretStr(KEY))
    with store.session() as session:
        merge(session, list(entries), vault, now)


def known(store: Store, case_id: str) -> dict[str, datetime | None]:
    """The link keys of a case and since when they count."""
    with store.reading() as session:
        rows = session.scalars(select(LinkKeyRow).where(LinkKeyRow.case_id == case_id))
        return {row.link_key: row.known_at for row in rows}


def test_keys_are_made_at_write_time_and_only_with_a_vault(store: Store) -> None:
    one = entry(1, 0, 1, 2)
    with store.session() as session:
        merge(session, [one])
    assert known(store, "c001") == {}
    keep(store, one, entry(2, 0, 1, 2), now=T + DAY)
    kept = known(store, "c001")
    assert {key[0] for key in kept} == {"o", "p"}
    assert set(kept.values()) == {T + DAY}, "the case was there before its parties"
    assert known(store, "c002") == dict.fromkeys(kept), "known from its registration on"
    keep(store, one, entry(2, 0, 2, 1), entry(1, 0, text=OTHER), now=T + 2 * DAY)
    assert (known(store, "c001"), known(store, "c002")) == (kept, dict.fromkeys(kept))


def test_parties_that_are_imported_later_add_keys_and_take_none_away(store: Store) -> None:
    keep(store, entry(1, 0, 1))
    first = known(store, "c001")
    keep(store, entry(1, 0, 1, 3), now=T + DAY)
    second = known(store, "c001")
    keep(store, entry(1, 0, *range(3, 12)), now=T + 2 * DAY)
    third = known(store, "c001")
    assert {key[0] for key in first} == {"o"}
    assert {key[0] for key in second.keys() - first.keys()} == {"o", "p"}
    assert first.items() < second.items() < third.items()
    assert set(third.values()) == {None, T + DAY, T + 2 * DAY}


def turned() -> KeyRing:
    """A ring with a new key in force, and the one that :func:`keep` uses behind it."""
    new = base64.b64encode(bytes(range(1, 33))).decode()
    return KeyRing(VaultKey(SecretStr(KEY))).turned_to(VaultKey(SecretStr(new)))


def test_a_key_turn_does_not_change_since_when_a_key_counts(store: Store) -> None:
    keep(store, entry(1, 0, 1, 2), entry(2, 0, 3), entry(3, 0, 5))
    keep(store, entry(1, 0, 1, 2, 3), entry(3, 0, 6), now=T + DAY)
    before = [known(store, f"c00{n}") for n in (1, 2, 3)]
    ring = turned()
    rotate(store, ring, batch=2, on_retoken=partial(refresh_link_keys, ring))
    after = [known(store, f"c00{n}") for n in (1, 2, 3)]
    for old, new in zip(before, after, strict=True):
        assert not old.keys() & new.keys()
        assert Counter(old.values()) <= Counter(new.values())
    together = len(after[2]) - len(before[2])
    assert together == 4, "two who came one by one: their pair, known from the second import on"
    assert Counter(after[2].values())[T + DAY] == Counter(before[2].values())[T + DAY] + together
    rotate(store, ring, on_retoken=partial(refresh_link_keys, ring))
    assert [known(store, f"c00{n}") for n in (1, 2, 3)] == after


def test_an_import_between_two_keys_renames_what_it_finds(store: Store) -> None:
    one = entry(1, 0, 1, 2)
    keep(store, one)
    keep(store, entry(1, 0, 1, 2, 3), now=T + DAY)
    old = known(store, "c001")
    ring = turned()
    with store.session() as session:
        put_in_force(session, ring)
        merge(session, [one], Vault(store, ring), T + 2 * DAY)
    halfway = known(store, "c001")
    rotate(store, ring, on_retoken=partial(refresh_link_keys, ring))
    for found in (halfway, new := known(store, "c001")):
        assert Counter(found.values()) == Counter(old.values())
    assert old.keys() & halfway.keys() and not old.keys() & new.keys()


def history(store: Store) -> History:
    """As live scoring reads it."""
    return History(store.history_entries(T + 400 * DAY, None))


def as_trained(store: Store) -> History:
    return History(store.all_history())


people = st.lists(st.sampled_from(range(9)), max_size=8, unique=True)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 90), people), min_size=2, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), people), min_size=1, max_size=8),
    st.integers(0, 100),
)
def test_parties_that_are_imported_later_change_no_earlier_answer(
    first: list[tuple[int, list[int]]], later: list[tuple[int, list[int]]], day: int
) -> None:
    texts = (TEXT, OTHER, "要求返还借款两万元，借条写明去年底还清，催过多次")
    entries = [entry(n, at, *who, text=texts[n % 3]) for n, (at, who) in enumerate(first)]
    moment = T + day * DAY

    def answers(store: Store, at: datetime) -> list[tuple[Prior, ...]]:
        live, training = history(store), as_trained(store)
        found = [live.priors_of(one.case, at) for one in entries]
        assert found == [training.priors_of(one.case, at) for one in entries]
        return found

    with TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/zaojie.db") as store:
        store.upgrade()
        keep(store, *entries)
        before = answers(store, moment)
        for number, who in later:
            one = entries[number % len(entries)]
            parties = entry(int(one.case.source_case_no), 0, *who).parties
            keep(store, replace(one, parties=parties), now=moment + timedelta(microseconds=1))
        assert answers(store, moment) == before


def test_parties_count_from_the_import_that_brought_them(store: Store) -> None:
    one, again = entry(1, 0, 1, 2), entry(2, 3, 1, 2, text=OTHER)
    keep(store, replace(one, parties=()), again)
    keep(store, one, now=T + 9 * DAY)
    told, asked = history(store), again.case
    assert told.priors_of(asked, T + 9 * DAY - timedelta(seconds=1)) == ()
    assert [prior.case_id for prior in told.priors_of(asked, T + 9 * DAY)] == ["c001"]
    link_run(store)
    with store.reading() as session:
        (link,) = session.scalars(select(LinkRow))
    assert link.probability > 0.5, "a clerk is shown what is known today"
