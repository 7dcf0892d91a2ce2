from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.sketch import SKETCH_SIZE, similarity, sketch_of

TEXT = "两家因排水沟的走向争执多日，村干部到场劝解，双方约定改日再谈。"
sketches = st.lists(st.integers(0, 300), max_size=SKETCH_SIZE, unique=True).map(
    lambda hashes: tuple(sorted(hashes))
)


def exact(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other)


def test_marks_and_blanks_do_not_count() -> None:
    assert sketch_of("两家 因\n排水沟，争执……多日！__") == sketch_of("两家因排水沟争执多日")


def test_the_same_text_is_alike_and_another_is_not() -> None:
    assert similarity(sketch_of(TEXT), sketch_of(TEXT)) == 1.0
    assert similarity(sketch_of(TEXT), sketch_of("工程完工半年，工资至今未付清。")) < 0.1
    assert similarity(sketch_of(TEXT), sketch_of(TEXT.replace("多日", "三天"))) > 0.6


@pytest.mark.parametrize("text", ["", "，。！", " \n\t", "__"])
def test_nothing_is_not_even_like_nothing(text: str) -> None:
    assert sketch_of(text) == ()
    assert similarity((), ()) == similarity(sketch_of(text), sketch_of(TEXT)) == 0.0


@pytest.mark.parametrize("text", ["水", "水沟", "水沟边"])
def test_a_short_text_has_one_hash(text: str) -> None:
    assert len(sketch_of(text)) == 1
    assert similarity(sketch_of(text), sketch_of(text)) == 1.0


@given(st.text(max_size=400))
def test_a_sketch_is_short_and_ascending(text: str) -> None:
    sketch = sketch_of(text)
    assert len(sketch) <= SKETCH_SIZE
    assert list(sketch) == sorted(set(sketch))
    assert all(0 <= value < 2**32 for value in sketch)


@given(sketches, sketches)
def test_similarity_is_symmetric_and_a_share(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0.0 <= similarity(one, other) <= 1.0


@given(sketches.filter(bool), sketches.filter(bool))
def test_short_texts_are_compared_exactly(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    if len(set(one) | set(other)) <= SKETCH_SIZE:
        assert similarity(one, other) == exact(set(one), set(other))


def test_long_texts_are_compared_nearly() -> None:
    draw = random.Random(7)
    letters = [chr(0x4E00 + draw.randrange(3000)) for _ in range(4000)]
    one, other = "".join(letters[:3000]), "".join(letters[1000:])
    assert max(sketch_of(one)) < 2**32 / 10, "the smallest of some 3,000 hashes"
    grams = [{text[i : i + 3] for i in range(len(text) - 2)} for text in (one, other)]
    truth = len(grams[0] & grams[1]) / len(grams[0] | grams[1])
    assert similarity(sketch_of(one), sketch_of(other)) == pytest.approx(truth, abs=0.13)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("男子称楼上漏水，三次上门都没有人管", "女子称楼上漏水，三次上门都没有人管"),
        ("回族村民反映楼上漏水没有人管", "汉族村民反映楼上漏水没有人管"),
        ("当事人甲称楼上漏水没有人管", "当事人乙称楼上漏水没有人管"),
        ("其丈夫多次上门催要拖欠的工资", "其妻子多次上门催要拖欠的工资"),
    ],
)
def test_a_trait_of_a_person_does_not_change_the_sketch(one: str, other: str) -> None:
    assert sketch_of(one) == sketch_of(other) != sketch_of("物业费涨价没有公示")
