"""What the store tells History."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from zaojie_cases.history import History
from zaojie_cases.ledger_entries import entry_of
from zaojie_cases.record import SHANGHAI, Case, CaseEvent
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.repository import HISTORY_WINDOW

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


def keep(store: Store, found: Iterable[Entry]) -> None:
    with store.session() as session:
        merge(session, list(found))


def make_case(number: int, **fields: object) -> Case:
    found = {
        "case_id": f"c{number:05}",
        "source_system": "county",
        "source_case_no": str(number),
        "registered_at": NOON + timedelta(minutes=number),
        "narrative_masked": f"第{number}号纠纷，相邻两户为水渠争执",
    } | fields
    return Case.model_validate(found)


def make_event(case: Case, event_id: str, *, days: int = 1, **fields: object) -> CaseEvent:
    at = case.registered_at + timedelta(days=days)
    found = {"event_id": event_id, "case_id": case.case_id, "kind": "closed", "at": at}
    return CaseEvent.model_validate(found | {"recorded_at": at} | fields)


def test_history_brings_the_widest_area_of_a_place_within_its_window(store: Store) -> None:
    places = {1: "A1", 2: "A2", 3: "B1", 4: None, 5: "360102001201", 6: "360102005", 7: "360103001"}
    found = [make_case(n, place_key=place) for n, place in places.items()]
    old = make_case(8, place_key="A1", registered_at=NOON - HISTORY_WINDOW)
    keep(store, (Entry(case) for case in [*found, old]))

    def ids(place: str | None, before: datetime = NOON + timedelta(days=1)) -> list[str]:
        return [e.case_id for e in store.history_entries(before, place)]

    assert ids(None) == [case.case_id for case in found]
    assert ids("A9") == ids("") == ["c00001", "c00002", "c00003", "c00004"]
    assert ids("360102999999") == ["c00005", "c00006"]
    assert ids("A1", NOON + timedelta(minutes=2)) == ["c00001"]
    assert ids("A1", NOON) == ["c00008"]


def test_history_of_the_store_answers_like_history_of_all_cases(store: Store) -> None:
    rng = random.Random(7)
    found = [
        make_case(
            n,
            place_key=rng.choice(["A1", "A2", "B1", "360102001201", "360103", None]),
            registered_at=NOON - timedelta(hours=rng.randint(0, 24 * 1_000)),
            narrative_masked=rng.choice(["水渠争执", "宅基地边界", "噪音扰民", "拖欠工资"]) * 3,
        )
        for n in range(300)
    ]
    closings = {
        case.case_id: make_event(case, "a", days=rng.randint(1, 60))
        for case in rng.sample(found, 200)
    }
    keep(store, (Entry(c, (closings[c.case_id],) if c.case_id in closings else ()) for c in found))
    everything = History(
        entry_of(c, [closings[c.case_id]] if c.case_id in closings else [], closing_tracked=True)
        for c in found
    )
    for moment in (NOON, NOON - timedelta(days=29)):
        for case in found[:60]:
            live = History(store.history_entries(NOON, case.place))
            assert repr(live.states_at(case.place, moment)) == repr(
                everything.states_at(case.place, moment)
            )
            assert live.priors_of(case, moment) == everything.priors_of(case, moment)


def test_history_gives_the_closing_that_was_known_first(store: Store) -> None:
    case = make_case(1, place_key="A1")
    known_late = make_event(case, "a", days=2, recorded_at=case.registered_at + timedelta(days=9))
    known_first = make_event(case, "b", days=5)
    other = make_event(case, "c", days=1, kind="session")
    keep(store, [Entry(case, (known_late, known_first, other))])
    assert list(store.history_entries(NOON + timedelta(days=30), "A1")) == [
        entry_of(case, [known_first], closing_tracked=True)
    ]
