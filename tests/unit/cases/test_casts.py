from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from zaojie_cases.importing.fields import case_id_of
from zaojie_cases.masking import Pseudonyms, mask
from zaojie_cases.masking.letters import counterparts, letters_in, relettered
from zaojie_cases.masking.pseudonyms import free_letter
from zaojie_cases.masking.view import STEMS
from zaojie_cases.store import ImportCount, Store
from zaojie_cases.store.casts import CastRow
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.casts import Cast, Casts

KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
CASE = case_id_of("x", "A-1")
WANG, LI, ZHANG = "王建国", "李秀英", "张伟"

some_letters = st.text(STEMS, min_size=1, max_size=2)
texts = st.lists(
    st.one_of(
        some_letters.map("当事人{}".format), st.sampled_from(["，", "来电", "〔电话〕", "当事人"])
    )
).map("".join)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


@pytest.fixture
def vault(store: Store) -> Vault:
    return Vault(store, KEY)


def row(sheet: Any, text: str, *parties: str) -> Any:
    columns = [f"当事人{i}" for i in range(len(parties))]
    using = sheet.mapping(parties={"name": columns}) if parties else None
    cells = dict(zip(columns, parties, strict=True))
    return sheet.read_one(using, 标题="", 内容=text, **cells)


def narrative(store: Store) -> str:
    case = store.case(CASE)
    assert case
    return case.narrative_masked


def letters_of(store: Store, *names: str) -> list[str | None]:
    with store.session() as session:
        cast = Casts(KeyRing(VaultKey(KEY))).of(session, [CASE])[CASE]
    return [cast.get(name) for name in names]


@given(texts, st.permutations([*STEMS]))
def test_other_letters_are_found_again_and_lead_back(text: str, others: list[str]) -> None:
    letters = dict(zip(STEMS, others, strict=True))
    changed = relettered(text, letters)
    found = counterparts(text, changed, letters)
    assert found.items() <= letters.items() and relettered(text, found) == changed
    assert relettered(changed, {new: old for old, new in letters.items()}) == text


@pytest.mark.parametrize(
    "other",
    ["当事人丙打了当事人丙", "当事人丙打了当事人戊。", "当事人打了当事人戊", "有人打了当事人戊"],
)
def test_texts_that_differ_in_more_than_letters_say_nothing(other: str) -> None:
    assert counterparts("当事人甲打了当事人乙", other, ["甲", "乙"]) == {}


def test_a_letter_is_told_from_the_word_behind_it() -> None:
    assert relettered("当事人甲己经走了，当事人甲甲没走", {"甲": "丙", "甲甲": "乙"}) == (
        "当事人丙己经走了，当事人乙没走"
    )
    assert letters_in(["当事人甲乙双方"]) == {"甲", "乙", "甲乙"}
    assert counterparts("当事人甲己经走了", "当事人丙己经走了", ["甲"]) == {"甲": "丙"}


@settings(deadline=None)  # the first name reads large tables
@given(st.sets(some_letters))
def test_nobody_new_gets_a_letter_that_is_taken(taken: set[str]) -> None:
    people = Pseudonyms([WANG], taken=taken)
    mask(f"{LI}与{WANG}争吵", pseudonyms=people)
    assert not taken & set(people.given.values()) and len(set(people.given.values())) == 2
    assert free_letter(taken) == people.given[WANG]


def test_who_has_a_letter_keeps_it_and_is_not_known_by_name() -> None:
    people = Pseudonyms(cast={LI: "丙"}, taken={"甲"})
    assert mask(f"{LI}与{WANG}争吵", pseudonyms=people).text == "当事人丙与当事人乙争吵"
    assert mask("老王与秀英", pseudonyms=people).text == "当事人乙与当事人丙", "by their full names"


@given(st.dictionaries(st.text(min_size=1), some_letters))
def test_a_cast_knows_whom_it_was_told_of_and_holds_no_name(given: dict[str, str]) -> None:
    one, other = Cast("c1"), Cast("c2")
    for cast in (one, other):
        cast.note(given)
        assert {name: cast.get(name) for name in given} == given
        assert cast.get(WANG + LI) is None
    assert not one.hashes.keys() & other.hashes.keys(), "no person can be followed over cases"
    assert one.changed is bool(given) and all(re.fullmatch("[0-9a-f]{32}", h) for h in one.hashes)


def test_nothing_of_a_cast_can_be_read_without_the_key(
    store: Store, vault: Vault, sheet: Any, tmp_path: Path
) -> None:
    store.add_rows([row(sheet, f"{LI}找{WANG}讨说法", WANG)], vault)
    assert letters_of(store, WANG, LI) == ["甲", "乙"]
    with store.reading() as session:
        cast = session.get_one(CastRow, CASE)
        assert cast.sealed and cast.letters == sorted("甲乙")
        assert b"hashes" not in cast.sealed
    store.close()
    for path in tmp_path.glob("zaojie.db*"):
        assert not any(name.encode() in path.read_bytes() for name in (WANG, LI))


def test_an_updated_row_takes_the_letters_of_its_case(
    store: Store, vault: Vault, sheet: Any
) -> None:
    store.add_rows([row(sheet, f"{WANG}找{LI}讨说法")], vault)
    newer = row(sheet, f"后来{LI}、{ZHANG}又与{WANG}争吵")
    assert store.add_rows([newer], vault).updated == 1
    assert narrative(store) == "后来当事人乙、当事人丙又与当事人甲争吵"
    assert store.add_rows([newer], vault) == ImportCount(unchanged=1)
    assert store.add_rows([newer]) == ImportCount(unchanged=1), "nor without the key"


def test_without_the_key_a_letter_of_the_cast_is_spent_though_no_text_bears_it(
    store: Store, vault: Vault, sheet: Any
) -> None:
    store.add_rows([row(sheet, f"{WANG}找{LI}讨说法")], vault)
    store.add_rows([row(sheet, f"居民{ZHANG}来电")])
    assert narrative(store) == "居民当事人丙来电"
    assert letters_of(store, WANG, LI, ZHANG) == ["甲", "乙", None]


def test_with_the_key_another_name_in_the_same_words_is_another_person(
    store: Store, vault: Vault, sheet: Any
) -> None:
    store.add_rows([row(sheet, f"居民{WANG}来电")], vault)
    assert store.add_rows([row(sheet, f"居民{LI}来电")], vault).updated == 1
    assert narrative(store) == "居民当事人乙来电"
    assert letters_of(store, WANG, LI) == ["甲", "乙"]


def test_a_text_that_stays_keeps_its_letters_when_a_party_is_named_later(
    store: Store, sheet: Any
) -> None:
    store.add_rows([row(sheet, f"居民{WANG}找{LI}讨说法")])
    store.add_rows([row(sheet, f"居民{WANG}找{LI}讨说法", ZHANG)])
    assert narrative(store) == "居民当事人甲找当事人乙讨说法"


def test_a_case_from_before_gets_its_cast_by_importing_it_again(
    store: Store, vault: Vault, sheet: Any
) -> None:
    given = row(sheet, f"居民{WANG}找{LI}讨说法", LI)
    store.add_rows([given])
    assert store.add_rows([given], vault).updated == 0
    assert letters_of(store, WANG, LI) == ["乙", "甲"]
    assert narrative(store) == "居民当事人乙找当事人甲讨说法"
