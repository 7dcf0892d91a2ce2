from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from zaojie_cases.errors import ConfigError, InputError, StoreError
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, Party
from zaojie_cases.store import ImportCount, Store
from zaojie_cases.store.tables import VaultPartyRow, VaultReadRow
from zaojie_cases.vault import Vault, VaultKey
from zaojie_cases.vault.sealing import digest_under

KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
OTHER_KEY = SecretStr(base64.b64encode(bytes(32)).decode())
NAME, PHONE, ID_NO = "赵某某", "13800000000", "11010119900101123X"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


@pytest.fixture
def vault(store: Store) -> Vault:
    return Vault(store, KEY)


def party(case_id: str = "c1", role: str = "applicant", **identity: str) -> Party:
    return Party.model_validate(
        {"party_token": "", "case_id": case_id, "role": role, "identity": identity}
    )


def row(*parties: Party, case_id: str = "c1") -> Row:
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=case_id,
        registered_at=datetime(2026, 3, 2, tzinfo=SHANGHAI),
        narrative_masked="邻里纠纷",
    )
    return Row(2, case_id, case, (), (), parties, None, (), False)


def sealed_as(key: VaultKey, party: Party, token: str) -> dict[str, object]:
    text = json.dumps(party.model_dump(), ensure_ascii=False, sort_keys=True)
    sealed = key.seal(text, f"{token}\0{party.case_id}")
    return {"party_token": token, "digest": digest_under(key, party), "sealed": sealed}


def test_parties_come_back_with_their_token(store: Store, vault: Vault) -> None:
    one, two = party(name=NAME, phone=PHONE), party(role="respondent", id_no=ID_NO, name=NAME)
    assert store.add_rows([row(one, two)], vault) == ImportCount(added=1, identity_kept=2)
    back = vault.read("c1", reader="mediator-7", role="调解员", purpose="回访")
    assert sorted((p.role, dict(p.identity)) for p in back) == [
        ("applicant", dict(one.identity)),
        ("respondent", dict(two.identity)),
    ]
    assert {p.party_token for p in back} == {vault.token_of(one), vault.token_of(two)}


def test_importing_twice_seals_once_and_a_change_seals_again(store: Store, vault: Vault) -> None:
    given = party(id_no=ID_NO, name=NAME)
    store.add_rows([row(given, given)], vault)
    assert store.add_rows([row(given)], vault) == ImportCount(unchanged=1)
    moved = party(id_no=ID_NO, name=NAME, address="新地址")
    assert store.add_rows([row(moved)], vault).identity_kept == 1
    (back,) = vault.read("c1", reader="r", role="审计员", purpose="审计")
    assert dict(back.identity) == dict(moved.identity)


def test_nothing_of_a_person_can_be_read_in_the_files(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    store.add_rows([row(party(name=NAME, phone=PHONE, id_no=ID_NO))], vault)
    store.close()
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert not any(secret.encode() in data for secret in (NAME, PHONE, ID_NO)), path


def test_a_nonce_is_never_used_twice(store: Store, vault: Vault) -> None:
    for case_id in ("c1", "c2"):
        store.add_rows([row(party(case_id, id_no=ID_NO), case_id=case_id)], vault)
    with store.reading() as session:
        first, second = session.scalars(select(VaultPartyRow.sealed))
    assert first[:12] != second[:12]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (party(id_no="11010119900101123x"), party("c2", id_no="１１０１０１ 19900101 123X"), True),
        (party(id_no=ID_NO, name="甲"), party("c2", id_no=ID_NO, name="乙"), True),
        (party(name="甲", phone="+86 138-0000-0000"), party("c2", name="甲", phone=PHONE), True),
        (party(name="甲", phone=PHONE), party("c2", name="乙", phone=PHONE), False),
        (party(name="甲"), party("c2", name="甲"), False),
        (party(phone=PHONE), party("c2", phone=PHONE), False),
        (party(name="甲"), party(name="甲"), True),
    ],
)
def test_tokens_tell_the_same_person_only(
    vault: Vault, one: Party, other: Party, same: bool
) -> None:
    assert (vault.token_of(one) == vault.token_of(other)) is same


def test_a_token_says_nothing_without_the_key(store: Store, vault: Vault) -> None:
    assert vault.token_of(party(id_no=ID_NO)) != Vault(store, OTHER_KEY).token_of(
        party(id_no=ID_NO)
    )


def test_another_key_neither_reads_nor_writes(store: Store, vault: Vault) -> None:
    store.add_rows([row(party(id_no=ID_NO))], vault)
    stranger = Vault(store, OTHER_KEY)
    with pytest.raises(StoreError, match="ZAOJIE_VAULT_KEY"):
        stranger.read("c1", reader="r", role="审计员", purpose="审计")
    with pytest.raises(StoreError, match="ZAOJIE_VAULT_KEY"):
        store.add_rows([row(party("c2", id_no=ID_NO), case_id="c2")], stranger)
    assert store.case("c2") is None, "a case whose identity cannot be kept is not half written"


@pytest.mark.parametrize("what", ["moved to another case", "altered"])
def test_a_row_that_was_tampered_with_does_not_open(store: Store, vault: Vault, what: str) -> None:
    store.add_rows([row(party(id_no=ID_NO)), row(case_id="c2")], vault)
    with store.session() as session:
        if what == "altered":
            sealed = session.scalars(select(VaultPartyRow.sealed)).one()
            flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
            session.execute(update(VaultPartyRow).values(sealed=flipped))
        else:
            session.execute(update(VaultPartyRow).values(case_id="c2"))
    with pytest.raises(StoreError, match="被改动"):
        vault.read("c1" if what == "altered" else "c2", reader="r", role="审计员", purpose="审计")


def test_every_reading_is_recorded(store: Store, vault: Vault) -> None:
    store.add_rows([row(party(id_no=ID_NO))], vault)
    vault.read("c1", reader="mediator-7", role="调解员", purpose="回访")
    vault.read("none", reader="mediator-8", role="登记员", purpose="核实身份")
    with store.reading() as session:
        reads = session.scalars(select(VaultReadRow).order_by(VaultReadRow.read_id)).all()
    assert [(r.case_id, r.reader, r.purpose, r.parties) for r in reads] == [
        ("c1", "mediator-7", "回访", 1),
        ("none", "mediator-8", "核实身份", 0),
    ]


@pytest.mark.parametrize(
    ("reader", "role", "purpose", "told"),
    [
        ("", "调解员", "回访", "查看人、角色和用途"),
        ("mediator-7", "调解员", "  ", "查看人、角色和用途"),
        ("mediator-7", " ", "回访", "查看人、角色和用途"),
        ("mediator-7", "调解员", "看看", "没有这个用途.*调解联络"),
        ("mediator-7", "调解员", "审计", "不能为“审计”.*审计员"),
        ("mediator-7", "邻居", "调解联络", "允许的角色：调解员"),
    ],
)
def test_reading_needs_a_reader_a_role_and_a_purpose_that_fit(
    store: Store, vault: Vault, reader: str, role: str, purpose: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        vault.read("c1", reader=reader, role=role, purpose=purpose)
    with store.reading() as session:
        assert session.scalar(select(VaultReadRow)) is None


def test_parties_of_version_0_1_0_keep_their_place(store: Store, vault: Vault) -> None:
    """Its tokens of parties known by name only held the position in the file."""
    given = party(name=NAME).model_copy(update={"party_token": "p0"})
    store.add_rows([row(given)], vault)
    old_token = vault.ring.current.keyed(
        "case", "c1", NAME, "", json.dumps(given.model_dump(), ensure_ascii=False, sort_keys=True)
    )
    old = given.model_copy(update={"party_token": old_token})
    with store.session() as session:
        values = sealed_as(vault.ring.current, old, old_token)
        session.execute(update(VaultPartyRow).values(**values))
    assert vault.read("c1", reader="r", role="审计员", purpose="审计") == (old,)
    assert store.add_rows([row(given)], vault) == ImportCount(unchanged=1)
    (back,) = vault.read("c1", reader="r", role="审计员", purpose="审计")
    assert (back.party_token, back.identity) == (vault.token_of(given), given.identity)


def test_scores_and_imports_go_on_without_the_key(store: Store, vault: Vault) -> None:
    store.add_rows([row(party(id_no=ID_NO))], vault)
    given = [row(party(id_no=ID_NO)), row(party("c2", name=NAME), case_id="c2")]
    assert store.add_rows(given) == ImportCount(added=1, unchanged=1, identity_dropped=2)
    found = {case.case_id: case.narrative_masked for case, _, _ in store.iter_cases()}
    assert found == {"c1": "邻里纠纷", "c2": "邻里纠纷"}


@pytest.mark.parametrize(
    "key", ["", "口令", "c2hvcnQ=", "not base64!", KEY.get_secret_value()[:-4]]
)
def test_a_key_of_the_wrong_form_is_refused_without_showing_it(store: Store, key: str) -> None:
    with pytest.raises(ConfigError, match="openssl rand -base64 32") as caught:
        Vault(store, SecretStr(key))
    assert not key or key not in str(caught.value)
