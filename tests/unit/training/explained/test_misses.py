"""The table of the worst misses: the right cases, explained, and nothing unmasked in it."""

from __future__ import annotations

import numpy as np
import pytest

from zaojie_training.misses import EXCERPT, worst_misses


@pytest.fixture
def explain(small):
    def reasons(snapshot):
        [score] = small.bundle.score([snapshot])
        return score.targets[0].reasons

    return reasons


def known(snapshots):
    return [one.case.case_id for one in snapshots], snapshots.__getitem__


def test_the_highest_without_and_the_lowest_with_the_outcome(small, explain) -> None:
    cases = [small.case("两家因排水沟争执，" * 20, number) for number in range(6)]
    y = np.array([0.0, 1, 0, 1, 0, 1])
    p = np.array([0.9, 0.1, 0.5, 0.8, 0.7, 0.05])
    found = worst_misses(*known(cases), y, p, explain, each=2)
    assert [(m.kind, m.case_id, m.probability, m.label) for m in found] == [
        ("false_alarm", "c0", 0.9, 0),
        ("false_alarm", "c4", 0.7, 0),
        ("missed", "c5", 0.05, 1),
        ("missed", "c1", 0.1, 1),
    ]
    first = found[0]
    assert first.days_open == 2.0
    assert first.decided_at == "2026-03-07T09:30:00+08:00"
    assert first.category
    assert first.excerpt == ("两家因排水沟争执，" * 20)[:EXCERPT]


def test_three_reasons_those_that_moved_it_most(small, explain) -> None:
    case = small.case(small.narratives[0])
    [miss] = worst_misses(*known([case]), np.zeros(1), np.ones(1), explain)
    told = [reason for reason in explain(case) if reason.kind in {"word", "fact"}]
    assert len(miss.reasons) == 3
    for text, reason in zip(miss.reasons, told, strict=False):
        assert text.startswith(reason.text)
        assert text.endswith(f"{reason.contribution:+.2f}")


def test_a_case_stands_once_with_its_worst_decision(small, explain) -> None:
    case = small.case(small.narratives[0])
    found = worst_misses(*known([case] * 3), np.zeros(3), np.array([0.2, 0.6, 0.4]), explain)
    assert [miss.probability for miss in found] == [0.6]


def test_a_text_in_which_masking_finds_more_does_not_leave(small, explain) -> None:
    case = small.case(small.narratives[3] + "电话13800138000")
    [miss] = worst_misses(*known([case]), np.zeros(1), np.ones(1), explain)
    assert miss.excerpt is None
    assert "138" not in miss.model_dump_json()


def test_odd_records_are_told_as_such(small, explain) -> None:
    cases = [small.case("争执", 1, category_code=None), small.case("争执", 2, category_code="9999")]
    found = worst_misses(*known(cases), np.zeros(2), np.array([0.9, 0.8]), explain)
    assert [miss.category for miss in found] == ["未登记", "其他"]
    assert worst_misses(*known([]), np.zeros(0), np.zeros(0), explain) == []
