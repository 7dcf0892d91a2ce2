"""One letter for one person in all texts of a case: rows, events, with and without the key."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import update
from starlette.testclient import TestClient

from zaojie_cases.errors import InputError
from zaojie_cases.importing import read_records
from zaojie_cases.importing.fields import case_id_of
from zaojie_cases.mapping import Mapping
from zaojie_cases.masking.view import STEMS
from zaojie_cases.record import SHANGHAI
from zaojie_cases.retention.forget import forget
from zaojie_cases.retention.sealed_texts import seal_cases, unseal
from zaojie_cases.store import Store
from zaojie_cases.store.casts import CastRow
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.access import load_access
from zaojie_cases.vault.audit import Reading
from zaojie_cases.vault.rotation import rotate

KEY, NEW_KEY = (SecretStr(base64.b64encode(bytes([n]) * 32).decode()) for n in (1, 2))
RING = KeyRing(VaultKey(KEY))
NAMES = ["王建国", "李秀英", "张伟", "陈志强", "刘桂芳", "赵明辉"]
NOW = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)
MAPPING = Mapping.model_validate(
    {
        "name": "x",
        "version": 1,
        "source_system": "grid",
        "fields": {"source_case_no": "编号", "narrative": "案情", "registered_at": "登记时间"},
        "parties": {"name": ["申请人"]},
        "events": [{"kind": "session", "at": "调解时间", "payload": {"note": "调解情况"}}],
    }
)
LETTER = re.compile(f"当事人([{STEMS}]+)来电")


def said(names: Sequence[str], serial: int = 0) -> str:
    return f"第{serial}次记录：" + "".join(f"居民{name}来电反映情况。" for name in names)


def letters(text: str) -> list[str]:
    return LETTER.findall(text)


@dataclass
class County:
    """A store, services on it with and without the vault's key, and what was told of a case."""

    home: Path
    client: Callable[[bool], TestClient]
    store: Store
    serial: Iterator[int] = field(default_factory=lambda: count(1))
    number: str = "WG-1"
    narrative: list[str] = field(default_factory=list)
    """Names in the narrative, in order."""
    told: dict[str, list[str]] = field(default_factory=dict)
    """Names in the note of each event, in order."""
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def case_id(self) -> str:
        return case_id_of("grid", self.number)

    def new_case(self) -> None:
        self.number = f"WG-{next(self.serial)}"
        self.narrative, self.told, self.rows = [], {}, []

    def row(self, names: Sequence[str]) -> dict[str, str]:
        told = {
            "编号": self.number,
            "登记时间": "2026-11-20 09:05",
            "申请人": names[-1],
            "案情": said(names, next(self.serial)),
            "调解时间": "2026-11-21 09:00",
            "调解情况": said(names[::-1], next(self.serial)),
        }
        self.rows.append(told)
        return told

    def bring(self, row: dict[str, str], *, with_key: bool = True) -> Any:
        path = self.home / "rows.jsonl"
        path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
        found = list(read_records(path, MAPPING, now=NOW))
        names = re.findall("居民(.*?)来电", row["案情"])
        (event,) = found[0].events
        self.narrative, self.told[event.event_id] = names, names[::-1]
        return self.store.add_rows(found, Vault(self.store, RING) if with_key else None)

    def report(self, names: Sequence[str], *, with_key: bool = True, **more: Any) -> dict[str, Any]:
        at = (NOW - timedelta(days=1, minutes=next(self.serial))).isoformat()
        event = {"kind": "note_added", "at": at, "payload": {"note": said(names)}} | more
        answer = self.client(with_key).post(f"/v1/cases/{self.case_id}/events", json=event)
        assert answer.status_code == 201, answer.text
        for one in answer.json()["events"]:
            if one["event_id"] not in self.told:
                self.told[one["event_id"]] = list(names)
        return event

    def who_is_who(self) -> dict[str, set[str]]:
        """Return the persons that each letter stands for in what can be read of the case."""
        case = self.store.case(self.case_id)
        assert case
        texts = [(case.narrative_masked, self.narrative)]
        for event in self.store.events(self.case_id):
            texts.append((str(event.payload.get("note", SEALED_MARK)), self.told[event.event_id]))
        found: dict[str, set[str]] = {}
        for text, names in texts:
            if text == SEALED_MARK:
                continue
            assert len(letters(text)) == len(names), text
            for letter, name in zip(letters(text), names, strict=True):
                found.setdefault(letter, set()).add(name)
        return found


@pytest.fixture
def county(tmp_path: Path, open_client: Callable[..., TestClient]) -> Iterator[County]:
    clients = {True: open_client(vault_key=KEY), False: open_client()}
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        yield County(tmp_path, lambda with_key: clients[with_key], store)


def one_letter_each(county: County, persons: int | None = None) -> bool:
    """Tell whether letters and persons (so many, if given) are one for one."""
    found = [name for names in county.who_is_who().values() for name in names]
    return len(found) == len(county.who_is_who()) == len(set(found)) == (persons or len(found))


def test_a_later_event_calls_the_persons_of_an_import_as_the_row_did(county: County) -> None:
    county.bring(county.row(["李秀英", "王建国"]))
    case = county.store.case(county.case_id)
    assert case and letters(case.narrative_masked) == ["乙", "甲"], "the party comes first"
    county.report(["张伟", "李秀英", "王建国"])
    assert county.who_is_who() == {"甲": {"王建国"}, "乙": {"李秀英"}, "丙": {"张伟"}}


def test_events_know_each_other_and_the_case_that_was_sent(
    county: County, record: dict[str, Any]
) -> None:
    sent = record | {"source_case_no": county.number, "narrative": said(["王建国"])}
    assert county.client(True).post("/v1/cases", json=sent).status_code == 201
    county.narrative = ["王建国"]
    county.report(["李秀英", "王建国"])
    county.report(["张伟", "李秀英"], payload={"note": said(["张伟"]), "more": said(["李秀英"])})
    events = county.store.events(county.case_id)
    more = next(str(e.payload["more"]) for e in events if "more" in e.payload)
    assert letters(more) == ["乙"]
    assert county.client(True).post("/v1/cases", json=sent).status_code == 200


def test_a_restarted_service_still_knows_who_is_who(
    county: County, make_app: Callable[..., FastAPI]
) -> None:
    county.bring(county.row(["王建国", "李秀英"]))
    county.report(["张伟"])
    with TestClient(
        make_app(vault_key=KEY), base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)
    ) as fresh:
        county.client = lambda _: fresh
        county.report(["陈志强", "张伟", "王建国"])
    assert one_letter_each(county, 4)


def test_without_the_key_a_letter_of_the_case_is_not_given_again(county: County) -> None:
    county.bring(county.row(["王建国", "李秀英"]), with_key=False)
    county.report(["张伟", "王建国"], with_key=False)
    found = county.who_is_who()
    assert all(len(persons) == 1 for persons in found.values())
    assert sorted(found) == sorted("甲乙丙戊"), "the same person has two"


@pytest.mark.parametrize("with_key", [True, False])
def test_an_event_that_is_sent_again_is_the_same_whatever_came_between(
    county: County, with_key: bool
) -> None:
    county.bring(county.row(["王建国"]), with_key=with_key)
    sent = county.report(["李秀英"], with_key=with_key)
    county.report(["张伟"], with_key=with_key)
    before = county.store.events(county.case_id)
    for key in (True, False):
        again = county.client(key).post(f"/v1/cases/{county.case_id}/events", json=sent)
        assert again.status_code == 200
    assert county.store.events(county.case_id) == before


def test_a_service_with_a_key_that_was_left_works_as_without(
    county: County, log: io.StringIO
) -> None:
    county.bring(county.row(["王建国"]))
    rotate(county.store, KeyRing(VaultKey(NEW_KEY), (VaultKey(KEY),)))
    county.report(["李秀英"])
    assert one_letter_each(county, 2)
    assert "cast_not_opened" in log.getvalue() and "李秀英" not in log.getvalue()


def test_after_a_rotation_the_same_persons_have_the_same_letters(
    county: County, open_client: Callable[..., TestClient]
) -> None:
    county.bring(county.row(["王建国", "李秀英"]))
    done = rotate(county.store, KeyRing(VaultKey(NEW_KEY), (VaultKey(KEY),)), batch=1)
    assert (done.casts, done.left) == (1, [VaultKey(KEY).id])
    restarted = open_client(vault_key=NEW_KEY)
    county.client = lambda _: restarted
    county.report(["李秀英", "王建国"])
    assert one_letter_each(county, 2)


def test_a_damaged_cast_is_begun_anew_and_gives_no_letter_twice(county: County) -> None:
    county.bring(county.row(["王建国", "李秀英"]))
    with county.store.session() as session:
        session.execute(update(CastRow).values(sealed=b"damaged in its place"))
    county.report(["张伟"])
    assert one_letter_each(county, 3)
    with county.store.session() as session:
        session.execute(update(CastRow).values(sealed=b"damaged in its place"))
    rotate(county.store, KeyRing(VaultKey(NEW_KEY), (VaultKey(KEY),)))
    with county.store.reading() as session:
        row = session.get_one(CastRow, county.case_id)
        assert (row.key_id, row.sealed, sorted(row.letters)) == (None, None, sorted("甲乙丙"))


def test_forgetting_a_case_takes_its_cast_along(county: County) -> None:
    county.bring(county.row(["王建国"]))
    forgotten = county.case_id
    county.new_case()
    county.bring(county.row(["王建国"]))
    done = forget(county.store, county.home, forgotten, who="w1", why="当事人申请")
    assert done.body["tables"]["casts"] == 1
    with county.store.reading() as session:
        assert session.get(CastRow, forgotten) is None
        assert session.get(CastRow, county.case_id)


def test_sealing_a_case_leaves_letters_and_nobody_behind_them(county: County) -> None:
    row = county.row(["王建国", "李秀英"])
    county.bring(row)
    seal(county)
    with county.store.reading() as session:
        left = session.get_one(CastRow, county.case_id)
        assert (left.key_id, left.sealed, sorted(left.letters)) == (None, None, sorted("甲乙"))
    assert county.bring(row).unchanged == 1, "the same row does not bring the cast back"
    county.report(["张伟", "李秀英"])
    give_back(county)
    assert all(len(persons) == 1 for persons in county.who_is_who().values())


def seal(county: County) -> None:
    with county.store.session() as session:
        seal_cases(session, RING, [county.case_id], "v")


def give_back(county: County) -> None:
    reading = Reading(county.case_id, "w7", "中心负责人", "启封案情")
    unseal(county.store, RING, load_access(), reading, days=30)


some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
steps = st.one_of(
    st.tuples(st.sampled_from(["row", "event"]), some_names, st.booleans()),
    st.tuples(st.just("again"), st.integers(0, 9), st.booleans()),
    st.tuples(st.sampled_from(["seal", "give back"])),
)
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(first=some_names, key_first=st.booleans(), then=st.lists(steps, max_size=8))
def test_no_letter_ever_stands_for_two_persons(
    county: County, first: list[str], key_first: bool, then: list[tuple[Any, ...]]
) -> None:
    county.new_case()
    county.bring(county.row(first), with_key=key_first)
    for step in then:
        do(county, *step)
        found = county.who_is_who()
        assert all(len(persons) == 1 for persons in found.values()), found


@quick
@given(first=some_names, then=st.lists(steps, max_size=8))
def test_with_the_key_a_person_has_one_letter(
    county: County, first: list[str], then: list[tuple[Any, ...]]
) -> None:
    county.new_case()
    county.bring(county.row(first))
    for what, *how in then:
        if what not in {"seal", "give back"}:
            do(county, what, how[0], True)
    assert one_letter_each(county)


def do(county: County, what: str, how: Any = None, with_key: bool = True) -> None:
    case = county.store.case(county.case_id)
    is_sealed = case is not None and case.narrative_masked == SEALED_MARK
    if what == "event":
        county.report(how, with_key=with_key)
    elif what == "row" and not is_sealed:
        county.bring(county.row(how), with_key=with_key)
    elif what == "again":
        row = county.rows[-1] if is_sealed else county.rows[how % len(county.rows)]
        county.bring(row, with_key=with_key)
    elif what == "seal" and not is_sealed:
        seal(county)
    elif what == "give back":
        if is_sealed:
            give_back(county)
        else:
            with pytest.raises(InputError):
                give_back(county)
