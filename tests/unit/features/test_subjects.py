"""What a text is about, by the words of the list, each with its place."""

from __future__ import annotations

import pytest

from zaojie_cases.normalise import fold, pieces
from zaojie_features.subjects import subject_terms, subjects


def told(narrative: str) -> list[tuple[str, str]]:
    """Return each subject with the stretch of the narrative that tells it."""
    return [(name, narrative[start:end]) for name, start, end in subject_terms(narrative)]


def test_a_word_tells_its_subject_and_its_matter() -> None:
    assert told("老板拖欠工资") == [
        ("劳动", "老板"),
        ("劳动/劳务", "老板"),
        ("劳动", "拖欠工资"),
        ("劳动/工资", "拖欠工资"),
    ]


def test_the_longest_word_wins() -> None:
    names = {name for name, _ in told("交通事故认定书")}
    assert names == {"交通事故", "交通事故/事故"}
    assert {word for _, word in told("交通事故认定书")} == {"交通事故认定书"}


def test_a_word_of_two_subjects_tells_both() -> None:
    assert {name.partition("/")[0] for name, _ in told("清算")} == {"债务", "公司"}


@pytest.mark.parametrize("narrative", ["拖 欠\n工资", "拖欠 工资", "　拖欠工　资"])
def test_white_space_does_not_count(narrative: str) -> None:
    assert ("劳动/工资", narrative.strip("　")) in told(narrative)


@pytest.mark.parametrize("narrative", ["", " \n", "plain ASCII 123", "😀", "〔电话〕"])
def test_nothing_is_told_where_there_is_nothing(narrative: str) -> None:
    assert told(narrative) == []


def test_each_word_can_be_met_and_stands_once() -> None:
    """A word that is blocked, replaced or not folded in a narrative would never count."""
    for matters in subjects().values():
        for words in matters.values():
            assert len(set(words)) == len(words)
            for word in words:
                assert fold(word) == word
                assert "".join(piece.text for piece in pieces(word)) == word


def test_no_name_holds_what_must_not_move_a_score() -> None:
    names = {*subjects(), *(matter for matters in subjects().values() for matter in matters)}
    assert [n for n in names if "".join(piece.text for piece in pieces(n)) != n] == []
