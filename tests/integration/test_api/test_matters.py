"""Group matters: listed, shown on a page, closed with a reason."""

from __future__ import annotations

import base64
import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from zaojie_cases.hotspots import list_matters
from zaojie_cases.hotspots import run as run_hotspots
from zaojie_cases.hotspots.tables import GroupMatterRow
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store import Entry, Store, merge
from zaojie_serving.settings import ServingSettings

START = datetime(2026, 11, 1, 9, tzinfo=SHANGHAI)
PLANT = [
    "翠湖花园旁边的宏达搅拌站夜里施工噪音大，睡不着觉",
    "请管管翠湖花园西侧宏达搅拌站，粉尘和噪音严重扰民",
    "宏达搅拌站离翠湖花园只有五十米，灰尘满天，窗户不敢开",
    "翠湖花园的居民反映宏达搅拌站水泥罐车整夜进出",
    "要求宏达搅拌站搬离翠湖花园，孩子咳嗽，噪音不断",
    "翠湖花园几百户被宏达搅拌站的扬尘折磨，何时整改",
]
WORD = {"by": "区信访局综合科", "why": "已统一答复：夜间停工。"}
HERE = {"origin": "http://127.0.0.1"}
NAME, PHONE = "王建国", "13912345678"


def case(case_id: str, day: float, text: str) -> Case:
    return Case(
        case_id=case_id,
        source_system="t",
        source_case_no=case_id,
        region_code="360102001002",
        registered_at=START + timedelta(days=day),
        narrative_masked=text,
    )


@pytest.fixture
def matter(client: TestClient, settings: ServingSettings) -> dict[str, Any]:
    """The one group matter of a store, raised by six registrations in a week."""
    cases = [case(f"p{n}", n + n // 5, text) for n, text in enumerate(PLANT)]
    chance = random.Random(1)
    characters = [chr(code) for code in range(0x4E00, 0x5E00)]
    for n in range(60):  # what else the place is about
        cases.append(case(f"e{n}", n / 2 - 30, "".join(chance.choices(characters, k=60))))
    with Store(settings.store_url) as store:
        with store.session() as session:
            merge(session, [Entry(case) for case in cases])
        run_hotspots(store)
        with store.reading() as session:
            assert len(list_matters(session)) == 1, "or the tests here mean nothing"
    (found,) = client.get("/v1/group-matters?open=true").json()["matters"]
    return dict(found)


def close(client: TestClient, matter: dict[str, Any], **changes: Any) -> Any:
    return client.post(f"/v1/group-matters/{matter['matter_id']}/closing", json=WORD | changes)


def test_a_matter_tells_place_days_words_and_samples(
    client: TestClient, matter: dict[str, Any]
) -> None:
    assert matter["count"] == 6
    assert matter["state_name"] == "待答复"
    assert matter["places"] == [{"place": "360102001002", "count": 6}]
    assert matter["by_day"][0] == {"day": "2026-11-01", "count": 1}
    assert sum(day["count"] for day in matter["by_day"]) == 6
    assert "宏达搅拌站" in "".join(matter["words"])
    assert matter["sample_case_ids"][0] == "p5"
    assert matter["trail"][0]["what_name"] == "提出"
    assert client.get(f"/v1/group-matters/{matter['matter_id']}").json() == matter


@pytest.mark.usefixtures("matter")
def test_they_are_found_by_region_and_state(client: TestClient) -> None:
    def count(query: str) -> int:
        return len(client.get(f"/v1/group-matters?{query}").json()["matters"])

    counts = [count(f"region={code}") for code in ("36", "3601", "360102", "360102000000", "42")]
    assert counts == [1, 1, 1, 1, 0]
    assert (count("open=false"), count("open=true"), count("")) == (0, 1, 1)
    refused = client.get("/v1/group-matters?region=360102001002")
    assert refused.status_code == 422, "a matter is known by its county, not by its village"


def test_it_is_closed_once_with_a_masked_reason(client: TestClient, matter: dict[str, Any]) -> None:
    why = f"已答复{NAME}，电话{PHONE}。"
    first = close(client, matter, why=why)
    assert first.status_code == 201, first.text
    assert first.json()["state_name"] == "已关闭"
    assert first.json()["trail"][-1]["who"] == "区信访局综合科（演示）"
    assert NAME not in first.text
    assert PHONE not in first.text
    again = close(client, matter, why=why)
    assert (again.status_code, again.json()) == (200, first.json())
    other = close(client, matter)
    assert other.status_code == 422
    assert "已经关闭" in other.json()["detail"]
    assert close(client, matter, by=NAME).status_code == 422
    assert client.get("/v1/group-matters?open=true").json()["matters"] == []


def test_paging_shows_every_matter_once(
    client: TestClient, matter: dict[str, Any], settings: ServingSettings
) -> None:
    with Store(settings.store_url) as store, store.session() as session:
        known = session.get_one(GroupMatterRow, matter["matter_id"])
        for n in range(4):  # two of the same moment as the one that is there
            session.add(
                GroupMatterRow(
                    matter_id=f"g{n}",
                    area="360103" if n == 2 else "360102",
                    state="open",
                    raised_at=known.raised_at,
                    raised_count=3,
                    raised_expected=0.1,
                    rules_version=1,
                    last_seen=known.last_seen - timedelta(days=n // 2),
                    words=[],
                )
            )

    def ids(query: str) -> list[str]:
        found, cursor = [], ""
        while cursor is not None:
            page = client.get(f"/v1/group-matters?{query}{cursor}").json()
            found += [one["matter_id"] for one in page["matters"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return found

    whole = ids("limit=200")
    assert len(set(whole)) == len(whole) == 5
    assert whole == [*sorted(whole[:3]), "g2", "g3"]
    for limit in (1, 2, 3):
        assert ids(f"limit={limit}") == whole
    assert ids("limit=1&region=360102") == [one for one in whole if one != "g2"]


@pytest.mark.parametrize(
    "place",
    [
        ["9999-12-31T23:59:59Z", "g"],
        ["0001-01-01T00:00:00+08:00", "g"],
        ["2026-11-01T00:00:00", "g"],
        ["2026-11-01T00:00:00Z", "\0"],
        ["2026-11-01T00:00:00Z"],
        {},
    ],
)
def test_a_cursor_of_ones_own_is_refused(client: TestClient, place: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    answer = client.get(f"/v1/group-matters?cursor={cursor}")
    assert answer.status_code == 422
    assert "游标" in answer.json()["detail"]


def test_an_unknown_matter_is_not_found(client: TestClient) -> None:
    for answer in (client.get("/v1/group-matters/m0"), close(client, {"matter_id": "m0"})):
        assert answer.status_code == 404
        assert answer.json()["code"] == "ZJ6404"


def test_the_page_shows_the_days_and_closes_the_matter(
    client: TestClient, matter: dict[str, Any]
) -> None:
    page = client.get("/matters").text
    assert "宏达搅拌站" in page
    assert page.count('class="h20"') == 6
    assert page.count('class="h0"') == 1, "the day without a registration is drawn too"
    form = WORD | {"matter_id": matter["matter_id"]}
    assert client.post("/matters", data=form).status_code == 403
    empty = client.post("/matters", data=form | {"why": ""}, headers=HERE)
    assert empty.status_code == 422
    assert "依据：不能为空" in empty.text
    sent = client.post("/matters", data=form, headers=HERE, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/matters")
    assert "目前没有待答复的群体事项" in client.get("/matters").text
    assert "已统一答复：夜间停工。" in client.get("/matters?closed=true").text
    other = client.post("/matters", data=form | {"why": "另有答复"}, headers=HERE)
    assert (other.status_code, "已经关闭" in other.text) == (422, True)
