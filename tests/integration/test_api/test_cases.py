from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from zaojie_cases.record import SHANGHAI
from zaojie_cases.retention.forget import forget
from zaojie_cases.store import Store
from zaojie_serving.settings import ServingSettings


def register(client: TestClient, record: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/cases", json=record)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def push(client: TestClient, case_id: str, kind: str, note: str = "", at: str | None = None) -> Any:
    moment = at or (datetime.now(SHANGHAI) - timedelta(hours=1)).isoformat()
    event = {"kind": kind, "at": moment, "payload": {"note": note} if note else {}}
    response = client.post(f"/v1/cases/{case_id}/events", json=event)
    assert response.status_code in {200, 201}, response.text
    return response.json()


def levels(case: dict[str, Any]) -> list[str]:
    return [warning["level"] for warning in case["warnings"]]


def test_a_quiet_case_is_registered_and_scored_without_a_warning(
    client: TestClient, record: dict[str, Any]
) -> None:
    case = register(client, record)
    assert case["score"]["level"] == "none"
    assert case["warnings"] == []
    assert client.get(f"/v1/cases/{case['case_id']}").json() == case


def test_an_alarming_case_raises_a_warning_that_carries_what_it_must(
    client: TestClient, record: dict[str, Any]
) -> None:
    case = register(client, record | {"narrative": "昨晚他扬言要弄死对方。"})
    (warning,) = case["warnings"]
    issued = datetime.fromisoformat(warning["issued_at"])
    assert warning["level_name"] == "红"
    assert warning["state"] == "issued"
    assert warning["addressee"] == "乡镇调解负责人和综治中心值班"
    assert datetime.fromisoformat(warning["sign_by"]) - issued == timedelta(hours=2)
    assert datetime.fromisoformat(warning["contact_by"]) - issued == timedelta(hours=24)
    assert warning["valid_until"] == case["score"]["valid_until"]
    assert warning["reasons"][0]["kind"] == "rule"
    start, end = warning["reasons"][0]["spans"][0]
    assert case["narrative_masked"][start:end] == "弄死"
    assert "不得用于" in warning["cannot_use_for"]
    assert [(s["what"], s["state"]) for s in warning["trail"]] == [("opened", "issued")]
    assert warning["trail"][0]["who"] == "模型 b1"


def test_registering_twice_is_registering_once(client: TestClient, record: dict[str, Any]) -> None:
    first = register(client, record | {"narrative": "双方推搡。"})
    again = client.post("/v1/cases", json=record | {"narrative": "双方推搡。"})
    assert again.status_code == 200
    assert again.json() == first
    assert again.headers["location"] == f"/v1/cases/{first['case_id']}"


def test_the_same_number_with_other_content_is_a_conflict_and_changes_nothing(
    client: TestClient, record: dict[str, Any]
) -> None:
    first = register(client, record)
    clash = client.post("/v1/cases", json=record | {"narrative": "另一件事", "involved_count": 9})
    assert clash.status_code == 409
    assert clash.json()["code"] == "ZJ6409"
    assert {e["field"] for e in clash.json()["errors"]} == {"narrative", "involved_count"}
    assert client.get(f"/v1/cases/{first['case_id']}").json() == first


def test_sent_at_once_from_many_sides_it_is_registered_once(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    barrier = threading.Barrier(8)

    def send(_: int) -> int:
        barrier.wait()
        return client.post("/v1/cases", json=record | {"narrative": "推搡"}).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(send, range(8)))
    assert codes == [200] * 7 + [201]
    with create_engine(settings.store_url).connect() as connection:
        for table in ("cases", "scores", "warnings", "warning_trail"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1


def test_an_event_opens_raises_and_never_doubles_or_lowers_a_warning(
    client: TestClient, record: dict[str, Any]
) -> None:
    case_id = register(client, record)["case_id"]
    assert levels(push(client, case_id, "note_added", "两家又吵了一架")) == ["blue"]
    assert levels(push(client, case_id, "note_added", "门口推搡")) == ["yellow"]
    raised = push(client, case_id, "note_added", "有人拿出锄头")
    assert levels(raised) == ["orange"]
    (warning,) = raised["warnings"]
    assert [s["what"] for s in warning["trail"]] == ["opened", "raised", "raised"]
    assert warning["addressee"] == "乡镇调委会和司法所"
    renewed = push(client, case_id, "session", "谈了一次")
    assert levels(renewed) == ["orange"]
    assert renewed["warnings"][0]["issued_at"] == warning["issued_at"]
    assert renewed["warnings"][0]["trail"][-1]["what"] == "renewed"


def test_a_lower_score_leaves_the_warning_alone(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    case_id = register(client, record | {"narrative": "门口推搡。"})["case_id"]
    with create_engine(settings.store_url).begin() as connection:
        connection.execute(text("UPDATE cases SET narrative_masked = '已经没有动手'"))
    case = push(client, case_id, "session", "双方都冷静下来")
    assert case["score"]["level"] == "none"
    assert levels(case) == ["yellow"]
    assert [s["what"] for s in case["warnings"][0]["trail"]] == ["opened"]


def test_the_same_event_sent_twice_counts_once(client: TestClient, record: dict[str, Any]) -> None:
    case_id = register(client, record)["case_id"]
    at = "2026-11-22T15:00:00+08:00"
    first = push(client, case_id, "note_added", "有人拿锄头", at)
    event = {"kind": "note_added", "at": at, "payload": {"note": "有人拿锄头"}}
    again = client.post(f"/v1/cases/{case_id}/events", json=event)
    assert again.status_code == 200
    assert again.json() == first


def test_many_events_at_once_leave_one_warning(client: TestClient, record: dict[str, Any]) -> None:
    case_id = register(client, record)["case_id"]
    notes = [f"第{n}次推搡" for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda note: push(client, case_id, "note_added", note), notes))
    case = client.get(f"/v1/cases/{case_id}").json()
    assert len(case["events"]) == 12
    assert levels(case) == ["yellow"]
    assert case["score"]["snapshot_hash"].startswith("12-")


def test_signing_contact_and_revisit_move_the_warning_on(
    client: TestClient, record: dict[str, Any]
) -> None:
    case_id = register(client, record | {"narrative": "门口推搡。"})["case_id"]
    states = [
        push(client, case_id, kind)["warnings"][0]["state"]
        for kind in ("contacted", "signed_for", "closed", "revisit")
    ]
    assert states == ["contacted", "contacted", "contacted", "closed"]
    (warning,) = client.get(f"/v1/cases/{case_id}").json()["warnings"]
    assert warning["trail"][-1]["who"] == "演示"
    assert warning["trail"][-1]["why"] == "事件 revisit"


def test_a_closed_case_is_not_scored_until_it_is_reopened(
    client: TestClient, record: dict[str, Any]
) -> None:
    case_id = register(client, record)["case_id"]
    closed = push(client, case_id, "closed", at="2026-11-21T09:00:00")
    assert "已办结" in closed["notes"][0]
    assert levels(push(client, case_id, "note_added", "又拿锄头来了")) == []
    assert levels(push(client, case_id, "reopened", at="2026-11-22T09:00:00")) == ["orange"]


def test_without_a_champion_cases_are_accepted_and_run_on_the_ordinary_clock(
    open_client: Callable[..., TestClient],
    record: dict[str, Any],
    settings: ServingSettings,
    bundle_tools: Any,
) -> None:
    client = open_client()
    case = register(client, record | {"narrative": "拿锄头堵门。"})
    assert case["score"] is None
    assert "zaojie train" in case["notes"][0]
    assert client.post("/v1/scores", json={"records": [record]}).status_code == 503
    bundle_tools.promote(settings.bundles, "b1")
    client.app.state.parts.champion.refresh()  # type: ignore[attr-defined]
    assert levels(push(client, case["case_id"], "session")) == ["orange"]


def test_a_case_gets_in_even_when_the_model_fails(
    client: TestClient, record: dict[str, Any], log: io.StringIO
) -> None:
    class Broken:
        version = "b9"
        target_names: tuple[str, ...] = ()

        def score(self, snapshots: Any, **_: Any) -> Any:
            raise RuntimeError(snapshots[0].case.narrative_masked)

    client.app.state.parts.champion.current = Broken()  # type: ignore[attr-defined]
    case = register(client, record)
    assert case["score"] is None
    assert "评分没有成功" in case["notes"][0]
    logged = log.getvalue()
    assert "scoring_failed" in logged
    assert "水沟" not in logged


def test_unknown_cases_are_not_found(client: TestClient) -> None:
    event = {"kind": "session", "at": "2026-11-21T09:00:00"}
    for answer in (client.get("/v1/cases/c0"), client.post("/v1/cases/c0/events", json=event)):
        assert answer.status_code == 404
        assert answer.json()["code"] == "ZJ6404"


def test_types_out_of_scope_are_accepted_and_routed(
    client: TestClient, record: dict[str, Any]
) -> None:
    case = register(client, record | {"category_code": "1502", "narrative": "拿锄头"})
    assert case["route"]
    assert case["score"]["unscored_reason"]
    assert case["warnings"] == []


def test_a_forgotten_case_is_refused_with_the_reason(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    case = register(client, record)
    with Store(settings.store_url) as store:
        forget(store, settings.home, case["case_id"], who="管理员", why="当事人申请")
    assert client.get(f"/v1/cases/{case['case_id']}").status_code == 404
    answer = client.post("/v1/cases", json=record)
    assert answer.status_code == 422, answer.text
    assert "遗忘" in answer.json()["detail"]
