"""A challenger beside the champion: scored after the reply, kept apart, never in the way."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from zaojie_cases.store import Store
from zaojie_serving.settings import ServingSettings
from zaojie_serving.tables import ScoreRow, ShadowRow


def wait_for(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


@pytest.fixture
def rows(settings: ServingSettings, client: TestClient) -> Iterator[Callable[[], list[ShadowRow]]]:
    assert client
    with Store(settings.store_url) as store:

        def read() -> list[ShadowRow]:
            with store.reading() as session:
                found = list(session.scalars(select(ShadowRow).order_by(ShadowRow.as_of)))
                session.expunge_all()
            return found

        yield read


@pytest.fixture
def challenger(client: TestClient, settings: ServingSettings, bundle_tools: Any) -> str:
    bundle_tools.challenge(settings.bundles, "c1")
    app: Any = client.app
    wait_for(lambda: app.state.parts.challenger.current is not None)
    return "c1"


@pytest.mark.usefixtures("challenger")
def test_a_case_and_its_events_are_scored_by_both(
    client: TestClient, rows: Callable[[], list[ShadowRow]], record: dict[str, Any]
) -> None:
    answer = client.post("/v1/cases", json=record | {"narrative": "拿锄头"}).json()
    assert answer["score"]["bundle_version"] == "b1"
    event = {"kind": "note_added", "at": "2026-11-21T10:00:00+08:00", "payload": {"note": "推搡"}}
    again = client.post(f"/v1/cases/{answer['case_id']}/events", json=event)
    assert again.status_code == 201, again.text
    wait_for(lambda: len(rows()) == 2)
    first, second = rows()
    assert (first.champion_version, first.challenger_version) == ("b1", "c1")
    assert (first.champion_level, first.challenger_level) == ("orange", "orange")
    both = [pytest.approx(0.7), "orange"]
    assert first.targets == {"harm": {"champion": both, "challenger": both}}
    assert first.case_id == second.case_id == answer["case_id"]
    app: Any = client.app
    with app.state.parts.store.reading() as session:
        kept = set(session.scalars(select(ScoreRow.score_id)))
    assert {first.score_id, second.score_id} == kept


@pytest.mark.usefixtures("challenger")
def test_what_is_asked_for_without_keeping_or_out_of_scope_is_not_scored_in_shadow(
    client: TestClient, rows: Callable[[], list[ShadowRow]], record: dict[str, Any]
) -> None:
    client.post("/v1/scores", json={"records": [record]})
    client.post("/v1/cases", json=record | {"source_case_no": "2", "scoring_opt_out": True})
    client.post("/v1/cases", json=record)
    client.post("/v1/cases", json=record)  # a repetition
    wait_for(lambda: len(rows()) >= 1)
    assert len(rows()) == 1


def test_a_challenger_that_fails_reaches_no_caller(
    client: TestClient,
    challenger: str,
    record: dict[str, Any],
    rows: Callable[[], list[ShadowRow]],
    log: io.StringIO,
) -> None:
    class Broken:
        version = challenger

        def score(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("内部细节")

    app: Any = client.app
    working, app.state.parts.challenger.current = app.state.parts.challenger.current, Broken()
    answer = client.post("/v1/cases", json=record)
    assert answer.status_code == 201 and answer.json()["score"]["bundle_version"] == "b1"
    failed = 'zaojie_shadow_scores_total{outcome="failed"} 1.0'
    wait_for(lambda: failed in client.get("/metrics").text)
    assert "shadow_failed" in log.getvalue() and "内部细节" not in log.getvalue()
    app.state.parts.challenger.current = working
    client.post("/v1/cases", json=record | {"source_case_no": "2"})
    wait_for(lambda: len(rows()) == 1)


def test_the_reply_does_not_wait_for_the_challenger(
    client: TestClient, challenger: str, record: dict[str, Any]
) -> None:
    """The challenger stands still until both replies are there."""
    release = threading.Event()

    class Slow:
        version = challenger

        def score(self, *_: Any, **__: Any) -> Any:
            assert release.wait(30)
            return []

    app: Any = client.app
    app.state.parts.challenger.current = Slow()
    for number in range(2):
        answer = client.post("/v1/cases", json=record | {"source_case_no": f"S-{number}"})
        assert answer.status_code == 201
    scored = 'zaojie_shadow_scores_total{outcome="failed"} 0.0'
    assert scored in client.get("/metrics").text
    release.set()


@pytest.mark.usefixtures("challenger")
def test_the_figures_are_shown_and_the_challenger_can_leave(
    client: TestClient, settings: ServingSettings, record: dict[str, Any]
) -> None:
    for number, narrative in enumerate(["拿锄头", "推搡", "吵", "有分歧"]):
        new = {"source_case_no": f"F-{number}", "narrative": f"两家{narrative}"}
        assert client.post("/v1/cases", json=record | new).status_code == 201
    wait_for(lambda: 'zaojie_shadow_cases{target="harm"} 4.0' in client.get("/metrics").text)
    figures = client.get("/metrics").text
    assert 'zaojie_shadow_agreement{target="harm"} 1.0' in figures
    assert 'zaojie_shadow_spearman{target="harm"} 1.0' in figures
    assert 'zaojie_shadow_overlap{target="harm"} 1.0' in figures
    assert 'zaojie_challenger_info{version="c1"} 1.0' in figures
    (settings.bundles / "challenger.json").unlink()
    wait_for(lambda: "zaojie_shadow_cases{" not in client.get("/metrics").text)
    assert "zaojie_challenger_info{" not in client.get("/metrics").text
    assert client.get("/readyz").json()["bundle_version"] == "b1"


@pytest.mark.parametrize("harm", ["unsigned", "bundle", "role"])
def test_a_challenger_that_cannot_be_trusted_is_not_taken_up(
    client: TestClient,
    settings: ServingSettings,
    bundle_tools: Any,
    log: io.StringIO,
    record: dict[str, Any],
    harm: str,
) -> None:
    pointer = settings.bundles / "challenger.json"
    if harm == "unsigned":
        pointer.write_text('{"version": "b1", "directory": "b1"}', encoding="utf-8")
    elif harm == "role":
        pointer.write_bytes((settings.bundles / "champion.json").read_bytes())
    else:
        bundle_tools.challenge(settings.bundles, "c2")
        (settings.bundles / "c2" / "bundle.json").write_text("{", encoding="utf-8")
        pointer.touch()
    wait_for(lambda: "challenger_refused" in log.getvalue())
    app: Any = client.app
    assert app.state.parts.challenger.current is None
    assert client.post("/v1/cases", json=record).status_code == 201


def test_the_shadow_of_the_champion_itself_is_not_drawn(
    client: TestClient,
    settings: ServingSettings,
    bundle_tools: Any,
    rows: Callable[[], list[ShadowRow]],
    record: dict[str, Any],
) -> None:
    bundle_tools.challenge(settings.bundles, "b1")
    app: Any = client.app
    wait_for(lambda: app.state.parts.challenger.current is not None)
    client.post("/v1/cases", json=record)
    assert rows() == []
