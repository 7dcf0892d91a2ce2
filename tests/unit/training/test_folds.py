"""Folds keep groups whole, and the same seed gives the same folds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_training.folds import folds

ROWS = st.lists(st.tuples(st.sampled_from("甲乙丙"), st.integers(0, 12)), min_size=8, max_size=60)


@given(ROWS, st.integers(0, 5))
def test_every_row_is_held_out_once_and_groups_stay_whole(
    rows: list[tuple[str, int]], seed: int
) -> None:
    labels = [label for label, _ in rows] + ["甲"] * 4
    groups = [f"g{group}" for _, group in rows] + ["h1", "h2", "h3", "h4"]
    held_out: list[int] = []
    for train, held in folds(labels, groups, n=3, seed=seed):
        assert not {groups[i] for i in train} & {groups[i] for i in held}
        assert sorted([*train, *held]) == list(range(len(labels)))
        held_out += held.tolist()
    assert sorted(held_out) == list(range(len(labels)))


def test_the_seed_decides() -> None:
    labels, groups = ["甲", "乙"] * 50, [str(i) for i in range(100)]
    one, same, other = (
        [held.tolist() for _, held in folds(labels, groups, n=5, seed=seed)] for seed in (3, 3, 4)
    )
    assert one == same != other


def test_labels_are_spread_evenly() -> None:
    labels = [1] * 20 + [0] * 80
    for _, held in folds(labels, [str(i) for i in range(100)], n=5, seed=0):
        assert sum(labels[i] for i in held) == 4


@pytest.mark.parametrize(
    ("labels", "n"),
    [
        (["甲"] * 20 + ["乙"] * 3, 3),
        (["甲"] * 20 + ["乙"] * 20 + ["丙"], 5),
        ([str(i) for i in range(20)], 5),
    ],
)
def test_a_rare_label_makes_fewer_folds_but_a_single_row_does_not(
    labels: list[str], n: int
) -> None:
    found = list(folds(labels, [str(i) for i in range(len(labels))], n=5, seed=0))
    assert len(found) == n
