from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from zaojie_cases.errors import ConfigError
from zaojie_cases.store import Store
from zaojie_serving.keys import Keys
from zaojie_serving.settings import ServingSettings

CLOSED = ["/", "/metrics", "/v1/warnings", "/v1/targets", "/v1/cases/c1", "/nowhere", "/v1/nowhere"]
OPEN = ["/livez", "/readyz", "/docs", "/redoc", "/openapi.json", "/problems/ZJ6401"]


@pytest.fixture
def keys(settings: ServingSettings) -> Keys:
    store = Store(settings.store_url)
    store.upgrade()
    return Keys(store)


def test_a_demonstration_lets_this_machine_in(client: TestClient) -> None:
    for address in CLOSED:
        assert client.get(address).status_code != 401, address


def test_without_a_key_every_address_looks_the_same(
    open_client: Callable[..., TestClient],
) -> None:
    client = open_client(demo=False)
    answers = [client.get(a).json() for a in CLOSED]
    answers += [client.post("/v1/cases", content="{").json()]
    for answer in answers:
        answer.pop("request_id")
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "ZJ6401"
    for address in OPEN:
        assert client.get(address).status_code in {200, 503}, address


@pytest.mark.parametrize(
    "caller",
    [
        {"address": "10.0.0.8"},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"headers": {"forwarded": "for=127.0.0.1"}},
        {"headers": {"host": "rebound.example"}},
    ],
)
def test_a_demonstration_lets_nobody_else_in(
    open_client: Callable[..., TestClient], caller: dict[str, Any]
) -> None:
    client = open_client(address=caller.get("address", "127.0.0.1"))
    assert client.get("/v1/warnings", headers=caller.get("headers")).status_code == 401


def test_a_key_opens_in_either_header(open_client: Callable[..., TestClient], keys: Keys) -> None:
    key = keys.new("hotline")
    client = open_client(demo=False, address="10.0.0.8")
    for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
        assert client.get("/v1/warnings", headers=headers).status_code == 200
    for headers in (
        {"X-API-Key": key + "x"},
        {"X-API-Key": ""},
        {"Authorization": f"Bearer {key[:-1]}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic " + base64.b64encode(f"x:{key}".encode()).decode()},
    ):
        assert client.get("/v1/warnings", headers=headers).status_code == 401
    keys.revoke("hotline")
    assert client.get("/v1/warnings", headers={"X-API-Key": key}).status_code == 401


def test_a_browser_shows_the_key_to_the_console_as_a_password(
    open_client: Callable[..., TestClient], keys: Keys
) -> None:
    key = keys.new("hotline")
    client = open_client(demo=False)
    assert client.get("/").headers["www-authenticate"] == 'Basic realm="zaojie"'
    assert client.get("/", auth=("anybody", key)).status_code == 200
    assert client.get("/", headers={"Authorization": "Basic !!"}).status_code == 401


def test_the_trail_bears_the_name_of_the_key(
    open_client: Callable[..., TestClient],
    keys: Keys,
    record: dict[str, Any],
    settings: ServingSettings,
    bundle_tools: Any,
) -> None:
    bundle_tools.promote(settings.bundles, "b1")
    headers = {"X-API-Key": keys.new("村调委会")}
    client = open_client(demo=False)
    case = client.post("/v1/cases", json=record | {"narrative": "推搡"}, headers=headers).json()
    event = {"kind": "signed_for", "at": "2026-11-22T09:00:00"}
    address = f"/v1/cases/{case['case_id']}/events"
    signed = client.post(address, json=event, headers=headers).json()
    steps = {step["what"]: step["who"] for step in signed["warnings"][0]["trail"]}
    assert steps == {"opened": "模型 b1", "signed": "村调委会", "renewed": "模型 b1"}


def test_it_refuses_to_start_open_to_strangers(make_app: Callable[..., FastAPI]) -> None:
    with pytest.raises(ConfigError, match="zaojie key new"):
        make_app(host="0.0.0.0", demo=False)
    with pytest.raises(ConfigError, match="--demo"):
        make_app(host="0.0.0.0", demo=True)
