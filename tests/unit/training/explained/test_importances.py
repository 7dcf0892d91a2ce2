"""What a model rests on, against the reasons that it gives case by case."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from zaojie_models.reasons import binary_reasons
from zaojie_training.importances import (
    fact_importances,
    permutation_worths,
    word_importances,
)


def test_words_and_facts_are_those_of_the_reasons(small) -> None:
    snapshots = small.all_cases()
    rows, space = small.rows(snapshots), small.bundle.space
    text = [inputs.text for inputs in small.inputs(snapshots)]
    words = word_importances(small.model, rows, text, space, most=10_000)
    facts = {one.name: one for one in fact_importances(small.model, rows)}
    by_word = {one.name: one for one in words}
    for row, terms in zip(rows, text, strict=True):
        given = small.model.column_contributions(row[None])[0].tolist()
        for reason in binary_reasons(small.model, row.tolist(), given, terms, space):
            if reason.kind == "word":
                assert by_word[reason.name].size >= abs(reason.contribution) / len(rows) - 1e-12
                assert by_word[reason.name].title == reason.text
            if reason.kind == "fact":
                assert facts[reason.name].size >= abs(reason.contribution) / len(rows) - 1e-12


def test_words_sum_to_what_the_text_columns_gave(small) -> None:
    snapshots = small.all_cases()
    rows = small.rows(snapshots)
    text = [inputs.text for inputs in small.inputs(snapshots)]
    words = word_importances(small.model, rows, text, small.bundle.space, most=10_000)
    columns = fact_importances(small.model, rows)
    heads = [one for one in columns if one.name.startswith("text_") and one.name != "text_length"]
    for part in ("size", "lean"):
        told = math.fsum(getattr(word, part) for word in words)
        assert told == pytest.approx(math.fsum(getattr(head, part) for head in heads))
    assert [word.size for word in words] == sorted((word.size for word in words), reverse=True)
    few = word_importances(small.model, rows, text, small.bundle.space, most=3)
    assert few == words[:3]


def test_titles_are_in_chinese(small) -> None:
    rows = small.rows(small.all_cases())
    found = {one.name: one.title for one in fact_importances(small.model, rows)}
    assert found["text_body"] == "叙述用语"
    assert all(any("\u4e00" <= c <= "\u9fff" for c in title) for title in found.values())


def test_shuffling_a_column_costs_what_it_is_good_for(small) -> None:
    model, rng = small.model, np.random.default_rng(5)
    rows = rng.normal(scale=2.0, size=(500, len(model.columns)))
    rows[:, -1] = rng.uniform(0, 60, size=500)
    y = (rows[:, 0] + rows[:, 1] + rows[:, -1] / 30 > 1).astype(float)
    found = permutation_worths(model, rows, y, seed=3, repeats=3)
    assert found == permutation_worths(model, rows, y, seed=3, repeats=3)
    assert {one.name for one in found[:3]} == {"text_body", "text_lead", "text_length"}
    for one in found:
        assert one.drop.low <= one.drop.value <= one.drop.high
    shuffled = rows.copy()
    best = model.columns.index(found[0].name)
    shuffled[:, best] = rng.permutation(shuffled[:, best])
    drop = average_precision_score(y, model.raw(rows)) - average_precision_score(
        y, model.raw(shuffled)
    )
    assert found[0].drop.value == pytest.approx(drop, abs=0.06)


def test_a_column_that_no_tree_looks_at_is_worth_nothing(small) -> None:
    model = small.model
    rows = np.random.default_rng(6).normal(size=(50, len(model.columns)))
    y = (rows[:, 0] > 0).astype(float)
    used = {name for name, n in zip(model.columns, _splits(model.trees), strict=True) if n}
    idle = {one.name for one in permutation_worths(model, rows, y, seed=0) if not one.drop.value}
    assert set(model.columns) - used <= idle


def _splits(trees: str) -> list[int]:
    import lightgbm as lgb

    return lgb.Booster(model_str=trees).feature_importance().tolist()
