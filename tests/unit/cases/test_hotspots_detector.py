"""The online detector on invented streams: when it raises, when it does not, what it may know."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_cases.hotspots import Detector, Registration, area_of, parameters, typical_words
from zaojie_cases.hotspots.growth import grown
from zaojie_cases.record import SHANGHAI

START = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
COUNTY = "360102001002"
TOPICS = [
    "楼上漏水泡坏天花板物业不来修",
    "邻居在楼道堆放杂物挡住消防门",
    "老板拖欠三个月工资一直不发",
    "路灯坏了半个月晚上看不清路",
    "买的家电坏了商家拒绝退货",
    "借给朋友两万元到期没有归还",
    "公交车发车间隔太长上班迟到",
    "树枝挡住窗户采光请求修剪",
    "停车位被长期占用物业不管",
    "自来水发黄有异味多日没有处理",
]
PLANT = [
    "翠湖花园旁边的宏达搅拌站夜里施工噪音大，睡不着觉",
    "请管管翠湖花园西侧宏达搅拌站，粉尘和噪音严重扰民",
    "宏达搅拌站离翠湖花园只有五十米，灰尘满天，窗户不敢开",
    "翠湖花园的居民反映宏达搅拌站水泥罐车整夜进出",
    "要求宏达搅拌站搬离翠湖花园，孩子咳嗽，噪音不断",
    "翠湖花园几百户被宏达搅拌站的扬尘折磨，何时整改",
]


def everyday(days: int, seed: int = 1, place: str = COUNTY) -> list[Registration]:
    """Different small matters, two a day, of one county: common phrases, their own words."""
    chance = random.Random(seed)
    characters = [chr(code) for code in range(0x4E00, 0x5E00)]
    return [
        Registration(
            f"e{seed}-{day}-{n}",
            START + timedelta(days=day, hours=n),
            place,
            chance.choice(TOPICS) + "".join(chance.choices(characters, k=60)),
        )
        for day in range(days)
        for n in range(2)
    ]


def plant(first_day: int, gap: float = 1.0, texts=PLANT, place=COUNTY) -> list[Registration]:
    return [
        Registration(f"p{n}", START + timedelta(days=first_day + gap * n, minutes=7), place, text)
        for n, text in enumerate(texts)
    ]


def in_order(*streams: list[Registration]) -> list[Registration]:
    every = [registration for stream in streams for registration in stream]
    return sorted(every, key=lambda r: (r.registered_at, r.case_id))


def steps(detector: Detector, stream: list[Registration]) -> dict[str, str | None]:
    return {r.case_id: detector.add(r).step for r in stream}


def test_a_growing_matter_is_raised_once_and_early_then_updated() -> None:
    found = steps(Detector(), in_order(everyday(60), plant(40)))
    told = [found[f"p{n}"] for n in range(len(PLANT))]
    assert told.count("raised") == 1
    assert told.index("raised") <= 3
    assert set(told[told.index("raised") + 1 :]) == {"updated"}
    assert not [case for case, step in found.items() if step and case.startswith("e")]


def test_the_same_pace_spread_over_months_is_not_raised() -> None:
    found = steps(Detector(), in_order(everyday(110), plant(5, gap=18.0)))
    assert not [step for case, step in found.items() if case.startswith("p") and step]


def test_what_a_closed_matter_always_had_does_not_open_it_again() -> None:
    """One every other day for two months is usual by then; three a day is not."""
    detector = Detector()
    usual = plant(0, gap=2.0, texts=PLANT * 8)
    before = [r for r in in_order(everyday(96), usual) if r.registered_at < at_day(60)]
    assert "raised" in steps(detector, before).values()
    detector.set_group(detector.add(plant(60, texts=PLANT[:1])[0]).matter_id, at_day(60))
    after = [r for r in in_order(everyday(96), usual) if r.registered_at > at_day(61)]
    assert "reopened" not in steps(detector, after).values()
    burst = [Registration(f"b{n}", at_day(96), COUNTY, PLANT[n % 6] + "急" * n) for n in range(24)]
    assert "reopened" in steps(detector, burst).values()


def at_day(day: int) -> datetime:
    return START + timedelta(days=day)


def test_equal_words_on_one_day_count_once() -> None:
    again = [
        Registration(f"p{n}", START + timedelta(days=40, minutes=n), COUNTY, PLANT[0])
        for n in range(6)
    ]
    assert "raised" not in steps(Detector(), in_order(everyday(45), again)).values()


def test_the_same_words_in_two_counties_are_two_matters() -> None:
    there = plant(40, texts=PLANT[:2], place="360103001002")
    there = [Registration(f"q{r.case_id}", *astuple_rest(r)) for r in there]
    here = plant(40, texts=PLANT[2:4])
    detector = Detector()
    ids = {r.case_id: detector.add(r).matter_id for r in in_order(everyday(45), here, there)}
    assert not {ids["p0"], ids["p1"]} & {ids["qp0"], ids["qp1"]}


def astuple_rest(registration: Registration) -> tuple[datetime, str | None, str]:
    return registration.registered_at, registration.place, registration.narrative


def test_registrations_without_a_place_join_the_matter_that_has_one() -> None:
    placed, bare = plant(40, texts=PLANT[:3]), plant(43, texts=PLANT[3:], place=None)
    bare = [Registration(f"u{r.case_id}", *astuple_rest(r)) for r in bare]
    detector = Detector()
    told = {r.case_id: detector.add(r) for r in in_order(everyday(60), placed, bare)}
    assert len({told[key].matter_id for key in ("p0", "p1", "p2", "up0", "up1", "up2")}) == 1
    assert [d.step for d in told.values()].count("raised") == 1


def test_a_closed_matter_opens_again_only_by_new_growth() -> None:
    detector = Detector()
    found = steps(detector, in_order(everyday(50), plant(40)))
    assert "raised" in found.values()
    matter = detector.add(plant(50, texts=PLANT[:1])[0]).matter_id
    assert matter is not None
    detector.set_group(matter, START + timedelta(days=51))
    later = [
        Registration(f"l{n}", START + timedelta(days=52 + n), COUNTY, text)
        for n, text in enumerate(PLANT)
    ]
    told = [detector.add(r).step for r in later]
    assert told[:2] == ["updated", "updated"]
    assert told.count("reopened") == 1


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(1, 125), seed=st.integers(0, 9), later=st.integers(0, 40))
def test_nothing_that_comes_later_changes_a_decision(cut: int, seed: int, later: int) -> None:
    stream = in_order(everyday(60, seed), plant(40))
    short, long = Detector(), Detector()
    first = [short.add(r) for r in stream[:cut]]
    others = everyday(20, seed + 100)[:later]
    both = [long.add(r) for r in [*stream[:cut], *others, *stream[cut:]]]
    assert both[:cut] == first


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(0, 126), seed=st.integers(0, 9))
def test_a_detector_filled_again_answers_as_before(cut: int, seed: int) -> None:
    rules = parameters().model_copy(update={"window_days": 30, "most_per_area": 50})
    stream = in_order(everyday(60, seed), plant(40))
    whole = Detector(rules)
    decisions = [whole.add(r) for r in stream]
    clock = decisions[cut - 1].as_of if cut else None
    again = Detector(rules, clock)
    for registration, known in zip(stream[:cut], decisions[:cut], strict=True):
        if known.matter_id and registration.registered_at > clock - timedelta(days=30):
            again.restore(registration, known.matter_id, known.area)
        if known.step == "raised":
            again.set_group(known.matter_id, None)
    assert [again.add(r) for r in stream[cut:]] == decisions[cut:]


def test_memory_is_bounded_by_the_window_and_by_number() -> None:
    rules = parameters().model_copy(update={"window_days": 20, "most_per_area": 25})
    detector = Detector(rules)
    steps(detector, everyday(120))
    area = detector._areas[area_of(COUNTY)]
    assert len(area) <= 26
    assert int(area.counts.max()) <= 26
    assert area._next == 240


def test_too_old_or_empty_belongs_to_no_matter() -> None:
    detector = Detector()
    detector.add(plant(200)[0])
    assert detector.add(Registration("old", START, COUNTY, PLANT[0])).matter_id is None
    empty = Registration("empty", START + timedelta(days=200), COUNTY, "，。")
    assert detector.add(empty).matter_id is None


@pytest.mark.parametrize(
    ("place", "area"),
    [("360102001002001", "360102"), ("360102000000", "360102"), ("A7", "A"), (None, ""), ("", "")],
)
def test_the_area_of_a_place(place: str | None, area: str) -> None:
    assert area_of(place) == area


def test_the_poisson_tail_is_that_of_the_tables() -> None:
    assert grown(3, 3, 1.0, 1).probability == pytest.approx(0.0803014)
    assert grown(5, 4, 0.1, 100).probability == pytest.approx(100 * 3.8468e-6, rel=1e-4)
    assert grown(3, 0, 1.0, 5).probability == 1.0


def test_typical_words_are_shared_by_three_and_never_one_persons_own() -> None:
    said = [*PLANT, "翠湖花园宏达搅拌站，我是独一无二的说法"]
    words = typical_words(said, lambda ids: np.ones(len(ids)))
    assert any("宏达搅拌站" in word for word in words)
    assert not [word for word in words if "独一" in word]
    assert typical_words(PLANT[:2], lambda ids: np.ones(len(ids))) == []
