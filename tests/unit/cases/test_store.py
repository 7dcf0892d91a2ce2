from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind, Outcome, Party
from zaojie_cases.sketch import sketch_of
from zaojie_cases.store import Entry, ImportCount, Store
from zaojie_cases.store.repository import BATCH, PAGE
from zaojie_cases.store.tables import CaseRow, EventRow, OutcomeRow

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)

words = st.text(max_size=20)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
moments = st.datetimes(
    min_value=datetime(1950, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.just(SHANGHAI),
    allow_imaginary=False,
)
dates = st.dates(date(1950, 1, 1), date(2100, 1, 1))
digits12 = st.from_regex(r"\A[0-9]{12}\Z")


def maybe(strategy):
    return st.none() | strategy


cases = st.builds(
    Case,
    case_id=names,
    source_system=names,
    source_case_no=names,
    registered_at=moments,
    occurred_on=maybe(dates),
    accepted_at=maybe(moments),
    source_code=maybe(words),
    channel_code=maybe(words),
    region_code=maybe(digits12),
    grid_code=maybe(st.from_regex(r"\A[0-9]{15}\Z")),
    place_key=maybe(words),
    other_region_codes=st.lists(digits12, max_size=3),
    category_code=maybe(st.from_regex(r"\A[0-9]{4}\Z")),
    judicial_type=maybe(words),
    crosswalk_version=maybe(words),
    scale_code=maybe(st.sampled_from(["01", "02", "03"])),
    involved_count=maybe(st.integers(1, 999_999)),
    amount_yuan=maybe(st.floats(0, allow_nan=False, allow_infinity=False)),
    narrative_masked=st.text(max_size=300),
    narrative_form=st.sampled_from(["plain", "segmented"]),
    org_kind=maybe(words),
    difficulty_tier=maybe(st.sampled_from(["简易", "一般", "疑难", "重大"])),
    status=st.sampled_from(["open", "settled", "failed", "void"]),
    due_on=maybe(dates),
    committee_id=maybe(words),
    committee_kind=maybe(words),
    mediator_id=maybe(words),
    prior_reports=maybe(st.integers(0, 10_000)),
    prior_case_ids=st.lists(names, max_size=3),
    is_minor_involved=maybe(st.booleans()),
    service_needs=st.lists(words, max_size=3),
    scoring_opt_out=st.booleans(),
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    case = draw(cases)
    values = (
        words
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.booleans()
        | st.none()
    )
    event = st.builds(
        CaseEvent,
        event_id=names,
        case_id=st.just(case.case_id),
        at=moments,
        recorded_at=moments,
        kind=st.sampled_from(EventKind),
        actor_role=maybe(words),
        payload=st.dictionaries(words, values, max_size=3),
    )
    outcome = st.builds(
        Outcome,
        case_id=st.just(case.case_id),
        outcome_code=st.sampled_from(["E1", "R1", "L1", "topic"]),
        value=words,
        observed_at=moments,
        evidence_kind=maybe(words),
        verified_by=maybe(words),
        source_system=names,
    )
    return Entry(
        case,
        tuple(draw(st.lists(event, max_size=3, unique_by=lambda e: e.event_id))),
        tuple(draw(st.lists(outcome, max_size=3, unique_by=lambda o: o.outcome_code))),
    )


many_entries = st.lists(
    entries(), max_size=5, unique_by=(lambda e: e.key, lambda e: e.case.case_id)
)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


@pytest.fixture
def store(shared_store: Store) -> Store:
    return emptied(shared_store)


def emptied(store: Store) -> Store:
    with store.session() as session:
        for table in (EventRow, OutcomeRow, CaseRow):
            session.execute(delete(table))
    return store


def row(number: int, entry: Entry | None, *, skipped: bool = False) -> Row:
    return Row(
        number=number,
        source_id=str(number),
        case=entry.case if entry else None,
        events=entry.events if entry else (),
        outcomes=entry.outcomes if entry else (),
        parties=entry.parties if entry else (),
        group=None,
        rejects=(),
        skipped=skipped,
    )


def rows(found: Iterable[Entry]) -> list[Row]:
    return [row(number, entry) for number, entry in enumerate(found, start=2)]


def make_case(number: int, **fields: object) -> Case:
    given = {
        "case_id": f"c{number:05}",
        "source_system": "county",
        "source_case_no": str(number),
        "registered_at": NOON + timedelta(minutes=number),
        "narrative_masked": f"第{number}号纠纷，相邻两户为水渠争执",
    }
    return Case.model_validate(given | fields)


def make_event(case: Case, event_id: str, *, days: int = 1, **fields: object) -> CaseEvent:
    at = case.registered_at + timedelta(days=days)
    given = {"event_id": event_id, "case_id": case.case_id, "at": at, "recorded_at": at}
    return CaseEvent.model_validate(given | {"kind": "closed"} | fields)


def make_outcome(case: Case, code: str, value: str = "1") -> Outcome:
    return Outcome(
        case_id=case.case_id,
        outcome_code=code,
        value=value,
        observed_at=case.registered_at + timedelta(days=30),
        source_system="county",
    )


def content(store: Store) -> list[object]:
    return list(store.iter_cases())


shares_a_store = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@shares_a_store
@given(many_entries)
def test_what_goes_in_comes_out_equal_and_adding_twice_is_adding_once(
    shared_store: Store, found: list[Entry]
) -> None:
    store = emptied(shared_store)
    assert store.add_rows(rows(found)) == ImportCount(added=len(found))
    for entry in found:
        assert store.case(entry.case.case_id) == entry.case
        events = sorted(store.events(entry.case.case_id), key=lambda e: e.event_id)
        assert events == sorted(entry.events, key=lambda e: e.event_id)
        assert [repr(e.payload) for e in events] == [
            repr(e.payload) for e in sorted(entry.events, key=lambda e: e.event_id)
        ], "1, 1.0 and True are equal and not the same"
        assert set(store.outcomes(entry.case.case_id)) == set(entry.outcomes)
    before = content(store)
    assert store.add_rows(rows(found)) == ImportCount(unchanged=len(found))
    assert content(store) == before


@shares_a_store
@given(many_entries, st.randoms())
def test_the_order_of_rows_does_not_matter(
    shared_store: Store, found: list[Entry], rng: random.Random
) -> None:
    """Each case comes in several rows, one for each of its events and outcomes."""
    pieces = [
        piece
        for e in found
        for piece in (
            Entry(e.case),
            *(Entry(e.case, (event,)) for event in e.events),
            *(Entry(e.case, (), (outcome,)) for outcome in e.outcomes),
        )
    ]
    whole = emptied(shared_store)
    whole.add_rows(rows(found))
    expected = content(whole)
    parts = emptied(shared_store)
    rng.shuffle(pieces)
    middle = rng.randint(0, len(pieces))
    parts.add_rows(rows(pieces[:middle]))
    parts.add_rows(rows(pieces[middle:]))
    assert content(parts) == expected


def test_times_come_back_in_shanghai(store: Store) -> None:
    store.add_case(make_case(1, registered_at="2026-03-01T23:59:59.999999-05:00"))
    back = store.case("c00001")
    assert back is not None
    assert back.registered_at.isoformat() == "2026-03-02T12:59:59.999999+08:00"
    assert back.registered_at.tzinfo is SHANGHAI


def test_a_changed_row_updates_and_keeps_what_the_row_no_longer_names(store: Store) -> None:
    case = make_case(1)
    first = Entry(case, (make_event(case, "a"), make_event(case, "b")), (make_outcome(case, "L1"),))
    store.add_rows(rows([first]))

    later = make_case(1, narrative_masked="双方动了手，有人受伤", place_key="A7", status="settled")
    moved = make_event(case, "b", days=9)
    count = store.add_rows(
        rows([Entry(later, (moved,), (make_outcome(case, "L1", "0"), make_outcome(case, "E1")))])
    )

    assert count == ImportCount(updated=1)
    assert store.case(case.case_id) == later
    assert store.events(case.case_id) == (make_event(case, "a"), moved)
    assert [(o.outcome_code, o.value) for o in store.outcomes(case.case_id)] == [
        ("E1", "1"),
        ("L1", "0"),
    ]
    (entry,) = store.history_entries(NOON + timedelta(days=1), "A7")
    assert entry.sketch == sketch_of(later.narrative_masked)


@pytest.mark.parametrize("what", ["event", "outcome"])
def test_a_new_event_or_outcome_alone_counts_as_an_update(store: Store, what: str) -> None:
    case = make_case(1)
    store.add_rows(rows([Entry(case)]))
    new = (
        Entry(case, (make_event(case, "a"),))
        if what == "event"
        else Entry(case, (), (make_outcome(case, "L1"),))
    )
    assert store.add_rows(rows([new])) == ImportCount(updated=1)


def test_the_same_case_twice_in_one_batch_is_stored_once_with_the_last_word(store: Store) -> None:
    last = make_case(1, status="settled")
    count = store.add_rows(rows([Entry(make_case(1)), Entry(last), Entry(last)]))
    assert count == ImportCount(added=1, updated=1, unchanged=1)
    assert content(store) == [(last, (), ())]


def test_a_registration_keeps_the_id_it_was_first_stored_with(store: Store) -> None:
    store.add_case(make_case(1))
    again = make_case(1, case_id="another", status="settled")
    count = store.add_rows(rows([Entry(again, (make_event(again, "a"),))]))
    assert count == ImportCount(updated=1)
    assert store.case("another") is None
    assert [e.event_id for e in store.events("c00001")] == ["a"]
    assert store.add_case(again) == make_case(1, status="settled")


def test_an_id_that_belongs_to_another_source_is_refused(store: Store) -> None:
    store.add_case(make_case(1))
    with pytest.raises(StoreError, match="case_id"):
        store.add_case(make_case(2, case_id="c00001"))
    assert content(store) == [(make_case(1), (), ())]


def test_rejected_and_skipped_rows_and_dropped_identity_are_counted(store: Store) -> None:
    case = make_case(1)
    party = Party(party_token="", case_id=case.case_id, identity={"name": "甲"})
    found = [
        row(2, Entry(case, parties=(party, party))),
        row(3, None),
        row(4, Entry(make_case(2)), skipped=True),
    ]
    assert store.add_rows(found) == ImportCount(added=1, rejected=1, skipped=1, identity_dropped=2)
    assert content(store) == [(case, (), ())]


def test_a_failure_in_the_middle_keeps_the_batches_before_it(store: Store) -> None:
    found = rows(Entry(make_case(n)) for n in range(2 * BATCH + 10))

    def breaks_off() -> Iterator[Row]:
        yield from found[: BATCH + 5]
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        store.add_rows(breaks_off())
    assert len(content(store)) == BATCH
    assert store.add_rows(found) == ImportCount(added=BATCH + 10, unchanged=BATCH)
    assert [case.case_id for case, _, _ in store.iter_cases()] == sorted(
        f"c{n:05}" for n in range(2 * BATCH + 10)
    )


def test_streaming_is_in_order_shows_one_state_and_blocks_no_writer(store: Store) -> None:
    found = [make_case(n) for n in range(PAGE + 3)]
    first = make_case(PAGE + 3, registered_at=NOON - timedelta(days=1))
    store.add_rows(rows(Entry(case) for case in [*reversed(found), first]))

    stream = store.iter_cases()
    seen = [next(stream)]
    store.add_event(make_event(found[-1], "a"))
    store.add_case(make_case(PAGE + 4))
    seen += stream

    assert seen == [(case, (), ()) for case in [first, *found]]
    assert len(content(store)) == PAGE + 5


def test_a_session_left_with_an_error_writes_nothing(store: Store) -> None:
    store.add_case(make_case(1))
    with pytest.raises(RuntimeError), store.session() as session:
        session.execute(delete(CaseRow))
        raise RuntimeError
    with store.reading() as session:
        assert session.scalars(select(CaseRow.case_id)).all() == ["c00001"]


def test_an_event_needs_its_case_and_is_written_once(store: Store) -> None:
    case = make_case(1)
    with pytest.raises(InputError, match="没有这个编号的案件"):
        store.add_event(make_event(case, "a"))
    store.add_case(case)
    store.add_event(make_event(case, "b", days=3))
    store.add_event(make_event(case, "a", days=1))
    store.add_event(make_event(case, "b", days=2))
    assert store.events(case.case_id) == (make_event(case, "a"), make_event(case, "b", days=2))


def test_what_a_changed_row_leaves_empty_stays(store: Store) -> None:
    place, finer = "360102001200", "360102001200001"
    store.add_case(make_case(1, amount_yuan=800, status="settled", grid_code=finer))
    poorer = make_case(1, narrative_masked="又为水沟争吵", region_code=place, amount_yuan=None)
    assert store.add_rows(rows([Entry(poorer)])) == ImportCount(updated=1)
    wanted = make_case(
        1,
        narrative_masked="又为水沟争吵",
        region_code=place,
        amount_yuan=800,
        status="settled",
        grid_code=finer,
    )
    assert store.case("c00001") == wanted
    (entry,) = store.history_entries(NOON + timedelta(days=1), finer)
    assert entry.place == finer, "the place follows what is kept"
    assert store.add_rows(rows([Entry(poorer)])) == ImportCount(unchanged=1)
    more = make_case(1, status="open", amount_yuan=0)
    store.add_case(more)
    back = store.case("c00001")
    assert back is not None
    assert (back.status, back.amount_yuan) == ("open", 0), "what a row says holds"
