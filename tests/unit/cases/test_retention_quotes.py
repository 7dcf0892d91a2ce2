"""What is written about a sealed case elsewhere, and what is written on it later."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from zaojie_cases.hotspots.tables import AssignmentRow, GroupMatterRow
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind
from zaojie_cases.retention.forget import forget
from zaojie_cases.retention.policy import CaseTerms, RetentionPolicy
from zaojie_cases.retention.run import Retention
from zaojie_cases.retention.sealed_texts import unseal
from zaojie_cases.store import Store
from zaojie_cases.store.link_tables import LinkDecisionRow
from zaojie_cases.store.links import decide
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.vault import KeyRing, Vault, VaultKey
from zaojie_cases.vault.access import load_access
from zaojie_cases.vault.audit import Reading

NOW = datetime.now(SHANGHAI)
KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
RING = KeyRing(VaultKey(KEY))
POLICY = RetentionPolicy(version="t1", cases=CaseTerms(seal_after_days=730))
TEXT, NOTE, LATER, WHY = "楼上漏水三年", "双方到场", "回访时又说起漏水", "两件都是漏水"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        store.add_rows([row("old", 800), row("new", 10)], Vault(store, KEY))
        yield store


def step(case_id: str, kind: str, days_ago: float, note: str) -> CaseEvent:
    at = NOW - timedelta(days=days_ago)
    return CaseEvent(
        event_id=f"{kind}-{days_ago}",
        case_id=case_id,
        at=at,
        recorded_at=at,
        kind=EventKind(kind),
        payload={"note": note, "times": 2},
    )


def row(case_id: str, closed_days_ago: float) -> Row:
    case = Case(
        case_id=case_id,
        source_system="county",
        source_case_no=f"no-{case_id}",
        registered_at=NOW - timedelta(days=3000),
        narrative_masked=TEXT,
    )
    return Row(2, case_id, case, events=(step(case_id, "closed", closed_days_ago, NOTE),))


def seal(store: Store, home: Path, later: timedelta = timedelta()) -> int:
    """Run retention; return how many cases it sealed."""
    done = Retention(store, home, POLICY, datetime.now(SHANGHAI) + later, RING).run()
    return int(done.body["sealed"])


def give_back(store: Store) -> None:
    reading = Reading("old", "w7", "中心负责人", "启封案情")
    unseal(store, RING, load_access(), reading, days=30)


def texts(store: Store, case_id: str = "old") -> tuple[str, list[object]]:
    case = store.case(case_id)
    assert case
    return case.narrative_masked, [e.payload.get("note") for e in store.events(case_id)]


def test_what_is_written_on_a_sealed_case_is_sealed_beside_what_was(
    store: Store, tmp_path: Path
) -> None:
    seal(store, tmp_path)
    store.add_event(step("old", "revisit", -0.01, LATER))
    assert texts(store) == (SEALED_MARK, [None, LATER])
    assert seal(store, tmp_path, later=timedelta(hours=1)) == 1
    assert texts(store) == (SEALED_MARK, [None, None])
    give_back(store)
    assert texts(store) == (TEXT, [NOTE, LATER])
    assert (case := store.case("old")) and not case.scoring_opt_out


def test_a_row_that_changed_at_the_source_does_not_cost_the_texts_sealed_before(
    store: Store, tmp_path: Path
) -> None:
    seal(store, tmp_path)
    again = row("old", 800)
    assert again.case
    changed = again.case.model_copy(update={"narrative_masked": TEXT + "，又漏了。"})
    store.add_rows([Row(2, "old", changed, events=again.events)])
    assert seal(store, tmp_path) == 1
    give_back(store)
    assert texts(store) == (TEXT + "，又漏了。", [NOTE])


def test_given_back_and_sealed_again_is_what_stands_in_the_record_then(
    store: Store, tmp_path: Path
) -> None:
    seal(store, tmp_path)
    give_back(store)
    store.add_event(step("old", "closed", 800, LATER))
    assert seal(store, tmp_path, later=timedelta(days=31)) == 1
    give_back(store)
    assert texts(store) == (TEXT, [LATER])


@pytest.mark.parametrize("pair", [("old", "new"), ("new", "old")])
def test_why_a_clerk_linked_it_is_sealed_along_and_comes_back(
    store: Store, tmp_path: Path, pair: tuple[str, str]
) -> None:
    with store.session() as session:
        decide(session, *pair, same=True, who="w7", why=WHY, at=NOW)
    seal(store, tmp_path)
    assert said(store) == [("w7", True, SEALED_MARK)]
    give_back(store)
    assert said(store) == [("w7", True, WHY)]


def said(store: Store) -> list[tuple[str, bool, str]]:
    with store.reading() as session:
        return [(w.who, w.same, w.why) for w in session.scalars(select(LinkDecisionRow))]


def matter(store: Store, *case_ids: str) -> None:
    with store.session() as session:
        session.add(
            GroupMatterRow(
                matter_id="g1", area="a", state="open", raised_at=NOW, raised_count=4,
                raised_expected=1.0, rules_version=1, last_seen=NOW, words=["漏水"],
            )
        )  # fmt: skip
        for case_id in case_ids:
            session.add(AssignmentRow(case_id=case_id, matter_id="g1", area="a", registered_at=NOW))


def words(store: Store) -> list[str]:
    with store.reading() as session:
        return session.scalars(select(GroupMatterRow.words)).one()


@pytest.mark.parametrize(("others", "left"), [(2, []), (3, ["漏水"])])
@pytest.mark.parametrize("how", ["seal", "forget"])
def test_the_words_of_a_group_matter_go_with_its_third_last_text(
    store: Store, tmp_path: Path, others: int, left: list[str], how: str
) -> None:
    ids = [f"o{n}" for n in range(others)]
    store.add_rows([row(case_id, 1) for case_id in ids])
    matter(store, "old", *ids)
    if how == "seal":
        seal(store, tmp_path)
    else:
        forget(store, tmp_path, "old", who="w1", why="申请")
    assert words(store) == left


def test_a_matter_without_the_case_keeps_its_words(store: Store, tmp_path: Path) -> None:
    matter(store, "new")
    seal(store, tmp_path)
    assert words(store) == ["漏水"]
