from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.history import History, HistoryEntry, PlaceState, Prior
from zaojie_cases.ledger_entries import entry_of
from zaojie_cases.record import SHANGHAI, Case, CaseEvent, EventKind
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_features.allowlist import allow_list
from zaojie_features.facts import CATEGORICAL, Facts, facts_of

AT = datetime(2026, 3, 5, 9, 30, tzinfo=SHANGHAI)
VILLAGE = "360122105203"


def case(narrative: str = "两家因排水沟争执。", **changes: Any) -> Case:
    plain = {"case_id": "c", "source_system": "x", "source_case_no": "1", "registered_at": AT}
    return Case.model_validate(plain | {"narrative_masked": narrative} | changes)


def event(kind: EventKind, hour: float) -> CaseEvent:
    moment = AT + timedelta(hours=hour)
    return CaseEvent(
        event_id=f"{kind}{hour}", case_id="c", at=moment, recorded_at=moment, kind=kind
    )


def facts(
    *events: CaseEvent, days: float = 0, history: History | None = None, **more: Any
) -> Facts:
    as_of = AT + timedelta(days=days)
    return facts_of(snapshot_at(case(**more), events, history or History(), as_of))


def test_facts_come_in_the_order_of_the_allow_list() -> None:
    found = facts()
    assert list(found) == [feature.name for feature in allow_list().features]
    assert all(type(value) is float for value in found.values())
    assert set(found) >= CATEGORICAL


def test_what_is_registered() -> None:
    found = facts(
        category_code="0201",
        scale_code="02",
        involved_count=9,
        amount_yuan=99.0,
        channel_code="01",
        source_code="0303",
        prior_reports=2,
    )
    assert (found["category"], found["category_group"], found["scale"]) == (201.0, 2.0, 2.0)
    assert found["involved_log"] == math.log(10)
    assert found["amount_log"] == math.log(100)
    assert (found["channel"], found["source"], found["prior_reports"]) == (1.0, 303.0, 2.0)
    assert (found["month"], found["weekday"], found["hour"]) == (3.0, 3.0, 9.0)


def test_a_group_code_is_the_first_of_its_group() -> None:
    found = facts(category_code="02")
    assert (found["category"], found["category_group"]) == (200.0, 2.0)


def test_what_is_not_registered_is_not_a_number() -> None:
    found = facts(registered_at=UNKNOWN_MOMENT)
    unknown = {name for name, value in found.items() if math.isnan(value)}
    assert unknown >= {"category", "category_group", "scale", "involved_log", "amount_log"}
    assert unknown >= {"channel", "source", "month", "weekday", "hour", "days_open"}
    assert unknown >= {"days_since_prior", "village_slow_share", "county_trend", "prior_reports"}
    assert found["events_contacted"] == found["priors_found"] == found["village_open"] == 0.0


def test_no_time_leaks_from_an_unknown_registration() -> None:
    told = event(EventKind.CONTACTED, 5)
    found = facts(told, days=1, registered_at=UNKNOWN_MOMENT)
    assert math.isnan(found["days_to_contact"])
    assert found["events_contacted"] == 1.0


@pytest.mark.parametrize("code", ["", "A3", "②", "²", "x" * 50])
def test_a_code_of_another_table_is_not_known(code: str) -> None:
    found = facts(channel_code=code, source_code=code)
    assert math.isnan(found["channel"])
    assert math.isnan(found["source"])


@pytest.mark.parametrize(
    ("field", "rights"),
    [("channel_code", ["02", "05", "06", "07"]), ("source_code", ["0301", "0304", "0399"])],
)
def test_how_a_party_asked_for_help_is_not_told(field: str, rights: list[str]) -> None:
    """Hotline, visit, lawsuit and petition are rights; police and grid are not of the party."""
    assert len({repr(facts(**{field: code})) for code in rights}) == 1
    assert repr(facts(**{field: "01"})) != repr(facts(**{field: rights[0]}))


def test_the_form_of_a_narrative() -> None:
    found = facts(narrative="两家 争执！为何？\n赔偿300元。。")
    assert found["text_length"] == 16.0
    assert (found["sentences"], found["questions"], found["exclamations"]) == (3.0, 1.0, 1.0)
    assert (found["digits"], found["lead_length"]) == (3.0, 5.0)


@pytest.mark.parametrize("narrative", ["", "〔电话〕", "😀\x00", "。。。", "排" * 20_000])
def test_odd_narratives_have_facts(narrative: str) -> None:
    found = facts(narrative=narrative)
    assert all(not math.isinf(value) for value in found.values())
    assert found["text_length"] in {0.0, 2.0, 3.0, 20_000.0}


def test_masked_numbers_and_neutral_words_are_not_counted() -> None:
    plain, told = facts(narrative="排水沟争执"), facts(narrative="〔电话〕排水沟女方争执上访")
    assert {name for name in plain if repr(plain[name]) != repr(told[name])} == set()


def test_cues_count_where_affirmed() -> None:
    found = facts(narrative="他持刀说要弄死对方。动手打了两拳，没有砸东西。听说还要放火烧房。")
    assert (found["cue_threat_explicit"], found["cue_weapon"]) == (1.0, 1.0)
    assert found["cue_struck"] >= 1.0
    assert (found["cue_threat_limited"], found["cue_smashed_limited"]) == (1.0, 1.0)
    assert (found["cue_blow_limited"], found["cues_limited"]) == (0.0, 2.0)
    assert (found["cue_severity"], found["cue_kinds"]) == (8.0, 3.0)


def test_a_conditional_threat_counts_once_and_is_not_limited() -> None:
    found = facts(narrative="再不还钱就砍死你。")
    assert (found["cue_ultimatum"], found["cue_threat_explicit"]) == (1.0, 0.0)
    assert (found["cue_threat_limited"], found["cues_limited"]) == (0.0, 0.0)
    assert found["cue_severity"] == 5.0


def test_mentions_are_counted_up_to_three_and_readiness_is_no_risk() -> None:
    found = facts(narrative="他动手了。" * 5 + "双方握手。")
    assert (found["cue_struck"], found["cue_willing"], found["cue_kinds"]) == (3.0, 1.0, 1.0)
    calm = facts(narrative="双方握手。")
    assert (calm["cue_severity"], calm["cue_kinds"]) == (0.0, 0.0)


def test_self_harm_and_domestic_violence_are_no_features() -> None:
    plain = facts(narrative="双方争执。")
    for words in ("跳楼", "不想活", "家暴", "家庭暴力"):
        assert repr(facts(narrative=f"双方{words}争执。")) == repr(plain)
    assert repr(facts(narrative="未打老婆，争执")) == repr(facts(narrative="未看老婆，争执"))


def test_the_time_line() -> None:
    steps = [
        event(EventKind.REGISTERED, 0),
        event(EventKind.CONTACTED, 12),
        event(EventKind.SESSION, 24),
        event(EventKind.SESSION, 48),
        event(EventKind.NO_SHOW, 49),
        event(EventKind.AGREEMENT_ORAL, 60),
        event(EventKind.AGREEMENT_WRITTEN, 61),
        event(EventKind.BREACHED, 70),
        event(EventKind.TRANSFERRED, 72),
        event(EventKind.CONTACTED, 24 * 9),
    ]
    found = facts(*steps, days=4)
    assert (found["days_open"], found["days_since_event"], found["days_to_contact"]) == (4, 1, 0.5)
    assert (found["events_contacted"], found["events_session"], found["events_no_show"]) == (
        1,
        2,
        1,
    )
    assert (found["events_agreement"], found["events_breached"]) == (2, 1)
    assert found["events_transferred"] == 1


def test_earlier_registrations() -> None:
    snapshot = Snapshot(
        case=case(),
        as_of=AT,
        events=(),
        places=(PlaceState(),) * 3,
        priors=(
            Prior("a", AT - timedelta(days=90), 0.9),
            Prior("b", AT - timedelta(days=30), 0.5),
            Prior("c", AT - timedelta(days=2), 0.4),
        ),
    )
    found = facts_of(snapshot)
    assert (found["priors_found"], found["priors_30d"], found["days_since_prior"]) == (3, 2, 2)
    assert found["prior_similarity"] == 0.9


def test_places() -> None:
    entries = [
        HistoryEntry(f"c{day}", VILLAGE, AT - timedelta(days=day)) for day in (1, 20, 40, 50)
    ]
    found = facts(region_code=VILLAGE, history=History(entries))
    for level in ("village", "town", "county"):
        assert found[f"{level}_trend"] == 0.5
        assert found[f"{level}_open"] == math.log(5)
        assert found[f"{level}_open_old_share"] == 0.5
        assert found[f"{level}_slow_share"] == 1.0
        assert math.isnan(found[f"{level}_median_days"])


def test_who_a_mediator_is_moves_nothing() -> None:
    """Identifiers of people and bodies are for routing; what they do is on the time line."""
    told = facts(
        mediator_id="m1",
        committee_id="k1",
        committee_kind="village",
        org_kind="企业",
        is_minor_involved=True,
        service_needs=("法律援助",),
        judicial_type="邻里纠纷",
        difficulty_tier="疑难",
        status="failed",
        source_case_no="360122199001011234",
    )
    assert repr(told) == repr(facts())


WORDS = ("两家因排水沟的走向争执多日", "村干部到场劝解没有结果", "工程完工半年工资至今未付清")
moments = st.integers(-24 * 400, 24 * 60)


@st.composite
def ledgers(draw: st.DrawFn, prefix: str) -> list[tuple[Case, list[CaseEvent]]]:
    """Cases of one village before and after AT, with closings told late or not at all."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        registered = AT + timedelta(hours=draw(moments))
        one = case(
            "，".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2))),
            case_id=f"{prefix}{number}",
            source_case_no=f"{prefix}{number}",
            registered_at=registered,
            region_code=VILLAGE,
        )
        closings = []
        if draw(st.booleans()):
            at = registered + timedelta(hours=draw(st.integers(0, 900)))
            told = at + timedelta(hours=draw(st.integers(0, 300)))
            closings = [
                event(EventKind.CLOSED, 0).model_copy(update={"at": at, "recorded_at": told})
            ]
        found.append((one, closings))
    return found


def known_by(records: list[tuple[Case, list[CaseEvent]]], moment: datetime) -> History:
    """A ledger in which nothing after ``moment`` was ever written."""
    return History(
        entry_of(one, [e for e in closings if e.recorded_at < moment], closing_tracked=True)
        for one, closings in records
        if one.registered_at < moment
    )


def known_now(records: list[tuple[Case, list[CaseEvent]]]) -> History:
    return History(entry_of(one, closings, closing_tracked=True) for one, closings in records)


@given(
    ledgers("a"),
    st.lists(st.tuples(st.sampled_from(EventKind), st.integers(-100, 200)), max_size=8),
    st.integers(0, 40),
)
def test_later_records_change_no_earlier_feature(
    records: list[tuple[Case, list[CaseEvent]]],
    happened: list[tuple[EventKind, int]],
    days: int,
) -> None:
    moment = AT + timedelta(days=days)
    asked = case(WORDS[0], region_code=VILLAGE)
    events = [event(kind, hour) for kind, hour in happened]
    then = snapshot_at(
        asked, [e for e in events if e.recorded_at <= moment], known_by(records, moment), moment
    )
    now = snapshot_at(asked, events, known_now(records), moment)
    assert repr(facts_of(now)) == repr(facts_of(then))


@given(
    st.lists(st.tuples(st.sampled_from(EventKind), st.integers(-100, 90)), max_size=6),
    st.sampled_from(["petition", "lawsuit", "complaint", "media_contact"]),
    st.integers(-100, 90),
)
def test_a_lawful_act_on_the_time_line_changes_no_feature(
    happened: list[tuple[EventKind, int]], act: str, hour: int
) -> None:
    events = [event(kind, at) for kind, at in happened]
    more = [*events, event(EventKind(act), hour)]
    assert repr(facts(*more, days=4)) == repr(facts(*events, days=4))


def test_another_event_does_change_the_features() -> None:
    assert repr(facts(event(EventKind.CONTACTED, 5), days=4)) != repr(facts(days=4))
