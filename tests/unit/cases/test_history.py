from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zaojie_cases.history import (
    HALF_LIFE_DAYS,
    RECENT_CLOSINGS,
    SLOW_DAYS,
    WINDOW_DAYS,
    History,
    HistoryEntry,
    PlaceState,
    Prior,
    matter_area,
    places_of,
)
from zaojie_cases.linking import Decision, Matter
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.sketch import similarity, sketch_of

T = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
DAWN = T.replace(hour=0)
VILLAGE, NEIGHBOUR, TOWN_OFF = "360122105203", "360122105204", "360122106001"
PLACES = (VILLAGE, VILLAGE + "001", NEIGHBOUR, TOWN_OFF, "360123100001", "A7", "A", "B3")
WORDS = (
    "两家因排水沟的走向争执多日，雨天积水漫过门槛",
    "村干部到场劝解没有结果",
    "工程完工半年工资至今未付清，几次去要都没有着落",
)
narratives = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("，".join)
MATTERS = (
    Matter(),
    Matter(category_code="0201", amount_yuan=900.0, keys=("p1", "o1")),
    Matter(category_code="0299", named=("asked", "c1"), keys=("o1",)),
)
few = settings(max_examples=60)
LEAST = 0.3
hours = st.integers(-24 * (WINDOW_DAYS + 40), 24 * 60)
"""Hours from T: over the whole window and beyond it, and after T."""


def at(hour: float) -> datetime:
    return T + timedelta(hours=hour)


@st.composite
def entries(draw: st.DrawFn) -> list[HistoryEntry]:
    found = []
    for number in range(draw(st.integers(0, 25))):
        registered = at(draw(hours))
        closed = draw(st.none() | st.integers(0, 24 * 90))
        told = draw(st.integers(0, 24 * 20))
        closed_at = None if closed is None else registered + timedelta(hours=closed)
        found.append(
            HistoryEntry(
                case_id=f"c{number}",
                place=draw(st.sampled_from(PLACES)),
                registered_at=registered,
                closed_at=closed_at,
                closed_known_at=closed_at and closed_at + timedelta(hours=told),
                sketch=sketch_of(draw(narratives)),
                closing_tracked=draw(st.booleans()),
                matter=draw(st.sampled_from(MATTERS)),
            )
        )
    return found


def case(place: str | None, narrative: str, **more: Any) -> Case:
    named = {"case_id": "asked", "source_system": "x", "source_case_no": "1"} | more
    where = {"place_key": place}
    if place is not None and place.isdigit():
        where = {"region_code": place} if len(place) == 12 else {"grid_code": place}
    return Case(registered_at=T, narrative_masked=narrative, **where, **named)


def asked(history: History, moment: datetime = T) -> str:
    """All that can be asked of a history at one moment; as text, since nan is not nan."""
    states = [history.states_at(place, moment) for place in PLACES]
    named = ("c0", "c1", "c2")
    priors = [
        history.priors_of(case(place, WORDS[0], prior_case_ids=named, case_id=own), moment)
        for place in (VILLAGE, "A7")
        for own in ("asked", "c3")
    ]
    return repr((states, priors))


@few
@given(entries(), entries())
def test_later_registrations_change_nothing(known: list[HistoryEntry], more: list[HistoryEntry]):
    later = [
        replace(entry, case_id=f"later-{entry.case_id}", registered_at=at(abs(hour)))
        for hour, entry in enumerate(more)
    ]
    assert asked(History([*known, *later])) == asked(History(known))


@few
@given(entries(), st.integers(0, 24 * 90), st.randoms(use_true_random=False))
def test_later_closings_change_nothing(
    known: list[HistoryEntry], hour: int, draw: random.Random
) -> None:
    def changed(entry: HistoryEntry) -> HistoryEntry:
        if entry.closed_known_at is not None and entry.closed_known_at < T:
            return entry
        if draw.random() < 0.3:
            return replace(entry, closed_at=None, closed_known_at=None)
        # Even a closing said to have happened long ago, when it is told only now.
        return replace(entry, closed_at=at(-draw.randrange(9000)), closed_known_at=at(hour))

    assert asked(History(map(changed, known))) == asked(History(known))


@few
@given(entries(), st.randoms(use_true_random=False))
def test_the_order_of_adding_does_not_matter(
    known: list[HistoryEntry], draw: random.Random
) -> None:
    shuffled = draw.sample(known, len(known))
    assert asked(History(shuffled)) == asked(History(known))


@few
@given(entries())
@example([HistoryEntry("old", VILLAGE, T - timedelta(days=WINDOW_DAYS, hours=1))])
def test_a_ledger_of_the_window_answers_like_the_whole(known: list[HistoryEntry]) -> None:
    since = T - timedelta(days=WINDOW_DAYS)
    recent = [entry for entry in known if entry.registered_at >= since]
    assert asked(History(recent)) == asked(History(known))


@few
@given(entries())
def test_asking_does_not_change_the_answer(known: list[HistoryEntry]) -> None:
    history = History(known[:5])
    asked(history)
    for entry in known[5:]:
        history.add(entry)
    assert asked(history) == asked(History(known))


def told(found: Sequence[HistoryEntry]) -> PlaceState:
    """The state on the day of T of a place with these entries, told in the plainest way."""
    window = timedelta(days=WINDOW_DAYS - 1)
    known = [e for e in found if timedelta(0) < DAWN - e.registered_at <= window]
    age = {e.case_id: (DAWN - e.registered_at) / timedelta(days=1) for e in known}
    ends = {
        e.case_id: (e.closed_at - e.registered_at) / timedelta(days=1)
        for e in known
        if e.closed_at and e.closed_known_at and e.closed_known_at < DAWN
    }
    tracked = [e.case_id for e in known if e.closing_tracked]
    running = [key for key in tracked if key not in ends]
    old = [key for key in tracked if age[key] > SLOW_DAYS]
    weights = {key: 2.0 ** (-age[key] / HALF_LIFE_DAYS) for key in old}
    slow = [key for key in old if ends.get(key, math.inf) > SLOW_DAYS]
    order = sorted(known, key=lambda e: (e.closed_known_at or T, e.registered_at, e.closed_at or T))
    days = [ends[e.case_id] for e in order if e.case_id in ends][-RECENT_CLOSINGS:]
    return PlaceState(
        registered_7d=sum(days <= 7 for days in age.values()),
        registered_30d=sum(days <= 30 for days in age.values()),
        open_cases=len(running),
        open_old=sum(age[key] > SLOW_DAYS for key in running),
        closings_known=len(ends),
        median_days=median(days) if days else math.nan,
        last_days=median(days[-3:]) if days else math.nan,
        slow_share=sum(map(weights.get, slow)) / sum(weights.values()) if old else math.nan,  # type: ignore[arg-type]
    )


@few
@given(entries())
def test_a_state_is_what_a_plain_count_says(known: list[HistoryEntry]) -> None:
    for place in (VILLAGE, TOWN_OFF, "A7"):
        found = History(known).states_at(place, T)
        for level, state in enumerate(found):
            inside = [e for e in known if places_of(e.place)[level] == places_of(place)[level]]
            # A source's own code without digits is its own area: A is in A and in A7's area.
            if level == 1 and place == "A7":
                inside = [e for e in known if "A" in places_of(e.place)]
            expected = told(inside)
            for name in PlaceState.__slots__:
                value, wanted = getattr(state, name), getattr(expected, name)
                assert value == pytest.approx(wanted, abs=1e-9, nan_ok=True), (place, level, name)


@few
@given(entries(), narratives, st.sampled_from(PLACES))
def test_alike_is_what_comparing_all_pairs_says(
    known: list[HistoryEntry], words: str, place: str
) -> None:
    found = History(known).alike(case(place, words), LEAST)
    wanted = {
        entry.case_id: similarity(sketch_of(words), entry.sketch)
        for entry in known
        if matter_area(entry.place) == matter_area(place)
    }
    wanted = {key: score for key, score in wanted.items() if score >= LEAST}
    assert {entry.case_id: score for entry, score in found} == wanted


def test_what_is_known_before_does_count() -> None:
    one = HistoryEntry("c", VILLAGE, at(-24 * 10), at(-48), at(-24), sketch_of(WORDS[0]))
    state = History([one]).states_at(VILLAGE, T)[0]
    assert (state.registered_7d, state.registered_30d, state.open_cases) == (0, 1, 0)
    assert state.median_days == 8.0
    unknown = replace(one, closed_known_at=T)
    state = History([unknown]).states_at(VILLAGE, T)[0]
    assert (state.open_cases, state.closings_known) == (1, 0)
    assert math.isnan(state.median_days)
    assert [p.case_id for p in History([one]).priors_of(case(VILLAGE, WORDS[0]), T)] == ["c"]


def test_what_happens_at_the_moment_itself_is_later() -> None:
    one = HistoryEntry("c", VILLAGE, T, sketch=sketch_of(WORDS[0]))
    history = History([one])
    assert history.states_at(VILLAGE, T)[0] == PlaceState()
    assert history.priors_of(case(VILLAGE, WORDS[0]), T) == ()
    at_dawn = History([replace(one, registered_at=DAWN)])
    assert at_dawn.states_at(VILLAGE, T)[0] == PlaceState()
    before = History([replace(one, registered_at=DAWN - timedelta(microseconds=1))])
    assert before.states_at(VILLAGE, T)[0].registered_7d == 1


def test_a_place_is_described_once_a_day() -> None:
    history = History([HistoryEntry("c", VILLAGE, T)])
    assert history.states_at(VILLAGE, at(14.9))[0] == PlaceState()
    assert history.states_at(VILLAGE, at(15))[0].registered_7d == 1
    history.add(HistoryEntry("d", VILLAGE, T))
    assert history.states_at(VILLAGE, at(15))[0].registered_7d == 2


def test_a_closing_without_the_time_it_was_told_is_not_known() -> None:
    one = HistoryEntry("c", VILLAGE, at(-99), closed_at=at(-50))
    assert History([one]).states_at(VILLAGE, T)[0].open_cases == 1


def test_an_untracked_case_is_registered_and_never_open() -> None:
    one = HistoryEntry("c", VILLAGE, at(-24 * 40), closing_tracked=False)
    state = History([one]).states_at(VILLAGE, T)[0]
    assert (state.registered_30d, state.open_cases, state.open_old) == (0, 0, 0)
    assert math.isnan(state.slow_share)


def test_a_case_is_not_its_own_prior() -> None:
    own = HistoryEntry("asked", VILLAGE, at(-1), sketch=sketch_of(WORDS[0]))
    assert History([own]).priors_of(case(VILLAGE, WORDS[0]), T) == ()


def test_a_prior_is_near_in_text_place_and_time() -> None:
    def one(case_id: str, place: str, hour: float, words: str) -> HistoryEntry:
        return HistoryEntry(case_id, place, at(hour), sketch=sketch_of(words))

    history = History(
        [
            one("same", VILLAGE, -48, WORDS[0]),
            one("grid", VILLAGE + "002", -24, WORDS[0]),
            one("other town", TOWN_OFF, -24, WORDS[0]),
            one("other words", VILLAGE, -24, WORDS[2]),
            one("too old", VILLAGE, -24 * 366, WORDS[0]),
        ]
    )
    found = history.priors_of(case(VILLAGE, WORDS[0]), T)
    assert [prior.case_id for prior in found] == ["same", "grid"]
    assert (found[0].registered_at, found[0].similarity) == (at(-48), 1.0)
    assert 0.5 <= found[0].probability < 1.0


def test_the_source_may_name_a_prior_in_other_words_elsewhere() -> None:
    history = History([HistoryEntry("named", TOWN_OFF, at(-5), sketch=sketch_of(WORDS[2]))])
    asking = case(VILLAGE, WORDS[0], prior_case_ids=("named", "never seen"))
    (prior,) = history.priors_of(asking, T)
    assert (prior.case_id, prior.registered_at, prior.similarity) == ("named", at(-5), 1.0)
    assert history.priors_of(asking, at(-6)) == ()


def test_the_first_entry_of_a_case_stays() -> None:
    first = HistoryEntry("c", VILLAGE, at(-24))
    history = History([first, replace(first, place=NEIGHBOUR)])
    assert history.states_at(VILLAGE, T)[0].registered_7d == 1
    assert history.states_at(NEIGHBOUR, T)[0].registered_7d == 0
    assert history.states_at(VILLAGE, T)[1].registered_7d == 1


@pytest.mark.parametrize("place", [None, "", "999999999999"])
def test_an_unknown_place_has_an_empty_state(place: str | None) -> None:
    history = History([HistoryEntry("c", VILLAGE, at(-24))])
    assert repr(history.states_at(place, T)) == repr((PlaceState(),) * 3)


def test_a_case_without_a_place_has_no_priors_by_text() -> None:
    history = History([HistoryEntry("c", "", at(-24), sketch=sketch_of(WORDS[0]))])
    assert history.priors_of(case(None, WORDS[0]), T) == ()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (VILLAGE, (VILLAGE, "360122105", "360122")),
        (VILLAGE + "001", (VILLAGE, "360122105", "360122")),
        ("A7", ("A7", "A", "*")),
        ("A", ("A", "A", "*")),
        ("西湖街道", ("西湖街道", "西湖街道", "*")),
    ],
)
def test_places_of(place: str, expected: tuple[str, str, str]) -> None:
    assert places_of(place) == expected


def test_near_equal_texts_are_one_matter_within_a_village_or_a_source_area() -> None:
    assert matter_area(VILLAGE + "001") == VILLAGE
    assert matter_area("A7") == matter_area("A12") == "A"


def test_moments_of_other_time_zones_are_the_same_moments() -> None:
    entry = HistoryEntry("c", VILLAGE, (DAWN - timedelta(days=7)).astimezone(UTC))
    assert History([entry]).states_at(VILLAGE, T.astimezone(UTC))[0].registered_7d == 1
    assert History([entry]).states_at(VILLAGE, at(15))[0].registered_7d == 0


def test_parties_link_what_no_word_links() -> None:
    keyed = HistoryEntry(
        "old", TOWN_OFF, at(-90), sketch=sketch_of(WORDS[2]), matter=Matter(keys=("p1",))
    )
    asking = case(VILLAGE, WORDS[0])
    assert History([keyed]).priors_of(asking, T) == ()
    own = HistoryEntry("asked", VILLAGE, at(-1), matter=Matter(keys=("p1",)))
    (prior,) = History([keyed, own]).priors_of(asking, T)
    assert (prior.case_id, prior.similarity < 0.1) == ("old", True)
    assert prior.probability > 0.5


def test_a_decision_counts_from_its_time_on_whoever_brings_it() -> None:
    old = HistoryEntry("old", TOWN_OFF, at(-90), sketch=sketch_of(WORDS[2]))
    own = HistoryEntry("asked", VILLAGE, at(-80), sketch=sketch_of(WORDS[0]))
    same, other = Decision("asked", True, at(-9)), Decision("asked", False, at(-5))
    history = History([replace(old, decided=(same, other)), own])
    asking = case(VILLAGE, WORDS[0])
    assert history.priors_of(asking, at(-10)) == ()
    assert history.priors_of(asking, at(-9)) == (Prior("old", at(-90), 1.0),)
    assert history.priors_of(asking, at(-5)) == ()
    turned = replace(own, decided=(Decision("old", True, at(-9)),))
    assert History([turned, old]).priors_of(asking, T) == (Prior("old", at(-90), 1.0),)


@few
@given(entries(), st.integers(0, 24 * 90))
def test_later_decisions_change_nothing(known: list[HistoryEntry], hour: int) -> None:
    later = (Decision("asked", True, at(hour + 0.1)), Decision("c1", True, at(hour + 0.1)))
    changed = [replace(entry, decided=later) for entry in known]
    assert asked(History(changed)) == asked(History(known))
