from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.history import History, HistoryEntry, PlaceState
from zaojie_cases.ledger_entries import Linked, entry_of, first_closing
from zaojie_cases.linking import Decision, Matter
from zaojie_cases.record import LAWFUL_ACTS, SHANGHAI, Case, CaseEvent, EventKind
from zaojie_cases.sketch import sketch_of
from zaojie_cases.snapshot import snapshot_at

T = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
VILLAGE = "360122105203"
CASE = Case(
    case_id="c",
    source_system="x",
    source_case_no="1",
    registered_at=T - timedelta(days=9),
    region_code=VILLAGE,
    narrative_masked="两家因排水沟的走向争执多日，村干部到场劝解。",
)


def event(number: int, kind: EventKind, hour: float, told: float = 0) -> CaseEvent:
    """An event ``hour`` hours after T, recorded ``told`` hours after it happened."""
    moment = T + timedelta(hours=hour)
    recorded = moment + timedelta(hours=told)
    return CaseEvent(event_id=f"e{number}", case_id="c", at=moment, recorded_at=recorded, kind=kind)


@st.composite
def timelines(draw: st.DrawFn) -> list[CaseEvent]:
    kinds = draw(st.lists(st.sampled_from(EventKind), max_size=12))
    hours, delays = st.integers(-200, 200), st.integers(0, 100)
    return [event(i, kind, draw(hours), draw(delays)) for i, kind in enumerate(kinds)]


@given(timelines(), st.randoms(use_true_random=False))
def test_a_snapshot_holds_what_was_recorded_by_then_in_order(
    events: list[CaseEvent], draw: random.Random
) -> None:
    found = snapshot_at(CASE, draw.sample(events, len(events)), History(), T).events
    wanted = {e.event_id for e in events if e.recorded_at <= T and e.kind not in LAWFUL_ACTS}
    assert {e.event_id for e in found} == wanted
    assert list(found) == sorted(found, key=lambda e: (e.at, e.recorded_at, e.event_id))


@given(timelines(), timelines(), timelines())
def test_later_events_and_lawful_acts_change_no_snapshot(
    events: list[CaseEvent], later: list[CaseEvent], lawful: list[CaseEvent]
) -> None:
    after = T + timedelta(seconds=1)
    more = [e.model_copy(update={"recorded_at": max(e.recorded_at, after)}) for e in later]
    rights = sorted(LAWFUL_ACTS)
    more += [e.model_copy(update={"kind": rights[i % 4]}) for i, e in enumerate(lawful)]
    assert snapshot_at(CASE, [*events, *more], History(), T) == snapshot_at(
        CASE, events, History(), T
    )


def test_an_event_of_the_past_that_is_told_later_is_not_known_yet() -> None:
    known = event(1, EventKind.CONTACTED, -5, told=5)
    unknown = event(2, EventKind.CONTACTED, -5, told=6)
    assert snapshot_at(CASE, [known, unknown], History(), T).events == (known,)


@pytest.mark.parametrize("kind", sorted(LAWFUL_ACTS))
def test_lawful_acts_are_invisible(kind: EventKind) -> None:
    assert snapshot_at(CASE, [event(1, kind, -5)], History(), T).events == ()


def test_lawful_acts_are_the_four_rights() -> None:
    assert {kind.value for kind in LAWFUL_ACTS} == {
        "petition",
        "lawsuit",
        "complaint",
        "media_contact",
    }


def test_a_snapshot_knows_its_places_and_its_priors() -> None:
    prior = HistoryEntry(
        "p", VILLAGE, T - timedelta(days=3), sketch=sketch_of(CASE.narrative_masked)
    )
    snapshot = snapshot_at(CASE, [], History([prior]), T)
    assert [state.registered_7d for state in snapshot.places] == [1, 1, 1]
    assert [found.case_id for found in snapshot.priors] == ["p"]
    earlier = snapshot_at(CASE, [], History([prior]), T - timedelta(days=3))
    assert earlier.priors == ()
    assert earlier.places == (PlaceState(),) * 3


def test_the_first_closing_is_the_one_that_was_known_first() -> None:
    told_late = event(1, EventKind.CLOSED, -50, told=40)
    told_soon = event(2, EventKind.CLOSED, -20, told=1)
    for closings in ([told_late, told_soon], [told_soon, told_late]):
        assert first_closing([*closings, event(3, EventKind.CLOSED, 30)]) == told_soon
    assert first_closing([event(4, EventKind.REVISIT, -3)]) is None


def test_a_ledger_entry_holds_no_text() -> None:
    closing = event(1, EventKind.CLOSED, -20, told=2)
    linked = Linked(keys=("p1",), decided=(Decision("p", True, T),))
    said = {"category_code": "0201", "amount_yuan": 900.0, "prior_case_ids": ("p",)}
    case = CASE.model_copy(update=said)
    entry = entry_of(case, [closing], closing_tracked=True, linked=linked)
    assert entry == HistoryEntry(
        case_id="c",
        place=VILLAGE,
        registered_at=CASE.registered_at,
        closed_at=closing.at,
        closed_known_at=closing.recorded_at,
        sketch=sketch_of(CASE.narrative_masked),
        matter=Matter(category_code="0201", amount_yuan=900.0, named=("p",), keys=("p1",)),
        decided=linked.decided,
    )
    nowhere = CASE.model_copy(update={"region_code": None})
    unknown = entry_of(nowhere, [], closing_tracked=False)
    assert (unknown.place, unknown.closed_at, unknown.closing_tracked) == ("", None, False)
