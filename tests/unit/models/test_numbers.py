"""Calibration, linear heads, place rates: the small arithmetic that scores rest on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.errors import ConfigError
from zaojie_features.facts import facts_of
from zaojie_features.text import TextRow, count_terms
from zaojie_models.calibration import Sigmoid, sigmoid, softmax
from zaojie_models.target_model import HEAD_COLUMNS, Inputs, PlaceRates

LOG_ODDS = st.floats(-700, 700)


@given(LOG_ODDS)
def test_a_sigmoid_is_its_own_mirror_and_inverts(x: float) -> None:
    assert 0.0 < sigmoid(x) <= 1.0
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(1.0, abs=1e-15)
    if abs(x) < 30:
        assert math.log(sigmoid(x) / sigmoid(-x)) == pytest.approx(x, abs=1e-9)


@pytest.mark.parametrize("x", [-1e308, 1e308])
def test_a_sigmoid_does_not_overflow(x: float) -> None:
    assert sigmoid(x) in {0.0, 1.0}


@given(LOG_ODDS, LOG_ODDS, st.floats(1e-6, 10), st.floats(-10, 10))
def test_calibration_never_changes_an_order(
    one: float, other: float, slope: float, offset: float
) -> None:
    map_ = Sigmoid(slope, offset)
    low, high = sorted((one, other))
    assert map_.probability(low) <= map_.probability(high)
    assert map_.probability(one) == sigmoid(map_.log_odds(one))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=10))
def test_softmax_is_a_share_of_one(values: list[float]) -> None:
    shares = softmax(values)
    assert sum(shares) == pytest.approx(1.0)
    assert shares[values.index(max(values))] == max(shares)
    shifted = softmax([value + 8.0 for value in values])
    assert shifted == pytest.approx(shares, abs=1e-6)


def test_a_linear_head_adds_up(tiny) -> None:
    space = tiny.space()
    head = tiny.head(space, 3)
    row = space.row(count_terms(tiny.narratives[0], "plain"))
    dense = np.zeros(space.size)
    dense[row.columns] = row.weights
    wanted = head.weights @ dense + head.bias
    assert head.decisions(row) == pytest.approx(wanted, abs=1e-12)
    for k in range(3):
        assert head.value(row, k) == pytest.approx(wanted[k], abs=1e-12)
        total = math.fsum(head.contributions(row, k).tolist()) + head.bias[k]
        assert total == pytest.approx(wanted[k], abs=1e-12)


def test_an_empty_row_has_the_bias(tiny) -> None:
    space = tiny.space()
    head = tiny.head(space, 2)
    nothing = TextRow(np.array([], dtype=np.int64), np.array([], dtype=np.float64))
    assert head.decisions(nothing).tolist() == head.bias.tolist()


def test_a_place_has_its_rate_and_that_of_its_area() -> None:
    rates = PlaceRates(0.25, {"360122105203": 0.5, "360122105": 0.125, "A7": 0.75})
    assert rates.row("360122105203") == rates.row("360122105203001") == (0.5, 0.125)
    assert rates.row("360122105999") == (0.25, 0.125)
    assert rates.row("A7") == (0.75, 0.25)
    assert rates.row("999999999999") == rates.row(None) == rates.row("") == (0.25, 0.25)


def test_a_model_row_holds_text_facts_and_rates_by_name(tiny) -> None:
    model, snapshot = tiny.binary(tiny.space()), tiny.snapshot(tiny.narratives[0])
    text = tiny.space().row(count_terms(tiny.narratives[0], "plain"))
    facts = facts_of(snapshot)
    row = dict(
        zip(model.columns, model.row(Inputs(text, facts, "360122105203")).tolist(), strict=True)
    )
    assert [row[name] for name in HEAD_COLUMNS] == model.text_scores(text)
    assert (row["hour"], row["cue_injured"], row["days_open"]) == (9.0, 1.0, 0.0)
    assert math.isnan(row["category"])
    assert (row["place_rate"], row["area_rate"]) == (0.5, 0.125)


def test_each_text_head_sees_its_own_block_only(tiny) -> None:
    space = tiny.space()
    model = tiny.binary(space)
    text = space.row(count_terms(tiny.narratives[0], "plain"))
    found = [model.block(text, k) for k in range(len(HEAD_COLUMNS))]
    read = text.columns[text.columns < space.bounds[-1]]
    assert [c for part in found for c in part.columns.tolist()] == read.tolist()
    blocks = [{space.terms()[c][0] for c in part.columns} for part in found]
    assert blocks == [{"word", "char"}, {"lead"}]


@pytest.mark.parametrize("name", ["sex", "party_age", "text_secret", "hour "])
def test_a_column_off_the_allow_list_makes_no_model(tiny, name: str) -> None:
    columns = (*tiny.columns[:-1], name)
    with pytest.raises(ConfigError, match="许可清单") as refused:
        tiny.binary(tiny.space(), columns=columns)
    assert refused.value.field == name
