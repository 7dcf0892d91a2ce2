from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from zaojie_serving.requests import ScoreInput
from zaojie_serving.settings import ServingSettings

JSON = {"content-type": "application/json"}


def check(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["title"]
    assert re.search(r"[\u4e00-\u9fff]", body["detail"])
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def test_every_refusal_is_a_problem(client: TestClient) -> None:
    check(client.get("/nowhere"), 404, "ZJ6404")
    check(client.get("/v1/nowhere"), 404, "ZJ6404")
    check(client.put("/v1/cases", json={}), 405, "ZJ6405")
    check(client.post("/v1/cases", json={}), 422, "ZJ6422")
    check(client.post("/v1/cases", json=[]), 422, "ZJ6422")
    check(client.post("/v1/cases", content="{", headers=JSON), 400, "ZJ6400")
    check(client.post("/v1/cases", content=b"\xff\xfe", headers=JSON), 400, "ZJ6400")
    check(client.post("/v1/cases", content="[" * 100_000, headers=JSON), 400, "ZJ6400")
    check(client.post("/v1/cases", content="a=1"), 415, "ZJ6415")
    check(client.post("/v1/cases", content="", headers=JSON), 422, "ZJ6422")


def test_an_empty_narrative_and_one_that_is_too_long(
    client: TestClient, record: dict[str, Any]
) -> None:
    for narrative, rule in (("", "string_too_short"), ("长" * 20_001, "string_too_long")):
        answer = client.post("/v1/cases", json=record | {"narrative": narrative})
        body = check(answer, 422, "ZJ6422")
        assert body["errors"][0]["field"] == "narrative"
        assert body["errors"][0]["rule"] == rule
    assert client.post("/v1/cases", json=record | {"narrative": "长" * 20_000}).status_code == 201


def test_a_body_of_ten_megabytes_is_too_large_whether_it_says_so_or_not(
    client: TestClient, record: dict[str, Any]
) -> None:
    large = json.dumps(record | {"narrative": "长" * 3_500_000}, ensure_ascii=False).encode()
    check(client.post("/v1/cases", content=large, headers=JSON), 413, "ZJ6413")

    def in_pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 1 << 20):
            yield large[start : start + (1 << 20)]

    check(client.post("/v1/cases", content=in_pieces(), headers=JSON), 413, "ZJ6413")


def test_an_error_that_nobody_foresaw_says_nothing_of_its_cause(
    client: TestClient, log: io.StringIO
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("张三13912345678")

    body = check(client.get("/v1/broken"), 500, "ZJ6500")
    logged = log.getvalue()
    assert "13912345678" not in logged + str(body)
    assert "Traceback" not in logged
    assert "RuntimeError" in logged
    assert body["request_id"] in logged


def test_a_locked_database_is_a_503_and_loses_nothing(
    make_app: Callable[..., FastAPI], settings: ServingSettings, record: dict[str, Any]
) -> None:
    url = f"{settings.store_url}?timeout=0.2"
    app = make_app(database_url=url)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as client:
        with create_engine(settings.store_url).connect() as other:
            other.execute(text("BEGIN EXCLUSIVE"))
            locked = client.post("/v1/cases", json=record)
            other.execute(text("ROLLBACK"))
        check(locked, 503, "ZJ2000")
        assert locked.headers["retry-after"]
        assert client.post("/v1/cases", json=record).status_code == 201


def test_each_code_has_a_page_and_an_object(client: TestClient) -> None:
    page = client.get("/problems/ZJ6422", headers={"accept": "text/html"})
    assert "请求内容不符合规定" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("/problems/ZJ1200").json()["title"] == "代码不在代码表中"
    check(client.get("/problems/ZJ9999"), 404, "ZJ6404")


def test_the_documents_work_offline_and_speak_chinese(client: TestClient) -> None:
    for address in ("/docs", "/redoc"):
        page = client.get(address).text
        assert "cdn" not in page
        assert 'src="/static-offline-docs/' in page
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
    document = client.get("/openapi.json").json()
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert all(any(ch > "\u4e00" for ch in op["summary"]) for op in operations)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    case = document["components"]["schemas"]["CaseInput"]
    assert len(case["examples"]) == 3
    assert all(
        any(ch > "\u4e00" for ch in field["description"]) for field in case["properties"].values()
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
fields = st.sampled_from([*ScoreInput.model_fields, "unknown"])


@tuned(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(fields, anything, min_size=1, max_size=3))
def test_whatever_is_sent_the_answer_is_never_a_server_error(
    client: TestClient, record: dict[str, Any], changes: dict[str, Any]
) -> None:
    record = record | changes
    body = json.dumps({"records": [record]}).encode()
    scored = client.post("/v1/scores", content=body, headers=JSON)
    assert scored.status_code == 200
    (result,) = scored.json()["results"]
    assert (result["status"] == "refused") == bool(result["errors"])
    kept = client.post("/v1/cases", content=json.dumps(record).encode(), headers=JSON)
    assert kept.status_code in {200, 201, 409, 422}
