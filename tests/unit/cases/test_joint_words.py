"""A clerk's word over two counties proposes the joint case by itself, once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from zaojie_cases import joint
from zaojie_cases.cli import main
from zaojie_cases.errors import InputError
from zaojie_cases.joint import KeptWord, keep_word
from zaojie_cases.joint.tables import JointCaseRow
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.link_tables import LinkDecisionRow

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
A, B = "360102000000", "360103000000"
WORD = {"who": "镇综治中心03号", "why": "同一条沟", "at": NOON}
BY = {"by": "周", "why": "同意"}


def entry(key: str, region: str | None, *kinds: EventKind, **more: Any) -> Entry:
    case = Case(
        case_id=key,
        source_system="t",
        source_case_no=key,
        registered_at=NOON,
        region_code=region,
        narrative_masked="两家争水",
        **more,
    )
    events = [
        CaseEvent(
            event_id=f"{key}{n}",
            case_id=key,
            at=NOON + timedelta(days=n),
            recorded_at=NOON + timedelta(days=n),
            kind=kind,
        )
        for n, kind in enumerate(kinds)
    ]
    return Entry(case, events=tuple(events))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    entries = [
        entry("a1", "360102001002"),
        entry("a2", "360102001003"),
        entry("b1", "360103002001"),
        entry("c1", "360104002001"),
        entry("city", "360100000000"),
        entry("none", None),
        entry("settled", "360103002001", status="settled"),
        entry("closed", "360103002001", EventKind.CLOSED),
        entry("reopened", "360103002001", EventKind.CLOSED, EventKind.REOPENED),
    ]
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.upgrade()
        with store.session() as session:
            merge(session, entries)
        yield store


def say(store: Store, one: str, other: str, same: bool = True, **changes: Any) -> KeptWord:
    with store.session() as session:
        return keep_word(session, one, other, same=same, **(WORD | changes))


def count(store: Store, table: Any) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_confirmation_over_two_counties_is_proposed_and_agrees_for_nobody(store: Store) -> None:
    kept = say(store, "b1", "a1")
    assert (kept.is_new, kept.is_proposed) == (True, True)
    assert kept.joint_no
    with store.session() as session:
        for region in (A, B):
            seen = joint.joint_view(session, kept.joint_no, as_region=region)
            assert (seen.state, seen.offer and seen.offer.agreed) == ("proposed", [])
            assert [(step.who, step.region_code, step.why) for step in seen.trail] == [
                (WORD["who"], "", None)
            ]
            assert [side.accepted_at for side in seen.sides] == [None, None]
        joint.accept(session, kept.joint_no, region=A, **BY)
        assert joint.joint_view(session, kept.joint_no, as_region=A).state == "proposed"
        joint.accept(session, kept.joint_no, region=B, **BY)
        seen = joint.joint_view(session, kept.joint_no, as_region=A)
        assert (seen.state, seen.trail[0].why) == ("active", "同一条沟")


def test_it_is_proposed_once_while_it_runs_and_again_after_a_refusal_and_a_new_word(
    store: Store,
) -> None:
    first = say(store, "a1", "b1")
    again = say(store, "b1", "a1")
    assert again == KeptWord(is_new=False, joint_no=first.joint_no)
    other = say(store, "a1", "b1", why="又核实过")
    assert other == KeptWord(is_new=True, joint_no=first.joint_no)
    assert count(store, JointCaseRow) == 1
    with store.session() as session:
        joint.refuse(session, first.joint_no or "", region=B, **BY)
    assert say(store, "a1", "b1", why="又核实过") == KeptWord(is_new=False, joint_no=None)
    assert say(store, "a1", "b1", why="双方到场", at=NOON + timedelta(days=1)).is_proposed
    assert count(store, JointCaseRow) == 2


def test_a_case_of_a_running_joint_case_is_not_proposed_again(store: Store) -> None:
    say(store, "a1", "b1")
    assert say(store, "a1", "c1") == KeptWord(is_new=True, joint_no=None)
    assert count(store, JointCaseRow) == 1


@pytest.mark.parametrize("other", ["a2", "city", "none", "settled", "closed"])
def test_nothing_is_proposed_in_one_county_without_one_or_for_what_is_ended(
    store: Store, other: str
) -> None:
    assert say(store, "a1", other) == KeptWord(is_new=True, joint_no=None)
    assert count(store, JointCaseRow) == 0


def test_what_is_open_again_counts_as_open(store: Store) -> None:
    assert say(store, "a1", "reopened").is_proposed


def test_separating_proposes_nothing_and_takes_nothing_back(store: Store) -> None:
    assert say(store, "a1", "b1", same=False) == KeptWord(is_new=True, joint_no=None)
    number = say(store, "a1", "b1").joint_no
    assert say(store, "a1", "b1", same=False) == KeptWord(is_new=True, joint_no=number)
    with store.reading() as session:
        assert joint.joint_view(session, number or "", as_region=A).state == "proposed"
    assert count(store, LinkDecisionRow) == 3


def test_a_word_on_an_unknown_case_leaves_nothing(store: Store) -> None:
    with pytest.raises(InputError):
        say(store, "a1", "nobody")
    assert (count(store, JointCaseRow), count(store, LinkDecisionRow)) == (0, 0)


@pytest.fixture
def zaojie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    monkeypatch.setenv("ZAOJIE_DATABASE_URL", f"sqlite:///{tmp_path / 'a.db'}")

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["zaojie", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0
        return capfd.readouterr().out

    return run


@pytest.mark.usefixtures("store")
def test_the_command_line_says_what_follows(zaojie: Callable[..., str]) -> None:
    by = ("--by", "张调解", "--why", "双方到场")
    told = zaojie("link", "confirm", "a1", "b1", *by)
    assert "已自动提议联合办理" in told
    number = told.split("编号 ")[1].split("。")[0]
    assert f"zaojie joint accept {number} --as-region" in told
    repeated = zaojie("link", "confirm", "b1", "a1", *by)
    assert "没有改动" in repeated
    assert f"已在联合案件 {number} 里" in repeated
    assert "尚无中心同意" in zaojie("joint", "show", number, "--as-region", A)
    assert f"仍在联合案件 {number} 里" in zaojie("link", "separate", "a1", "b1", *by)
    assert "联合" not in zaojie("link", "confirm", "a1", "a2", *by)
