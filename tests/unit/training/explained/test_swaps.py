"""The swap report: zero for a model that is blind to who somebody is, and not for one that sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaojie_cases.record import LAWFUL_ACTS
from zaojie_models.bundle import Bundle
from zaojie_training.swaps import swap_report

KINDS = {"names", "sex", "ethnicity", "religion", "home_place", "kinship"}


def test_nothing_moves_and_every_kind_was_tried(small) -> None:
    report = swap_report(small.bundle, small.all_cases())
    assert report.holds
    assert report.cases == len(small.narratives)
    found = {swap.kind: swap for swap in report.swaps}
    assert set(found) == KINDS | {f"lawful_act:{kind}" for kind in LAWFUL_ACTS}
    assert all(swap.max_difference == 0.0 for swap in report.swaps)
    assert {kind: found[kind].cases for kind in KINDS} == {
        "names": 2,
        "sex": 2,
        "ethnicity": 1,
        "religion": 1,
        "home_place": 2,
        "kinship": 1,
    }
    assert all(found[f"lawful_act:{kind}"].cases == report.cases for kind in LAWFUL_ACTS)


class Seeing(Bundle):
    """A bundle that is told more than it may see: words of the raw text move its answer."""

    def score(self, snapshots, *, reasons=True):
        [plain] = super().score(snapshots, reasons=reasons)
        [snapshot] = snapshots
        seen = any(word in snapshot.case.narrative_masked for word in self.seen_words)
        acted = any(event.event_id == "swap" for event in snapshot.events)
        moved = plain.targets[0].probability + 0.125 * seen + 0.25 * acted
        return [replace(plain, targets=(replace(plain.targets[0], probability=moved),))]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("names", "当事人戊"),
        ("sex", "男"),
        ("ethnicity", "汉族"),
        ("religion", "信佛"),
        ("home_place", "河南省"),
        ("kinship", "丈夫"),
    ],
)
def test_a_model_that_sees_is_found_out(small, kind: str, word: str) -> None:
    class Sees(Seeing):
        seen_words = (word,)

    plain = small.bundle
    report = swap_report(Sees(plain.manifest, plain.space, plain.models), small.all_cases())
    moved = {swap.kind: swap.max_difference for swap in report.swaps}
    assert not report.holds
    assert moved.pop(kind) == pytest.approx(0.125)
    assert set(moved.values()) == {0.0}


def test_exchanges_that_would_make_another_word_are_counted_and_left_out(small) -> None:
    """男 becomes 女, and 女儿 would be a child."""
    cases = [small.case("双方争执，男儿不平。"), small.case("双方争执，男、女都在场。", 1)]
    found = {swap.kind: swap for swap in swap_report(small.bundle, cases).swaps}
    assert (found["sex"].cases, found["sex"].skipped) == (1, 1)


def test_a_case_that_is_not_scored_is_left_out(small) -> None:
    cases = [small.case("男子与人争执。", scoring_opt_out=True), small.case("男子争执。", 1)]
    report = swap_report(small.bundle, cases)
    assert report.cases == 1
    assert report.holds
