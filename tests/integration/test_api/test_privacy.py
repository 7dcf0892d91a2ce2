"""Names, phones and identity numbers sent to every address must not be found anywhere."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from zaojie_serving.settings import ServingSettings

NAME, PHONE, RESIDENT, MAIL = "王建国", "13912345678", "11010519491231002X", "wjg1949@example.com"
IDENTITIES = (NAME, PHONE, RESIDENT, MAIL)
STORY = (
    f"来电人{NAME}，身份证号{RESIDENT}，电话{PHONE}，邮箱{MAIL}，反映邻居拿锄头堵门；"
    f"{NAME}要求村里处理，联系电话：{PHONE}。"
)
JSON = {"content-type": "application/json"}


def requests(record: dict[str, Any], case_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield requests with identity at every place where somebody could put it."""
    events = f"/v1/cases/{case_id}/events"
    at = "2026-11-22T09:00:00"
    every = f"{NAME} {PHONE} {RESIDENT} {MAIL}"
    for field in [*record, "mediator_id", "committee_id", "org_kind", "status", "due_on", PHONE]:
        bad = record | {field: every, "source_case_no": "N-2"} | {field: every}
        yield "POST", "/v1/cases", {"json": bad}
        yield "POST", "/v1/scores", {"json": {"records": [bad, every, {every: every}]}}
    for number in (PHONE, RESIDENT, NAME):
        yield "POST", "/v1/cases", {"json": record | {"source_case_no": number}}
        yield "POST", events, {"json": {"kind": "session", "at": at, "event_no": number}}
    note = {"note": STORY, "phone": int(PHONE), "ratio": float(PHONE), "mail": MAIL, "id": RESIDENT}
    yield "POST", events, {"json": {"kind": "note_added", "at": at, "payload": note}}
    yield "POST", events, {"json": {"kind": every, "at": every, "payload": {every: every}}}
    yield "POST", events, {"json": {"kind": "session", "at": at, "actor_role": every}}
    for content in (STORY, f'{{"narrative": "{STORY}', f'["{STORY}"]', f'{{"{STORY}": 1}}'):
        for address in ("/v1/cases", "/v1/scores", events):
            yield "POST", address, {"content": content.encode(), "headers": JSON}
            yield "POST", address, {"content": content.encode()}
            yield "POST", address, {"content": content.encode("gb18030"), "headers": JSON}
    yield "POST", "/v1/cases", {"content": (STORY * 80_000).encode(), "headers": JSON}
    for address in (f"/{NAME}{PHONE}", f"/v1/cases/{PHONE}", f"/problems/{PHONE}"):
        yield "GET", address, {}
        yield "DELETE", address, {}
    for query in ("level", "region", "cursor", "limit", "state", PHONE):
        yield "GET", f"/v1/warnings?{query}={NAME}{PHONE}", {}
    headers = {"X-API-Key": PHONE, "X-Request-ID": PHONE, "User-Agent": PHONE, "Cookie": PHONE}
    yield "GET", "/v1/warnings", {"headers": headers}
    for address in ("/", "/metrics", "/readyz", "/v1/warnings", f"/v1/cases/{case_id}"):
        yield "GET", address, {}


def found_in(text: str) -> list[str]:
    return [identity for identity in IDENTITIES if identity in text]


def test_identity_is_found_nowhere(
    capfd: pytest.CaptureFixture[str],
    client: TestClient,
    record: dict[str, Any],
    settings: ServingSettings,
    log: io.StringIO,
) -> None:
    record = record | {"narrative": STORY}
    case = client.post("/v1/cases", json=record).json()
    assert case["warnings"], "the story must be scored for this test to mean anything"
    seen = json.dumps(case, ensure_ascii=False)
    statuses = set()
    for method, address, more in requests(record, case["case_id"]):
        answer = client.request(method, address, **more)
        statuses.add(answer.status_code)
        assert found_in(answer.text) == [], (method, address, answer.status_code)
        assert found_in(str(answer.headers)) == []
    assert statuses >= {200, 201, 400, 404, 405, 413, 415, 422}
    assert 500 not in statuses
    assert found_in(seen) == []
    out, err = capfd.readouterr()
    assert '"route": "/v1/scores"' in log.getvalue()
    assert found_in(out + err + log.getvalue()) == []
    assert found_in(everything_in(settings)) == []


def everything_in(settings: ServingSettings) -> str:
    """Return the text of all columns of all tables, and the raw bytes of the files."""
    path = settings.home / "zaojie.db"
    with sqlite3.connect(path) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        rows = [str(connection.execute(f"SELECT * FROM {name}").fetchall()) for name in tables]
    connection.close()
    assert "拿锄头堵门" in "".join(rows)
    raw = b"".join(p.read_bytes() for p in settings.home.iterdir() if p.is_file())
    return "".join(rows) + raw.decode("utf-8", errors="ignore")
