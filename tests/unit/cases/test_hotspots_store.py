"""Hot spots over a real store: incremental, raised once, closed by a person."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from zaojie_cases.cli import main
from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.hotspots import close_matter, list_matters, run, running, show_matter
from zaojie_cases.hotspots.tables import AssignmentRow, GroupMatterRow, GroupMatterTrailRow
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.values import UNKNOWN_MOMENT

START = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
NOW = datetime(2026, 5, 1, tzinfo=SHANGHAI)
PLANT = [
    "翠湖花园旁边的宏达搅拌站夜里施工噪音大，睡不着觉",
    "请管管翠湖花园西侧宏达搅拌站，粉尘和噪音严重扰民",
    "宏达搅拌站离翠湖花园只有五十米，灰尘满天，窗户不敢开",
    "翠湖花园的居民反映宏达搅拌站水泥罐车整夜进出",
    "要求宏达搅拌站搬离翠湖花园，孩子咳嗽，噪音不断",
    "翠湖花园几百户被宏达搅拌站的扬尘折磨，何时整改",
]


def case(key: str, day: float, narrative: str, **more) -> Case:
    given = {"region_code": "360102001002", "registered_at": START + timedelta(days=day)}
    return Case(
        case_id=key,
        source_system="t",
        source_case_no=key,
        narrative_masked=narrative,
        **(given | more),
    )


def background(days: int, seed: int = 1) -> list[Case]:
    chance = random.Random(seed)
    characters = [chr(code) for code in range(0x4E00, 0x5E00)]
    return [
        case(f"e{seed}-{n}", n / 2, "".join(chance.choices(characters, k=60)))
        for n in range(2 * days)
    ]


def plant(first_day: float, texts=PLANT, key: str = "p", **more) -> list[Case]:
    return [case(f"{key}{n}", first_day + n, text, **more) for n, text in enumerate(texts)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.upgrade()
        yield store


def keep(store: Store, *cases: Case) -> None:
    with store.session() as session:
        merge(session, [Entry(one) for one in cases])


def state_of(store: Store) -> tuple[list, list, list]:
    with store.reading() as session:
        rows = [
            [
                tuple(getattr(row, c.key) for c in table.__table__.columns)
                for row in session.scalars(select(table).order_by(*table.__table__.primary_key))
            ]
            for table in (AssignmentRow, GroupMatterRow, GroupMatterTrailRow)
        ]
    return rows[0], rows[1], rows[2]


def only_matter(store: Store, state: str | None = None):
    with store.reading() as session:
        (matter,) = list_matters(session, state=state)
    return matter


def test_a_group_matter_is_shown_as_one_thing_that_needs_one_answer(store: Store) -> None:
    keep(store, *background(40), *plant(30))
    count = run(store, now=NOW)
    assert (count.seen, count.raised, count.reopened) == (86, 1, 0)
    matter = only_matter(store)
    assert matter.count == len(PLANT)
    assert matter.first_seen == START + timedelta(days=30)
    assert matter.raised_at <= START + timedelta(days=33)
    assert set(matter.by_day.values()) == {1}
    assert matter.places == {"360102001002": 6}
    assert matter.sample_case_ids == ["p5", "p4", "p3", "p2", "p1"]
    assert any("宏达搅拌站" in word for word in matter.words)
    (step,) = matter.trail
    assert (step.what, step.at, step.who) == ("raised", NOW, "zaojie hotspots run")


def test_a_second_run_changes_nothing(store: Store) -> None:
    keep(store, *background(40), *plant(30))
    run(store, now=NOW)
    before = state_of(store)
    assert run(store, now=NOW).seen == 0
    assert state_of(store) == before


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 85), max_size=4), page=st.sampled_from([7, 30, 500]))
def test_many_small_runs_decide_what_one_run_does(
    tmp_path_factory, monkeypatch, cuts: list[int], page: int
) -> None:
    cases = sorted([*background(40), *plant(30)], key=lambda c: (c.registered_at, c.case_id))
    results = []
    for edges in ([], sorted(set(cuts))):
        monkeypatch.setattr(running, "PAGE", page if edges else 500)
        directory = tmp_path_factory.mktemp("run")
        with Store(f"sqlite:///{directory / 'a.db'}") as store:
            store.upgrade()
            for start, end in zip([0, *edges], [*edges, len(cases)], strict=True):
                keep(store, *cases[start:end])
                run(store, now=NOW)
            results.append(state_of(store))
    assert results[0] == results[1]


def test_a_late_registration_counts_on_its_own_day_and_changes_no_decision(store: Store) -> None:
    keep(store, *background(60), *plant(30))
    run(store, now=NOW)
    decided, (raised,), _ = state_of(store)
    keep(store, *plant(20, texts=["翠湖花园业主问宏达搅拌站为何夜间施工噪音这么大"], key="late"))
    assert run(store, now=NOW).updated == 1
    after, (group,), _ = state_of(store)
    assert after[: len(decided)] == decided
    assert group == raised
    assert only_matter(store).first_seen == START + timedelta(days=20)


def test_closing_needs_a_person_and_a_reason_and_new_growth_opens_again(store: Store) -> None:
    keep(store, *background(60), *plant(30))
    run(store, now=NOW)
    matter = only_matter(store).matter_id
    for by, why in (("", "已答复"), ("周", " ")):
        with store.session() as session, pytest.raises(InputError, match="经办人"):
            close_matter(session, matter, by=by, why=why)
    with store.session() as session:
        close_matter(session, matter, by="周", why="已答复，电话13800138000", now=at(45))
    assert only_matter(store).state == "closed"
    assert "13800138000" not in only_matter(store).trail[-1].why
    with store.session() as session, pytest.raises(InputError, match="已经关闭"):
        close_matter(session, matter, by="周", why="再关")
    keep(store, *plant(59.9, key="q"))
    assert run(store, now=NOW).reopened == 1
    assert [step.what for step in only_matter(store).trail] == ["raised", "closed", "reopened"]


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def test_what_is_never_scored_or_has_no_date_is_not_watched(store: Store) -> None:
    keep(store, *background(40), *plant(30, category_code="1302"))
    keep(store, *plant(30, key="u", registered_at=UNKNOWN_MOMENT))
    count = run(store, now=NOW)
    assert (count.seen, count.raised) == (86, 0)


def test_a_forgotten_case_leaves_the_matter(store: Store) -> None:
    keep(store, *background(40), *plant(30))
    run(store, now=NOW)
    with store.session() as session:
        session.execute(delete(CaseRow).where(CaseRow.case_id == "p0"))
    assert only_matter(store).count == len(PLANT) - 1


def test_a_run_that_was_overtaken_stops_and_the_next_goes_on(store: Store, monkeypatch) -> None:
    keep(store, *background(40), *plant(30))
    monkeypatch.setattr(running, "PAGE", 20)

    def another(_: int) -> None:
        with Store(str(store.engine.url)) as second:
            run(second, now=NOW)

    with pytest.raises(StoreError, match="另一次热点排查"):
        run(store, now=NOW, progress=another)
    assert only_matter(store).count == len(PLANT)
    assert run(store, now=NOW).seen == 0


def test_a_region_sees_its_own_counties(store: Store) -> None:
    keep(store, *background(40), *plant(30))
    run(store, now=NOW)
    with store.reading() as session:
        assert len(list_matters(session, within="360100000000")) == 1
        assert list_matters(session, within="360103000000") == []
        with pytest.raises(InputError, match="没有这个编号"):
            show_matter(session, "g0")


@pytest.fixture
def zaojie(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZAOJIE_DATABASE_URL", f"sqlite:///{tmp_path / 'a.db'}")
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["zaojie", "hotspots", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, *capfd.readouterr()

    return command


def test_the_commands(store: Store, zaojie) -> None:
    assert "没有集中反映事项" in zaojie("list")[1]
    keep(store, *background(40), *plant(30))
    code, out, _ = zaojie("run")
    assert (code, "新提出集中反映事项 1 个" in out) == (0, True)
    matter = only_matter(store).matter_id
    assert matter in zaojie("list", "--region", "360102")[1]
    assert matter not in zaojie("list", "--region", "360103")[1]
    shown = zaojie("show", matter)[1]
    assert "共 6 件登记" in shown
    assert "不得用于评价个人" in shown
    assert not any(text in shown for text in PLANT)
    assert zaojie("close", matter, "--by", "周", "--why", "已统一答复")[0] == 0
    assert matter not in zaojie("list")[1]
    assert matter in zaojie("list", "--all")[1]
    code, _, err = zaojie("show", "g0")
    assert (code, "没有这个编号" in err) == (2, True)
