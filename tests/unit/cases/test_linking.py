"""The linker: blocks, comparisons, decisions, as of a moment; in any order."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_cases.linking import Decision, LaterKey, Link, Linker, Matter, Seen, load_weights
from zaojie_cases.linking.bands import REPOST_HASHES, text_keys
from zaojie_cases.linking.blocks import Blocks
from zaojie_cases.linking.compare import levels_of
from zaojie_cases.linking.linker import MOST_COMPARED, MOST_OF_BLOCK
from zaojie_cases.linking.places import nearness
from zaojie_cases.linking.weights import probability_of
from zaojie_cases.record import SHANGHAI
from zaojie_cases.sketch import sketch_of
from zaojie_cases.values import UNKNOWN_MOMENT

T = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
YEAR = timedelta(days=365)
VILLAGE = "360122105203"
TEXT = "两家因排水沟的走向争执多日，雨天积水漫过门槛，村干部到场劝解没有结果，双方约定改日再谈"
OTHER = "工程完工半年工资至今未付清，几次去要都没有着落，班组的人商量着要请人出面算账"
few = settings(max_examples=50, deadline=None)


def seen(
    case_id: str, hours: float = 0, text: str = TEXT, place: str = VILLAGE, **said: Any
) -> Seen:
    at = T + timedelta(hours=hours)
    return Seen(case_id, place, at, array("I", sketch_of(text)), Matter(**said))


def filled(*known: Seen) -> Linker:
    linker = Linker()
    for one in known:
        linker.add(one)
    return linker


def found(linker: Linker, asked: Seen, until: datetime = T, least: float = 0.5) -> list[str]:
    return [link.other.case_id for link in linker.links(asked, until - YEAR, until, least)]


def only_link(one: Seen, asked: Seen) -> Link:
    (link,) = filled(one).links(asked, T - YEAR, T + YEAR, 0.0)
    return link


def test_the_same_parties_are_found_in_other_words_in_another_region() -> None:
    one = seen("a", -500, keys=("p1",), category_code="0201")
    again = seen("b", 0, OTHER, "420102001001", keys=("p1", "o7"), category_code="0202")
    assert found(filled(one), again) == ["a"]


def test_one_party_counts_within_a_county_and_a_kind_only() -> None:
    """The key itself holds county and kind; the linker sees only that it is the same."""
    one = seen("a", -48, keys=("o1",))
    assert found(filled(one), seen("b", 0, OTHER, keys=("o1",))) == ["a"]
    assert found(filled(one), seen("b", 0, OTHER, keys=("o2",))) == []


def test_the_same_parties_about_something_else_are_two_disputes() -> None:
    one = seen("a", -48, keys=("p1",), category_code="0201", amount_yuan=900.0)
    other = seen("b", 0, OTHER, keys=("p1",), category_code="0804", amount_yuan=50_000.0)
    assert found(filled(one), other) == []
    assert only_link(one, other).levels["parties"] == "pair"


def test_the_same_day_kind_and_office_are_not_the_same_dispute() -> None:
    said = {"category_code": "0201", "occurred_on": date(2026, 3, 1)}
    one = seen("a", -1, keys=("p1",), **said)
    assert found(filled(one), seen("b", 0, OTHER, keys=("p2",), **said)) == []


def test_a_source_that_names_the_other_is_believed_either_way() -> None:
    one, other = seen("a", -48, place="420102001001"), seen("b", 0, OTHER, named=("a",))
    assert found(filled(one), other) == ["a"]
    early = seen("c", -9, OTHER, named=("d",))
    assert found(filled(early), seen("d", 0, place="420102001001")) == ["c"]


def test_a_letter_sent_again_to_another_region_is_found_a_set_phrase_is_not() -> None:
    long = TEXT + OTHER
    assert len(sketch_of(long)) >= REPOST_HASHES > len(sketch_of(TEXT))
    elsewhere = "420102001001"
    assert found(filled(seen("a", -48, long)), seen("b", 0, long, elsewhere)) == ["a"]
    assert found(filled(seen("a", -48, TEXT)), seen("b", 0, TEXT, elsewhere)) == []


def test_a_decision_holds_from_its_time_on_and_the_latest_holds() -> None:
    one, again = seen("a", -48), seen("b", -1)
    linker = filled(again)
    day = timedelta(days=1)
    linker.add(one, [Decision("b", False, T + day), Decision("b", True, T + 2 * day)])
    assert [p.decided for p in linker.links(again, T - YEAR, T, 0.5)] == [None]
    assert found(linker, again, T + day) == []
    (link,) = linker.links(again, T - YEAR, T + 2 * day, 0.5)
    assert (link.probability, link.decided) == (1.0, True)


def test_a_decision_counts_from_either_side_and_needs_no_block() -> None:
    linker = filled(seen("a", -48, OTHER, "420102001001"))
    asked = seen("b", -1)
    linker.add(asked, [Decision("a", True, T - timedelta(hours=1))])
    assert found(linker, asked) == ["a"]


def test_a_key_that_was_imported_later_counts_from_then_on_from_either_side() -> None:
    day, said = timedelta(days=1), {"category_code": "0201"}
    later = {"later_keys": (LaterKey("p1", T + day),)}
    one, again = seen("a", -48, **said, **later), seen("b", -1, OTHER, keys=("p1",), **said)
    turned = seen("a", -48, keys=("p1",), **said), seen("b", -1, OTHER, **said, **later)
    for old, asked in ((one, again), turned):
        linker = filled(old)
        for moment, level in ((T, "unknown"), (T + day, "pair")):
            chances = {
                link.levels["parties"]: link.probability
                for link in linker.links(asked, T - YEAR, moment, 0.0)
            }
            assert set(chances) <= {level}
            assert any(chance > 0.5 for chance in chances.values()) == (level == "pair")


def test_keys_that_are_not_known_yet_push_nobody_out_of_a_block() -> None:
    """Of an over-full block the latest are compared: of those that were in it by then."""
    old = seen("old", -4000, OTHER, "420102001001", keys=("p1",))
    later = {"later_keys": (LaterKey("p1", T + timedelta(hours=1)),)}
    crowd = [seen(f"c{n:03}", -n - 1, OTHER, "420102001001", **later) for n in range(200)]
    asked = seen("asked", keys=("p1",))
    assert found(filled(old, *crowd), asked, least=0.0) == ["old"]
    assert len(found(filled(old, *crowd), asked, T + timedelta(hours=1), 0.0)) == MOST_OF_BLOCK


def test_reasons_sum_to_the_log_odds_of_the_probability() -> None:
    said = {"category_code": "0201", "amount_yuan": 900.0}
    link = only_link(seen("a", -48, **said), seen("b", **said))
    weights = load_weights()
    reasons = weights.reasons(link.levels)
    total = math.fsum(reason.weight for reason in reasons)
    assert link.probability == probability_of(total)
    assert all(reason.weight and reason.says for reason in reasons)
    assert {"文字几乎一样", "类别相同", "金额相同"} <= {reason.says for reason in reasons}


def test_agreeing_more_never_weighs_less() -> None:
    """A clerk who reads the reasons must not be told that agreement speaks against."""
    for name, levels in load_weights().comparisons.items():
        weights = [level.weight for key, level in levels.items() if key not in ("unknown", "none")]
        assert weights == sorted(weights, reverse=True), name
        assert levels.get("unknown", levels.get("none")).weight == 0.0


@pytest.mark.parametrize(
    ("comparison", "a", "b", "level"),
    [
        ("parties", {"keys": ("p1", "o1")}, {"keys": ("p1",)}, "pair"),
        ("parties", {"keys": ("o1",)}, {"keys": ("p1", "o1")}, "one"),
        ("parties", {"keys": ("p1", "o1")}, {"keys": ("p2", "o1")}, "one_of_two"),
        ("parties", {"keys": ("p1",)}, {"keys": ("p2",)}, "differ"),
        ("parties", {"keys": ("p1",)}, {}, "unknown"),
        ("category", {"category_code": "0201"}, {"category_code": "0201"}, "same"),
        ("category", {"category_code": "02"}, {"category_code": "0201"}, "group"),
        ("category", {"category_code": "0203"}, {"judicial_type": "环境污染纠纷"}, "crosswalk"),
        ("category", {"category_code": "0804"}, {"judicial_type": "邻里纠纷"}, "differ"),
        ("category", {"category_code": "0804"}, {}, "unknown"),
        ("occurred", {"occurred_on": date(2026, 1, 1)}, {"occurred_on": date(2026, 1, 4)}, "near"),
        (
            "occurred",
            {"occurred_on": date(2026, 1, 1)},
            {"occurred_on": date(2026, 1, 5)},
            "differ",
        ),
        ("amount", {"amount_yuan": 1000.0}, {"amount_yuan": 1000.0}, "same"),
        ("amount", {"amount_yuan": 1000.0}, {"amount_yuan": 910.0}, "near"),
        ("amount", {"amount_yuan": 1000.0}, {"amount_yuan": 10_000.0}, "differ"),
        ("involved", {"involved_count": 3}, {"involved_count": 4}, "near"),
        ("named", {"named": ("b",)}, {}, "given"),
        ("named", {"named": ("c",)}, {}, "none"),
    ],
)
def test_comparisons_both_ways(
    comparison: str, a: dict[str, Any], b: dict[str, Any], level: str
) -> None:
    one, other = seen("a", **a), seen("b", **b)
    assert levels_of(one, other, 1.0, T)[comparison] == level
    assert levels_of(other, one, 1.0, T)[comparison] == level


def test_an_unknown_time_says_nothing_of_days() -> None:
    one = replace(seen("a"), registered_at=UNKNOWN_MOMENT)
    assert levels_of(one, replace(one, case_id="b"), 1.0, T)["days"] == "unknown"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (VILLAGE + "001", VILLAGE + "001", "grid"),
        (VILLAGE + "001", VILLAGE + "002", "village"),
        (VILLAGE, "360122105204", "town"),
        ("360122105000", "360122105000", "town"),
        (VILLAGE, "360122106001", "county"),
        ("360122000000", VILLAGE, "county"),
        (VILLAGE, "420102001001", "elsewhere"),
        ("A7", "A7", "town"),
        ("A7", "A", "unknown"),
        ("A7", "B3", "elsewhere"),
        ("", VILLAGE, "unknown"),
    ],
)
def test_nearness(one: str, other: str, expected: str) -> None:
    assert nearness(one, other) == nearness(other, one) == expected


def test_texts_that_are_alike_share_a_block_and_others_mostly_do_not() -> None:
    rng = random.Random(3)
    values = [rng.randrange(2**32) for _ in range(4000)]

    def share(similarity: float) -> float:
        hits = 0
        for _ in range(300):
            both = rng.sample(values, 128)
            kept = round(128 * 2 * similarity / (1 + similarity))
            other = both[:kept] + rng.sample(values, 128 - kept)
            keys = (set(text_keys(array("I", sorted(set(t))), "x").tolist()) for t in (both, other))
            hits += bool(set.intersection(*keys))
        return hits / 300

    assert share(0.0) < 0.1
    assert share(0.5) > 0.9
    assert not set(text_keys(array("I", values[:50]), "x")) & set(
        text_keys(array("I", values[:50]), "y")
    )


def test_an_over_full_block_is_cut_to_its_latest() -> None:
    phrase = [seen(f"c{n:04}", -n - 1, amount_yuan=float(n + 1)) for n in range(500)]
    linker = filled(*phrase)
    links = linker.links(seen("asked"), T - YEAR, T, 0.0)
    assert len(links) == MOST_COMPARED == MOST_OF_BLOCK
    assert {link.other.case_id for link in links} == {f"c{n:04}" for n in range(MOST_OF_BLOCK)}
    before = linker.links(seen("asked"), T - YEAR, T - timedelta(hours=100), 0.0)
    assert max(link.other.registered_at for link in before) < T - timedelta(hours=100)
    assert len(before) == MOST_OF_BLOCK


def test_who_shares_parties_is_compared_before_who_shares_a_phrase() -> None:
    linker = filled(
        seen("old", -4000, OTHER, keys=("p1",)), *(seen(f"c{n:04}", -n - 1) for n in range(300))
    )
    assert "old" in found(linker, seen("asked", keys=("p1",)), least=0.0)


@st.composite
def registrations(draw: st.DrawFn) -> list[Seen]:
    made = []
    for number in range(draw(st.integers(0, 30))):
        said = {
            "keys": draw(st.sampled_from([(), ("p1",), ("p2", "o1"), ("o1",)])),
            "category_code": draw(st.sampled_from([None, "0201", "0804"])),
            "amount_yuan": draw(st.sampled_from([None, 900.0, 5000.0])),
            "named": draw(st.sampled_from([(), ("c1",), ("c2",)])),
        }
        hour = draw(st.integers(-24 * 400, 48))
        if draw(st.booleans()):
            moment = T + timedelta(hours=draw(st.integers(-24 * 9, 48)))
            said["later_keys"] = (LaterKey(draw(st.sampled_from(["p1", "p2", "o1"])), moment),)
        text = draw(st.sampled_from([TEXT, OTHER, TEXT + OTHER, "补登"]))
        place = draw(st.sampled_from([VILLAGE, VILLAGE + "001", "420102001001", "A7", ""]))
        made.append(seen(f"c{number}", hour, text, place, **said))
    return made


def told(known: Sequence[Seen]) -> str:
    linker = filled(*known)
    ordered = sorted(known, key=lambda one: one.case_id)
    return repr([linker.links(one, T - YEAR, T, 0.0) for one in ordered])


@few
@given(registrations(), st.randoms(use_true_random=False))
def test_the_order_of_adding_does_not_matter(known: list[Seen], draw: random.Random) -> None:
    assert told(known) == told(draw.sample(known, len(known)))


@few
@given(registrations(), registrations())
def test_later_registrations_and_decisions_change_nothing(
    known: list[Seen], more: list[Seen]
) -> None:
    linker = filled(*known)
    for number, one in enumerate(more):
        later = replace(one, case_id=f"later{number}", registered_at=T + timedelta(hours=number))
        linker.add(later, [Decision("c1", True, T + timedelta(hours=1))])
    if known:
        linker.add(known[0], [Decision("c1", False, T + timedelta(microseconds=1))])
    ordered = sorted(known, key=lambda one: one.case_id)
    assert repr([linker.links(one, T - YEAR, T, 0.0) for one in ordered]) == told(known)


@few
@given(registrations(), st.sets(st.sampled_from(["p1", "p2", "o1"])), st.randoms())
def test_keys_that_are_imported_later_change_nothing(
    known: list[Seen], keys: set[str], draw: random.Random
) -> None:
    tick = timedelta(microseconds=1)
    changed = []
    for one in known:
        news = tuple(LaterKey(key, T + tick) for key in keys if draw.random() < 0.5)
        later = (*one.matter.later_keys, *news)
        changed.append(replace(one, matter=replace(one.matter, later_keys=later)))
    before, after = (
        [
            [(link.other.case_id, link.probability, link.levels) for link in links]
            for one in linker
            for links in [linker.links(one, T - YEAR, T, 0.0)]
        ]
        for linker in (filled(*known), filled(*changed))
    )
    assert before == after


@few
@given(registrations())
def test_a_pair_is_compared_alike_from_either_side(known: list[Seen]) -> None:
    for one in known[:8]:
        for other in known[:8]:
            assert levels_of(one, other, 0.4, T) == levels_of(other, one, 0.4, T)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=80),
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(1, 6),
    st.integers(0, 80),
)
def test_blocks_answer_like_a_plain_list(
    postings: list[tuple[int, int]], since: int, until: int, most: int, settled: int
) -> None:
    blocks = Blocks()
    keys = text_keys(array("I", [1, 2, 3]), "x")[:6]
    for who, (key, when) in enumerate(postings):
        if who == settled:
            blocks._settle()
        blocks.add(keys[key : key + 1], when, who)
    before = list(blocks.before(keys, since, until, most))
    after = list(blocks.after(keys, since, until, most))
    for key in range(6):
        inside = sorted(
            (when, who)
            for who, (k, when) in enumerate(postings)
            if k == key and since <= when < until
        )
        assert set(inside[-most:]) <= set(before[key]) <= set(inside)
        assert set(inside[:most]) <= set(after[key]) <= set(inside)
