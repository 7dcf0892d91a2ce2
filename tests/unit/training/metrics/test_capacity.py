"""Precision and recall at capacity, against every order of ties tried out."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_cases.errors import InputError
from zaojie_training.metrics import at_capacity, picked_share

ROW = st.tuples(
    st.sampled_from(["东", "西"]), st.integers(0, 1), st.sampled_from([0.1, 0.5]), st.booleans()
)


def found_by_every_order(rows: list[tuple[str, int, float, bool]], k: int) -> list[float]:
    """Hits over all orders of the rows of each centre-week, every order as likely."""
    blocks: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for centre, week, p, y in rows:
        blocks.setdefault((centre, week), []).append((p, y))
    by_block = [
        [sum(y for _, y in sorted(order, key=lambda r: -r[0])[:k]) for order in permutations(own)]
        for own in blocks.values()
    ]
    return [float(sum(hits)) for hits in product(*by_block)]


@given(st.lists(ROW, min_size=1, max_size=5), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_ties_as_if_every_order_was_tried(rows: list[tuple[str, int, float, bool]], k: int) -> None:
    centre, week, p, y = (np.array(column) for column in zip(*rows, strict=True))
    y = y.astype(float)
    every = found_by_every_order(rows, k)
    found = at_capacity(y, p, centre, week, k)
    wanted = (float(np.mean(every)), min(every), max(every))
    for figure, whole in (
        (found.recall, y.sum()),
        (found.precision, found.visits),
        (found.lift, found.visits * y.mean()),
    ):
        told = (figure.expected, figure.worst, figure.best)
        assert (
            told == (None,) * 3
            if not whole
            else told == pytest.approx(tuple(w / whole for w in wanted))
        )
    share = picked_share(p, centre, week, k)
    assert share.sum() == pytest.approx(found.visits)
    assert (share * y).sum() == pytest.approx(wanted[0])
    assert ((share >= 0) & (share <= 1)).all()


def test_each_centre_has_its_own_capacity_every_week() -> None:
    centre = np.array(["甲镇", "甲镇", "甲镇", "乙镇", "乙镇", "甲镇"])
    week = np.array([1, 1, 1, 1, 1, 2])
    p = np.array([0.9, 0.8, 0.7, 0.2, 0.1, 0.05])
    k = np.where(centre == "甲镇", 2, 1)
    assert picked_share(p, centre, week, k).tolist() == [1, 1, 0, 1, 0, 1]
    y = np.array([0.0, 1, 1, 0, 0, 1])
    found = at_capacity(y, p, centre, week, k)
    assert (found.rows, found.positives, found.centre_weeks, found.visits) == (6, 3, 3, 4)
    assert found.recall.expected == pytest.approx(2 / 3)
    assert found.precision.worst == found.precision.best == pytest.approx(1 / 2)
    assert found.lift.expected == pytest.approx(1.0)


def test_all_ties_on_average_find_the_share_that_is_visited() -> None:
    y, flat = np.array([1.0] * 3 + [0.0] * 7), np.full(10, 0.4)
    found = at_capacity(y, flat, np.zeros(10), np.zeros(10), 4)
    assert found.recall.expected == pytest.approx(0.4)
    assert (found.recall.worst, found.recall.best) == (0.0, 1.0)
    assert found.lift.expected == pytest.approx(1.0)


def test_nothing_to_find_is_no_figure() -> None:
    found = at_capacity(np.zeros(3), np.array([0.1, 0.2, 0.3]), np.zeros(3), np.zeros(3), 1)
    assert found.recall.expected is None
    assert found.lift.expected is None
    assert found.precision.expected == 0.0
    assert "NaN" not in found.model_dump_json()


def test_two_capacities_of_one_centre_in_one_week_are_refused() -> None:
    with pytest.raises(InputError, match="处置能力"):
        picked_share(np.array([0.1, 0.2]), np.zeros(2), np.zeros(2), np.array([1, 2]))
