from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from zaojie_serving.settings import ServingSettings


def wait_for(met: Callable[[], bool]) -> None:
    """Wait until the background watch has seen a change."""
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline, "the watch saw nothing"
        time.sleep(0.01)


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {
        "status": "ready",
        "bundle_version": "b1",
        "refused": None,
    }


def test_without_a_champion_it_is_alive_but_not_ready(
    open_client: Callable[..., TestClient], settings: ServingSettings, bundle_tools: Any
) -> None:
    client = open_client()
    assert client.get("/livez").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "zaojie promote" in answer.json()["detail"]
    assert "zaojie promote" in client.get("/").text
    bundle_tools.promote(settings.bundles, "b1")
    wait_for(lambda: client.get("/readyz").status_code == 200)


def test_a_corrupt_bundle_is_seen_and_the_old_one_serves(
    client: TestClient, settings: ServingSettings, bundle_tools: Any, record: dict[str, Any]
) -> None:
    (settings.bundles / "b2").mkdir()
    (settings.bundles / "b2" / "bundle.json").write_text("{", encoding="utf-8")
    bundle_tools.point(settings.bundles, "b2")
    wait_for(lambda: client.get("/readyz").json()["refused"] is not None)
    assert client.get("/readyz").status_code == 200
    assert client.get("/readyz").json()["bundle_version"] == "b1"
    assert "zaojie_bundle_refused 1.0" in client.get("/metrics").text
    assert "模型包损坏" in client.get("/").text
    scored = client.post("/v1/scores", json={"records": [record]}).json()
    assert scored["results"][0]["score"]["bundle_version"] == "b1"
    bundle_tools.promote(settings.bundles, "b3")
    wait_for(lambda: client.get("/readyz").json()["bundle_version"] == "b3")
    assert "zaojie_bundle_refused 0.0" in client.get("/metrics").text


def test_figures_count_what_happened(client: TestClient, record: dict[str, Any]) -> None:
    client.post("/v1/cases", json=record | {"narrative": "拿锄头"})
    client.get("/v1/cases/secret-number-1")
    client.request("BREW", "/v1/cases")
    figures = client.get("/metrics").text
    assert 'zaojie_requests_total{method="POST",route="/v1/cases",status="201"} 1.0' in figures
    assert 'zaojie_warnings_total{change="opened",level="orange"} 1.0' in figures
    assert 'zaojie_scores_total{level="orange"} 1.0' in figures
    assert 'zaojie_bundle_info{version="b1"} 1.0' in figures
    assert "secret-number" not in figures
    assert "BREW" not in figures


def test_a_log_line_is_json_and_names_the_route_not_the_path(
    client: TestClient, log: io.StringIO
) -> None:
    answer = client.get("/v1/cases/c-secret?name=secret")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [one for one in lines if one.get("request_id") == answer.headers["x-request-id"]]
    assert line["route"] == "/v1/cases/{case_id}"
    assert line["status"] == 404
    assert "secret" not in json.dumps(lines)


def test_the_ledger_learns_of_closings_and_imports(
    client: TestClient, record: dict[str, Any], settings: ServingSettings
) -> None:
    from zaojie_cases.record import Case
    from zaojie_cases.store import Store

    ask = {"records": [record | {"as_of": "2026-11-21T00:00:00"}]}
    case = Case(
        case_id="c-imported",
        source_system="import",
        source_case_no="1",
        registered_at="2026-11-19T09:00:00+08:00",  # type: ignore[arg-type]
        region_code=record["region_code"],
        narrative_masked="另一件事",
    )
    with Store(settings.store_url) as store:
        store.add_case(case)

    def seen() -> bool:
        result = client.post("/v1/scores", json=ask).json()["results"][0]
        return bool(result["score"]["snapshot_hash"] == "0-1")

    wait_for(seen)
