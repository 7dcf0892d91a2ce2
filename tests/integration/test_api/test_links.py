"""Registrations that may be the same dispute: listed, decided, and noticed when scoring."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from starlette.testclient import TestClient

from zaojie_cases.linking.run import link_run
from zaojie_cases.record import SHANGHAI, Party
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.link_tables import LinkDecisionRow
from zaojie_cases.store.links import decide
from zaojie_cases.vault import Vault
from zaojie_serving.settings import ServingSettings

TEXT = "两家因排水沟的走向争执多日，雨天积水漫过门槛，村干部到场劝解没有结果"
OTHER = "工程完工半年工资至今未付清，几次去要都没有着落，班组的人商量着要请人出面"
WORD = {"verdict": "same", "by": "镇综治中心03号", "why": "村里核实过，是同一条沟。"}
HERE = {"origin": "http://127.0.0.1"}
NAME, PHONE = "王建国", "13912345678"


@pytest.fixture
def cases(client: TestClient, record: dict[str, Any], settings: ServingSettings) -> list[str]:
    """Three registrations of one dispute and one of another; compared."""
    ids = [register(client, record, n, TEXT) for n in range(3)]
    ids.append(register(client, record, 3, OTHER))
    with Store(settings.store_url) as store:
        link_run(store)
    return ids


def register(client: TestClient, record: dict[str, Any], number: int, text: str) -> str:
    changes = {"source_case_no": f"WG-{number}", "narrative": text}
    moment = {"registered_at": f"2026-11-{10 + number}T09:05:00+08:00"}
    answer = client.post("/v1/cases", json=record | changes | moment)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


def say(client: TestClient, one: str, other: str, **changes: Any) -> Any:
    body = WORD | {"case_ids": [one, other]} | changes
    return client.post("/v1/links/decisions", json=body)


def words(settings: ServingSettings) -> int:
    with Store(settings.store_url) as store, store.reading() as session:
        return session.scalar(select(func.count()).select_from(LinkDecisionRow)) or 0


def pair(link: dict[str, Any]) -> tuple[str, str]:
    return link["earlier"]["case_id"], link["later"]["case_id"]


def test_pairs_are_listed_with_both_sides_and_the_reasons(
    client: TestClient, cases: list[str]
) -> None:
    links = client.get("/v1/links").json()["links"]
    assert {pair(one) for one in links} == {
        (cases[0], cases[1]),
        (cases[0], cases[2]),
        (cases[1], cases[2]),
    }
    chances = [one["probability"] for one in links]
    assert chances == sorted(chances, reverse=True)
    for link in links:
        assert (link["state"], link["state_name"]) == ("undecided", "待确认")
        assert link["earlier"]["registered_at"] < link["later"]["registered_at"]
        assert link["earlier"]["place"] == "360122105203"
        assert link["earlier"]["kind"]
        assert any("文字" in reason["text"] for reason in link["reasons"])
        assert TEXT[:6] not in str(link)
    assert client.get("/v1/links?min_probability=1").json()["links"] == []


def test_paging_shows_every_pair_once(client: TestClient, cases: list[str]) -> None:
    say(client, cases[0], cases[3])
    whole = client.get("/v1/links?min_probability=0").json()["links"]
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/links?min_probability=0&limit=1{cursor}").json()
        seen += page["links"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == whole
    assert len({pair(one) for one in seen}) == len(seen) >= 4


@pytest.mark.parametrize(
    "cursor", ["x", "%FF", "e30=", "W10=", "WzEsMiwzXQ==", "WzEsICJcdTAwMDAiLCAiYSJd"]
)
def test_a_cursor_of_ones_own_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get(f"/v1/links?cursor={cursor}")
    assert answer.status_code == 422
    assert "游标" in answer.json()["detail"]


def test_a_word_changes_the_state_and_sending_it_again_adds_nothing(
    client: TestClient, cases: list[str], settings: ServingSettings
) -> None:
    first = say(client, cases[1], cases[0])
    assert first.status_code == 201, first.text
    assert first.json()["state_name"] == "已确认"
    assert first.json()["probability"] == 1.0
    assert pair(first.json()) == (cases[0], cases[1])
    assert first.json()["decision"]["who"] == "镇综治中心03号（演示）"
    again = say(client, cases[0], cases[1])
    assert (again.status_code, again.json()) == (200, first.json())
    assert words(settings) == 1
    other = say(client, cases[0], cases[1], verdict="separate")
    assert (other.status_code, other.json()["state_name"]) == (201, "已分开")
    assert say(client, cases[0], cases[1]).status_code == 201, "the word before was another one"
    undecided = client.get("/v1/links?undecided=true").json()["links"]
    decided = client.get("/v1/links?undecided=false").json()["links"]
    assert (cases[0], cases[1]) not in {pair(one) for one in undecided}
    assert [pair(one) for one in decided] == [(cases[0], cases[1])]


def test_the_links_of_one_case(client: TestClient, cases: list[str]) -> None:
    say(client, cases[3], cases[0], verdict="separate")
    links = client.get(f"/v1/cases/{cases[0]}/links").json()["links"]
    assert {cases[1], cases[2], cases[3]} <= {name for link in links for name in pair(link)}
    assert links[-1]["state_name"] == "已分开", "what was separated stays in sight"
    assert all(cases[0] in pair(link) for link in links)


def test_an_unknown_case_is_not_found(client: TestClient, cases: list[str]) -> None:
    for answer in (say(client, cases[0], "c-none"), client.get("/v1/cases/c-none/links")):
        assert answer.status_code == 404
        assert answer.json()["code"] == "ZJ6404"
    assert say(client, cases[0], cases[0]).status_code == 422
    assert say(client, cases[0], cases[1], why="").json()["errors"][0]["field"] == "why"


def test_no_identity_is_kept_of_a_reason_or_a_clerk(
    client: TestClient, cases: list[str], settings: ServingSettings, log: io.StringIO
) -> None:
    answer = say(client, cases[0], cases[1], why=f"问过{NAME}，电话{PHONE}。")
    assert answer.status_code == 201
    assert "电话" in answer.json()["decision"]["why"]
    refused = say(client, cases[0], cases[1], by=NAME)
    assert refused.status_code == 422
    assert "不填姓名" in refused.json()["errors"][0]["message"]
    page = client.get("/links?decided=true").text
    files = [path.read_bytes() for path in settings.home.iterdir() if path.is_file()]
    kept = b"".join(files).decode("utf-8", errors="ignore")
    assert WORD["by"] in kept
    for text in (answer.text, refused.text, page, log.getvalue(), kept):
        assert NAME not in text
        assert PHONE not in text


def test_the_page_shows_both_texts_and_takes_a_word(
    client: TestClient, cases: list[str], settings: ServingSettings
) -> None:
    page = client.get("/links")
    assert page.text.count(TEXT) == 6
    assert page.headers["referrer-policy"] == "same-origin", "or no form would tell its origin"
    form = WORD | {"case_ids": [cases[0], cases[1]]}
    sent = client.post("/links", data=form, headers=HERE, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/links")
    assert words(settings) == 1
    assert client.get("/links").text.count("确认同一件") == 2
    assert "已确认" in client.get("/links?decided=true").text


def test_a_form_that_is_not_filled_in_is_shown_again(
    client: TestClient, cases: list[str], settings: ServingSettings
) -> None:
    for changes in ({"why": ""}, {"case_ids": [cases[0], "c-none"]}, {"verdict": "<b>"}):
        form = WORD | {"case_ids": [cases[0], cases[1]]} | changes
        answer = client.post("/links", data=form, headers=HERE)
        assert answer.status_code in {404, 422}
        assert 'role="alert"' in answer.text
        assert "<b>" not in answer.text
    assert client.post("/links", content=b"\xff%ff&&=", headers=HERE).status_code == 422
    assert words(settings) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://127.0.0.1"}, 303),
        ({"referer": "http://127.0.0.1/links"}, 303),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1.evil.example"}, 403),
        ({"origin": "http://evil.example", "referer": "http://127.0.0.1/links"}, 403),
        ({"referer": "http://evil.example/127.0.0.1"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
    ],
)
def test_a_form_from_elsewhere_is_refused(
    client: TestClient,
    cases: list[str],
    settings: ServingSettings,
    headers: dict[str, str],
    status: int,
) -> None:
    form = WORD | {"case_ids": [cases[0], cases[1]]}
    answer = client.post("/links", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert words(settings) == (1 if status == 303 else 0)
    if status == 403:
        assert answer.json()["code"] == "ZJ6403"


def test_the_pages_want_a_key_like_the_console(open_client: Callable[..., TestClient]) -> None:
    closed = open_client(demo=False)
    for address in ("/links", "/matters"):
        answer = closed.get(address)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert closed.post(address, headers=HERE).status_code == 401
    assert closed.get("/v1/links").status_code == 401


def test_a_word_counts_from_the_next_score_on(
    settings: ServingSettings,
    bundle_tools: Any,
    open_client: Callable[..., TestClient],
    record: dict[str, Any],
) -> None:
    bundle_tools.promote(settings.bundles, "b1")
    client = open_client(poll_seconds=3_600)
    ids = [register(client, record, n, t) for n, t in enumerate((OTHER, TEXT, TEXT))]
    ledger, store = client.app.state.parts.ledger, client.app.state.parts.store  # type: ignore[attr-defined]

    def priors() -> list[str]:
        snapshot = ledger.snapshot(store.case(ids[2]), (), datetime.now(SHANGHAI))
        return [prior.case_id for prior in snapshot.priors]

    assert priors() == [ids[1]]
    say(client, ids[2], ids[0])
    say(client, ids[2], ids[1], verdict="separate")
    event = {"kind": "session", "at": "2026-11-20T10:00:00+08:00"}
    assert client.post(f"/v1/cases/{ids[2]}/events", json=event).status_code == 201
    assert priors() == [ids[0]]


def test_the_ledger_is_read_again_after_a_word_from_elsewhere(
    client: TestClient, cases: list[str], settings: ServingSettings
) -> None:
    parts = client.app.state.parts  # type: ignore[attr-defined]
    now = datetime.now(SHANGHAI)
    parts.ledger.refresh(now)
    with Store(settings.store_url) as store, store.session() as session:
        decide(session, cases[3], cases[0], same=True, who="x", why="y", at=now)
    parts.ledger.refresh(datetime.now(SHANGHAI))
    snapshot = parts.ledger.snapshot(parts.store.case(cases[3]), (), datetime.now(SHANGHAI))
    assert [prior.case_id for prior in snapshot.priors] == [cases[0]]


def test_the_ledger_is_read_again_after_parties_are_imported(
    client: TestClient, cases: list[str], settings: ServingSettings
) -> None:
    parts = client.app.state.parts  # type: ignore[attr-defined]
    parts.ledger.refresh(datetime.now(SHANGHAI))
    asked = parts.store.case(cases[3])

    def priors() -> list[str]:
        snapshot = parts.ledger.snapshot(asked, (), datetime.now(SHANGHAI))
        return [prior.case_id for prior in snapshot.priors]

    assert priors() == []
    people = [{"name": f"甲{n}", "phone": f"1390000000{n}"} for n in range(2)]
    with Store(settings.store_url) as store, store.session() as session:
        vault = Vault(store, SecretStr(base64.b64encode(bytes(32)).decode()))
        for case_id in (cases[0], cases[3]):
            parties = [Party(party_token="", case_id=case_id, identity=one) for one in people]
            merge(session, [Entry(parts.store.case(case_id), parties=tuple(parties))], vault)
    parts.ledger.refresh(datetime.now(SHANGHAI))
    assert priors() == [cases[0]]


def test_a_confirmation_over_two_counties_proposes_a_joint_case_once(
    client: TestClient, record: dict[str, Any], cases: list[str]
) -> None:
    there = {"region_code": "360103002001", "grid_code": None}
    other = register(client, {k: v for k, v in (record | there).items() if v}, 7, OTHER)
    first = say(client, cases[3], other)
    assert first.status_code == 201, first.text
    number = first.json()["joint_no"]
    assert number.startswith("L")
    again = say(client, other, cases[3])
    assert (again.status_code, again.json()) == (200, first.json())
    assert say(client, cases[3], other, verdict="separate").json()["joint_no"] == number
    assert say(client, cases[0], cases[1]).json()["joint_no"] is None, "one county"
    listed = client.get(f"/v1/cases/{other}/links").json()["links"]
    assert {link["joint_no"] for link in listed if cases[3] in pair(link)} == {number}
    assert number in client.get("/links?decided=true").text
