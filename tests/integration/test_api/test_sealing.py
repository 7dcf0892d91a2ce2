"""Sealing a case leaves no word of its narrative in what the service keeps and shows."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import event, func, select
from starlette.testclient import TestClient

from zaojie_cases.record import SHANGHAI
from zaojie_cases.retention.forget import forget
from zaojie_cases.retention.policy import CaseTerms, RetentionPolicy
from zaojie_cases.retention.run import Retention
from zaojie_cases.retention.sealed_texts import unseal
from zaojie_cases.store import Store
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.vault import KeyRing, VaultKey
from zaojie_cases.vault.access import load_access
from zaojie_cases.vault.audit import Reading
from zaojie_serving.settings import ServingSettings
from zaojie_serving.tables import ScoreRow, WarningRow

RING = KeyRing(VaultKey(SecretStr(base64.b64encode(bytes(range(32))).decode())))
POLICY = RetentionPolicy(version="t", cases=CaseTerms(seal_after_days=30))
WORDS = ("锄头", "弄死", "推搡")
NARRATIVE = "两家因水沟推搡，对方拿着锄头说要弄死人。"
OTHER = "另一家的锄头碰坏了围墙，双方约好明天再谈。"


def register(client: TestClient, record: dict[str, Any], number: str, narrative: str) -> str:
    answer = client.post(
        "/v1/cases", json=record | {"source_case_no": number, "narrative": narrative}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


def closed(client: TestClient, case_id: str) -> None:
    at = datetime.now(SHANGHAI).isoformat(timespec="seconds")
    body = {"at": at, "kind": "closed", "actor_role": "mediator"}
    assert client.post(f"/v1/cases/{case_id}/events", json=body).status_code == 201


def seal(settings: ServingSettings, store: Store) -> int:
    later = datetime.now(SHANGHAI) + timedelta(days=31)
    done = Retention(store, settings.home, POLICY, later, RING).run()
    return int(done.body["sealed"])


def plain_store(settings: ServingSettings) -> Store:
    """Open the store; some builds of SQLite overwrite what is freed by themselves."""
    store = Store(settings.store_url)
    event.listen(store.engine, "connect", lambda db, _: db.execute("PRAGMA secure_delete = OFF"))
    return store


def test_sealing_takes_the_words_out_of_scores_and_warnings_and_keeps_their_figures(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    sealed = register(client, record, "WG-1", NARRATIVE)
    left = register(client, record, "WG-2", OTHER)
    closed(client, sealed)
    before = client.get(f"/v1/cases/{sealed}").json()
    other = client.get(f"/v1/cases/{left}").json()
    assert all(word in str(before["warnings"]) + str(before["score"]) for word in WORDS)
    with plain_store(settings) as store:
        assert seal(settings, store) == 1
    after = client.get(f"/v1/cases/{sealed}").json()
    assert not any(word in str(after) for word in WORDS)
    assert after["score"]["level"] == "red"
    [target], [was] = after["score"]["targets"], before["score"]["targets"]
    assert target["probability"] == was["probability"]
    assert [r["contribution"] for r in target["reasons"]] == [
        r["contribution"] for r in was["reasons"]
    ]
    assert {r["text"] for r in target["reasons"]} == {SEALED_MARK}
    told = [r for w in after["warnings"] for r in w["reasons"]]
    assert [r["spans"] for r in told] == [[]] * len(told)
    assert "明确威胁：请报告派出所" in {r["text"] for r in told}, "a rule is no quotation"
    assert client.get(f"/v1/cases/{left}").json() == other, "another case keeps its words"
    page = client.get("/").text
    assert SEALED_MARK in page and "弄死" not in page


def test_no_byte_of_a_quotation_is_left_in_the_database(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    case_id = register(client, record, "WG-1", NARRATIVE)
    closed(client, case_id)
    client.__exit__(None, None, None)
    with plain_store(settings) as store:
        seal(settings, store)
        files = list(settings.home.glob("zaojie.db*"))
        assert files
        for path in files:  # the log too: the store is open still
            assert not any(word.encode() in path.read_bytes() for word in WORDS), path.name


def test_an_unsealed_case_has_its_narrative_again_and_its_scores_stay_without_words(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    case_id = register(client, record, "WG-1", NARRATIVE)
    closed(client, case_id)
    with plain_store(settings) as store:
        seal(settings, store)
        reading = Reading(case_id, "w7", "中心负责人", "启封案情")
        unseal(store, RING, load_access(), reading, days=30)
    found = client.get(f"/v1/cases/{case_id}").json()
    assert found["narrative_masked"] == NARRATIVE
    assert not any(word in str(found["score"]) for word in WORDS)


def test_forgetting_reaches_the_tables_of_the_service(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    case_id = register(client, record, "WG-1", NARRATIVE)
    register(client, record, "WG-2", OTHER)
    with plain_store(settings) as store:
        done = forget(store, settings.home, case_id, who="w1", why="申请")
        with store.reading() as session:
            left = [session.scalar(select(func.count(t.case_id))) for t in (ScoreRow, WarningRow)]
    assert done.body["tables"]["scores"] == done.body["tables"]["warnings"] == 1
    assert left == [1, 1]
    assert client.get(f"/v1/cases/{case_id}").status_code == 404
