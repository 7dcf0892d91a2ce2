from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from zaojie_serving.server import listen
from zaojie_serving.settings import ServingSettings

SWAPS = 20
CLIENTS = 4


@pytest.fixture
def address(
    make_app: Callable[..., FastAPI], settings: ServingSettings, bundle_tools: Any
) -> Iterator[str]:
    """A real server on a free port, in a thread of its own."""
    bundle_tools.promote(settings.bundles, "b0")
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=30)
    listener.close()
    assert not thread.is_alive()


def test_twenty_swaps_under_load_fail_no_request(
    address: str, settings: ServingSettings, bundle_tools: Any, record: dict[str, Any]
) -> None:
    stop = threading.Event()
    failures: list[object] = []
    versions: set[str] = set()
    records = [record | {"source_case_no": f"N-{n}"} for n in range(5)]

    def load(number: int) -> None:
        with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
            turn = 0
            while not stop.is_set():
                turn += 1
                scored = client.post("/v1/scores", json={"records": records})
                used = {r["score"]["bundle_version"] for r in scored.json()["results"]}
                case = record | {"source_case_no": f"N-{number}-{turn}", "narrative": "拿锄头"}
                kept = client.post("/v1/cases", json=case)
                ready = client.get("/readyz")
                versions.update(used)
                if scored.status_code != 200 or len(used) != 1:
                    failures.append(scored.text)
                if kept.status_code != 201 or len(kept.json()["warnings"]) != 1:
                    failures.append(kept.text)
                if ready.status_code != 200:
                    failures.append(ready.text)

    def guarded(number: int) -> None:
        try:
            load(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
            for swap in range(1, SWAPS + 1):
                bundle_tools.promote(settings.bundles, f"b{swap}")
                deadline = time.monotonic() + 60
                while client.get("/readyz").json()["bundle_version"] != f"b{swap}":
                    assert time.monotonic() < deadline, "the swap did not happen"
            figures = client.get("/metrics").text
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
    assert failures == []
    assert f"zaojie_bundle_swaps_total {SWAPS + 1}.0" in figures
    assert len(versions) > SWAPS / 2
