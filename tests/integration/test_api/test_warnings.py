from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

WORDS = ["弄死", "锄头", "推搡", "吵"]
REGIONS = ["360122105203", "360122102001", "360702001002"]


@pytest.fixture
def many(client: TestClient, record: dict[str, Any]) -> list[str]:
    """Twelve warnings of all levels in three places; their ids, newest first."""
    ids = []
    for number in range(12):
        case = record | {
            "source_case_no": f"N-{number}",
            "narrative": f"第{number}起，有人{WORDS[number % 4]}。",
            "region_code": REGIONS[number % 3],
        }
        ids.append(client.post("/v1/cases", json=case).json()["warnings"][0]["warning_id"])
    return ids[::-1]


def ask(client: TestClient, query: str) -> dict[str, Any]:
    response = client.get(f"/v1/warnings?{query}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_pages_hold_every_warning_once_newest_first(client: TestClient, many: list[str]) -> None:
    seen, cursor = [], ""
    while True:
        page = ask(client, f"limit=5{cursor}")
        seen += [w["warning_id"] for w in page["warnings"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == many


def test_a_warning_that_comes_between_two_pages_disturbs_nothing(
    client: TestClient, many: list[str], record: dict[str, Any]
) -> None:
    first = ask(client, "limit=5")
    client.post("/v1/cases", json=record | {"source_case_no": "N-99", "narrative": "推搡"})
    second = ask(client, f"limit=50&cursor={first['next_cursor']}")
    assert [w["warning_id"] for w in first["warnings"] + second["warnings"]] == many


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("level=red", 3),
        ("level=red&level=orange", 6),
        ("state=issued", 12),
        ("state=closed", 0),
        ("region=36", 12),
        ("region=3601", 8),
        ("region=360122105", 4),
        ("region=360122105203", 4),
        ("region=360100000000", 8),
        ("region=360700000000&level=blue", 1),
        ("region=44", 0),
    ],
)
@pytest.mark.usefixtures("many")
def test_filters(client: TestClient, query: str, count: int) -> None:
    assert len(ask(client, f"limit=200&{query}")["warnings"]) == count


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("level=purple", "level.0"),
        ("state=x", "state.0"),
        ("region=3", "region"),
        ("region=赣", "region"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=MDAwMS0wMS0wMVQwMDowMDowMCBh", "cursor"),
        ("cursor=MjAyNi0wMS0wMQ==", "cursor"),
    ],
)
def test_wrong_questions_are_answered_by_field(client: TestClient, query: str, field: str) -> None:
    response = client.get(f"/v1/warnings?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


@pytest.mark.usefixtures("many")
def test_the_console_shows_them_by_level_without_any_outside_help(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'lang="zh-CN"' in page.text
    assert page.text.count("<article>") == 12
    assert '<mark class="rule">弄死</mark>' in page.text
    assert '<mark class="word">锄头</mark>' in page.text
    assert "乡镇调委会和司法所" in page.text
    assert "签收" in page.text
    assert not re.search(r'(src|href)="(https?:)?//', page.text)
    assert page.text.index("红色预警（3）") < page.text.index("橙色预警（3）")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_console_escapes_what_people_wrote(client: TestClient, record: dict[str, Any]) -> None:
    evil = record | {"narrative": "<script>alert(1)</script>拿锄头<img src=x>"}
    client.post("/v1/cases", json=evil)
    page = client.get("/").text
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_an_empty_console_says_so(client: TestClient) -> None:
    assert "目前没有未销号的预警" in client.get("/").text
