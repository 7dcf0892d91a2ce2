from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.normalise import Piece
from zaojie_features.segment import tokenizer, words_of

OWN = [
    word
    for line in (files("zaojie_features") / "data" / "words.txt").read_text("utf-8").splitlines()
    if (word := line.split("#")[0].strip())
]
STRANGE = "鹓鶵懿旨"
"""A word that no dictionary has."""


def words(text: str, *, segmented: bool = False) -> list[str]:
    return [word for word, _, _ in words_of(Piece(0, text), segmented=segmented)]


@pytest.fixture
def other_user() -> Iterator[jieba.Tokenizer]:
    """The tokenizer that every plain user of jieba in the process shares; put back after."""
    jieba.initialize()
    kept = dict(jieba.dt.FREQ), jieba.dt.total
    yield jieba.dt
    jieba.dt.FREQ, jieba.dt.total = kept


def test_words_of_the_field_stay_whole() -> None:
    cut = {word: words(f"，{word}，") for word in OWN}
    assert [word for word, found in cut.items() if found != [word]] == []


def test_our_words_do_not_reach_another_user(other_user: jieba.Tokenizer) -> None:
    tokenizer()
    apart = [word for word in OWN if word not in other_user.FREQ]
    assert len(apart) > len(OWN) / 4, "the dictionary adds hardly anything"
    assert "综治中心" in words("到综治中心去")
    assert "综治中心" not in jieba.lcut("到综治中心去")


def test_words_of_another_user_do_not_reach_us(other_user: jieba.Tokenizer, tmp_path: Path) -> None:
    before = words(f"说{STRANGE}也没用，两家排水沟相邻")
    dictionary = tmp_path / "own.txt"
    dictionary.write_text("排水沟相邻 9000000 n\n", encoding="utf-8")
    jieba.add_word(STRANGE, freq=9_000_000)
    with dictionary.open("rb") as opened:
        jieba.load_userdict(opened)
    jieba.suggest_freq(("两", "家"), tune=True)
    assert STRANGE in other_user.lcut(f"说{STRANGE}也没用")
    assert STRANGE not in words(f"说{STRANGE}也没用")
    assert words(f"说{STRANGE}也没用，两家排水沟相邻") == before


@given(st.text(max_size=80), st.integers(0, 50), st.booleans())
def test_a_word_stands_where_it_says(text: str, start: int, segmented: bool) -> None:
    end = start
    for word, at, stop in words_of(Piece(start, text), segmented=segmented):
        assert at >= end
        assert text[at - start : stop - start] == word
        end = stop


def test_segmented_text_is_cut_at_its_blanks_only() -> None:
    text = "综治 中心 \u3000工资至今未付\n ，。 ok 3"
    assert words(text, segmented=True) == ["综治", "中心", "工资至今未付", "ok", "3"]
    assert "综治中心" not in words(text, segmented=True)


@pytest.mark.parametrize("text", ["", "。，！", "😀😀", "\x00\x07", "привет", "----"])
def test_what_is_no_word(text: str) -> None:
    assert words(text) == words(text, segmented=True) == []
