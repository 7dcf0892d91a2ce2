from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from zaojie_serving.examples import CASES
from zaojie_serving.settings import ServingSettings


def score(client: TestClient, *records: Any) -> list[dict[str, Any]]:
    response = client.post("/v1/scores", json={"records": records})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_a_score_names_all_that_explains_it(client: TestClient) -> None:
    (result,) = score(client, CASES[0])
    found = result["score"]
    assert result["status"] == "scored"
    assert found["level"] == "red"
    assert found["targets"][0]["probability"] == pytest.approx(0.9)
    assert found["bundle_version"] == "b1"
    assert found["policy_version"] == "p1"
    assert found["valid_until"] > found["as_of"]
    start, end = found["rule_hits"][0]["spans"][0]
    assert CASES[0]["narrative"][start:end] == "弄死"


def test_a_bad_row_does_not_sink_the_batch(client: TestClient, record: dict[str, Any]) -> None:
    bad = [{}, "text", None, record | {"category_code": "0298"}, record | {"narrative": ""}]
    results = score(client, record, *bad, record)
    assert [r["index"] for r in results] == list(range(7))
    assert [r["status"] for r in results] == ["scored", *["refused"] * 5, "scored"]
    assert results[4]["errors"][0]["field"] == "category_code"
    assert results[4]["errors"][0]["rule"] == "ZJ1200"
    assert all(r["score"] is None and r["errors"] for r in results[1:6])


def test_types_out_of_scope_are_routed_and_not_scored(client: TestClient) -> None:
    (result,) = score(client, CASES[2])
    assert result["status"] == "unscored"
    assert result["route"]
    assert result["score"]["unscored_reason"]
    assert result["score"]["targets"] == []


def test_a_thousand_records_are_answered_in_order(
    client: TestClient, record: dict[str, Any]
) -> None:
    records = [record | {"source_case_no": f"N-{n}"} for n in range(1_000)]
    ids = [r["score"]["case_id"] for r in score(client, *records)]
    assert len(set(ids)) == 1_000
    assert ids == [r["score"]["case_id"] for r in score(client, *records)]


@pytest.mark.parametrize("count", [0, 1_001])
def test_fewer_or_more_records_are_refused(client: TestClient, count: int) -> None:
    response = client.post("/v1/scores", json={"records": [{}] * count})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "records"


def test_the_same_record_is_scored_the_same_and_nothing_is_kept(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    assert score(client, record) == score(client, record)
    with create_engine(settings.store_url).connect() as connection:
        for table in ("cases", "scores", "warnings"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_known_events_count_and_the_moment_is_the_last_known(
    client: TestClient, record: dict[str, Any]
) -> None:
    note = {"kind": "note_added", "at": "2026-11-21T08:00:00", "payload": {"note": "又推搡起来"}}
    late = note | {"recorded_at": "2026-11-22T08:00:00"}
    (result,) = score(client, record | {"events": [late]})
    assert result["score"]["level"] == "yellow"
    assert result["score"]["as_of"] == "2026-11-22T08:00:00+08:00"
    (earlier,) = score(client, record | {"events": [late], "as_of": "2026-11-21T09:00:00"})
    assert earlier["score"]["level"] == "none"


@pytest.mark.parametrize("as_of", ["2026-11-19T00:00:00", "2036-01-01T00:00:00"])
def test_the_moment_lies_between_registration_and_now(
    client: TestClient, record: dict[str, Any], as_of: str
) -> None:
    (result,) = score(client, record | {"as_of": as_of})
    assert result["errors"][0]["field"] == "as_of"


def test_what_was_mended_in_the_narrative_is_said(
    client: TestClient, record: dict[str, Any]
) -> None:
    (result,) = score(client, record | {"narrative": "水沟\u0000堵了"})
    assert result["status"] == "scored"
    assert "已去除" in result["score"]["quality_notes"][0]


def test_history_of_the_place_is_known(client: TestClient, record: dict[str, Any]) -> None:
    (before,) = score(client, record | {"as_of": "2026-11-21T00:00:00"})
    client.post("/v1/cases", json=record | {"source_case_no": "WG-2"})
    (after,) = score(client, record | {"as_of": "2026-11-21T00:00:00"})
    assert before["score"]["snapshot_hash"] == "0-0"
    assert after["score"]["snapshot_hash"] == "0-1"


def test_targets(client: TestClient) -> None:
    assert client.get("/v1/targets").json() == {
        "bundle_version": "b1",
        "targets": ["harm", "overdue"],
    }
