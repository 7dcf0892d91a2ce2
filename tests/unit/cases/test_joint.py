"""Joint cases: the rules, the view of each side, and the commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from zaojie_cases import joint
from zaojie_cases.cli import main
from zaojie_cases.errors import InputError
from zaojie_cases.joint import JointStepError, NoSuchJointCaseError, stricter_due, suggested_lead
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.tables import CaseRow

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
A, B, C = "360102000000", "360103000000", "360104000000"
BY = {"by": "周", "why": "同一纠纷"}


def case(key: str, region: str | None, **more) -> Case:
    given = {
        "registered_at": NOON,
        "category_code": "0299",
        "scale_code": "01",
        "narrative_masked": f"{key}的经过：当事人甲与当事人乙争水",
        "region_code": region,
    }
    return Case(case_id=key, source_system="t", source_case_no=key, **(given | more))


CASES = (
    case("a1", "360102001002", due_on=date(2026, 3, 20)),
    case("a2", "360102001003"),
    case("b1", "360103002001", registered_at=NOON - timedelta(days=3)),
    case("c1", "360104001001"),
    case("none", None),
    case("city", "360100000000"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.upgrade()
        with store.session() as session:
            merge(session, [Entry(one) for one in CASES])
        yield store


@pytest.fixture
def session(store: Store) -> Iterator:
    with store.session() as session:
        yield session


def started(session, *more: str) -> str:
    number = joint.propose_joint(session, ["a1", "b1", *more], lead=A, now=NOON, **BY)
    joint.accept(session, number, region=B, **BY)
    return number


def test_the_lead_is_where_it_happened_else_where_it_was_first_registered() -> None:
    a, b = case("a", "360102001002"), case("b", "360103002001", registered_at=NOON - timedelta(1))
    assert suggested_lead([a, b]) == B
    on_a_grid = case("a", "360102001002", grid_code="360102001002001")
    assert suggested_lead([on_a_grid, b]) == A
    there_too = case("b", "360103002001", grid_code="36010300200101")
    assert suggested_lead([on_a_grid, there_too]) == A
    assert suggested_lead([case("x", "360104001001"), case("w", "360103001001")]) == B


def test_the_clock_is_the_stricter_one() -> None:
    assert stricter_due([CASES[0], CASES[2]]) == date(2026, 3, 20)
    assert stricter_due([CASES[1], CASES[2]]) == NOON.date() + timedelta(days=27)
    assert stricter_due([]) is None


@pytest.mark.parametrize(
    ("case_ids", "more", "said"),
    [
        (["a1"], {}, "至少要两件"),
        (["a1", "a1"], {}, "至少要两件"),
        (["a1", "zzz"], {}, "不存在"),
        (["a1", "a2"], {}, "同属一个县"),
        (["a1", "none"], {}, "县一级"),
        (["a1", "city"], {}, "县一级"),
        (["a1", "b1"], {"lead": C}, "牵头中心必须"),
        (["a1", "b1"], {"lead": "99"}, "区划代码"),
        (["a1", "b1"], {"by": " "}, "经办人"),
        (["a1", "b1"], {"why": ""}, "经办人"),
    ],
)
def test_a_proposal_that_cannot_be(session, case_ids, more, said) -> None:
    with pytest.raises(InputError, match=said):
        joint.propose_joint(session, case_ids, **(BY | more))


def test_a_case_is_in_one_running_joint_case_only(store: Store) -> None:
    with store.session() as session:
        number = started(session)
    with pytest.raises(JointStepError, match="办理中"), store.session() as session:
        joint.propose_joint(session, ["a1", "c1"], **BY)
    with store.session() as session:
        joint.close(session, number, region=A, **BY)
        assert joint.propose_joint(session, ["a1", "c1"], **BY) != number


def test_before_all_accept_only_the_minimum_is_shared(session) -> None:
    number = joint.propose_joint(session, ["a1", "b1"], by="周", why="甲方的理由，电话13800138000")
    seen = joint.joint_view(session, number, as_region=B)
    assert seen.state == "proposed"
    assert seen.due_on == date(2026, 3, 20)
    theirs, mine = sorted(seen.members, key=lambda m: m.region_code)
    assert (theirs.case_id, mine.case_id) == (None, "b1")
    assert (theirs.category, theirs.scale) == ("邻里纠纷·其他", "个体性事件")
    text = str(asdict(seen))
    assert "争水" not in text
    assert "理由" not in text
    own = joint.joint_view(session, number, as_region=A)
    assert own.trail[0].why.startswith("甲方的理由")
    assert "13800138000" not in str(asdict(own))


def test_afterwards_the_masked_narrative_is_shared(session) -> None:
    number = started(session)
    seen = joint.joint_view(session, number, as_region=B)
    assert {member.case_id for member in seen.members} == {"a1", "b1"}
    assert all("争水" in str(member.narrative) for member in seen.members)
    assert [side.accepted_by for side in seen.sides] == ["周", "周"]


def test_all_sides_must_accept(session) -> None:
    number = joint.propose_joint(session, ["a1", "b1", "c1"], **BY)
    joint.accept(session, number, region=B, **BY)
    assert joint.joint_view(session, number, as_region=B).state == "proposed"
    joint.accept(session, number, region=C, **BY)
    assert joint.joint_view(session, number, as_region=B).state == "active"


def test_a_refusal_dissolves_it_and_its_reason_is_seen(session) -> None:
    number = joint.propose_joint(session, ["a1", "b1"], **BY)
    joint.refuse(session, number, region=B, by="吴", why="不是同一纠纷")
    seen = joint.joint_view(session, number, as_region=A)
    assert (seen.state, seen.trail[-1].why) == ("dissolved", "不是同一纠纷")
    assert "争水" not in str(asdict(seen))


@pytest.mark.parametrize("region", [C, "360100000000", "360102001000", "360000000000"])
def test_a_region_outside_cannot_tell_it_from_none(session, region) -> None:
    number = started(session)
    calls = [
        lambda n: joint.joint_view(session, n, as_region=region),
        lambda n: joint.accept(session, n, region=region, **BY),
        lambda n: joint.refuse(session, n, region=region, **BY),
        lambda n: joint.close(session, n, region=region, **BY),
        lambda n: joint.offer_lead(session, n, B, region=region, **BY),
        lambda n: joint.offer_shares(session, n, {A: 50, B: 50}, region=region, **BY),
    ]
    for call in calls:
        errors = []
        for wanted in (number, "L20260302-0000000000"):
            with pytest.raises(NoSuchJointCaseError) as raised:
                call(wanted)
            errors.append((str(raised.value), raised.value.code, raised.value.http_status))
        assert errors[0] == errors[1]
    assert joint.list_joint(session, as_region=region) == []


def test_the_lead_changes_only_when_both_agree(session) -> None:
    number = started(session)
    joint.offer_lead(session, number, B, region=A, **BY)
    assert joint.joint_view(session, number, as_region=A).lead_region == A
    with pytest.raises(JointStepError, match="已经同意过"):
        joint.accept(session, number, region=A, **BY)
    with pytest.raises(JointStepError, match="等待答复"):
        joint.offer_shares(session, number, {A: 50, B: 50}, region=A, **BY)
    joint.accept(session, number, region=B, **BY)
    assert joint.joint_view(session, number, as_region=A).lead_region == B
    with pytest.raises(JointStepError, match="牵头中心办结"):
        joint.close(session, number, region=A, **BY)


@pytest.mark.parametrize(
    "shares", [{A: 60, B: 30}, {A: 100}, {A: 110, B: -10}, {A: 50, C: 50}, {A: 40, B: 30, C: 30}]
)
def test_shares_name_every_side_and_make_a_hundred(session, shares) -> None:
    number = started(session)
    with pytest.raises(InputError, match="合计 100"):
        joint.offer_shares(session, number, shares, region=A, **BY)


def test_shares_hold_once_agreed_even_after_closing(session) -> None:
    number = started(session)
    joint.close(session, number, region=A, **BY)
    joint.offer_shares(session, number, {A: 60, B: 40}, region=B, **BY)
    joint.refuse(session, number, region=A, by="周", why="再商量")
    joint.offer_shares(session, number, {A: 70, B: 30}, region=B, **BY)
    joint.accept(session, number, region=A, **BY)
    seen = joint.joint_view(session, number, as_region=A)
    assert seen.state == "closed"
    assert [side.share_percent for side in seen.sides] == [70, 30]


def test_a_forgotten_case_leaves_the_joint_case(store: Store) -> None:
    with store.session() as session:
        number = started(session)
    with store.session() as session:
        session.execute(delete(CaseRow).where(CaseRow.case_id == "a1"))
    with store.reading() as session:
        seen = joint.joint_view(session, number, as_region=A)
    assert [member.case_id for member in seen.members] == ["b1"]


@pytest.fixture
def zaojie(store: Store, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZAOJIE_DATABASE_URL", str(store.engine.url))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["zaojie", "joint", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, *capfd.readouterr()

    return command


def test_the_commands(zaojie) -> None:
    signed = ("--by", "周", "--why", "同一水源之争")
    code, out, err = zaojie("propose", "a1", "b1", "--lead", "360102", *signed)
    assert (code, err) == (0, "")
    number = out.split()[0]
    assert "争水" not in zaojie("show", number, "--as-region", "360103")[1]
    assert number in zaojie("list", "--as-region", "360103")[1]
    assert number not in zaojie("list", "--as-region", "360104")[1]
    assert zaojie("show", number, "--as-region", "360104")[0] == 2
    assert "办理中" in zaojie("accept", number, "--as-region", "360103", *signed)[1]
    assert zaojie("lead", number, "360103", "--as-region", "360102", *signed)[0] == 0
    assert "拒绝更换牵头中心" in zaojie("refuse", number, "--as-region", "360103", *signed)[1]
    code, _, err = zaojie("shares", number, "360102:60", "--as-region", "360102", *signed)
    assert (code, "360102=60" in err) == (2, True)
    zaojie("shares", number, "360102=60", "360103=40", "--as-region", "360102", *signed)
    assert "分成 40%" in zaojie("accept", number, "--as-region", "360103", *signed)[1]
    assert "已办结" in zaojie("close", number, "--as-region", "360102", *signed)[1]
    assert "没有需要办理" in zaojie("list", "--as-region", "360102")[1]
    assert number in zaojie("list", "--all", "--as-region", "360102")[1]
