"""Evaluation on a window that no learner has seen, and its card."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from zaojie_cases.errors import InputError
from zaojie_models.policy import load_policy
from zaojie_training.assemble import Recipe
from zaojie_training.card import model_card, title_of
from zaojie_training.config import Limits, TrainingConfig, TreeSettings, Windows
from zaojie_training.dataset import Dataset
from zaojie_training.evaluate import OURS, Evaluation, evaluate
from zaojie_training.examples import Examples
from zaojie_training.targets import Target

BASELINES = {"prevalence", "type_rate", "rules", "days_open", "text_logistic", "facts_logistic"}
QUICK = TrainingConfig(
    windows=Windows(count=1), limits=Limits(folds=3), trees=TreeSettings(most_rounds=40)
)
FAMILIES = ("facts_trees", "text_trees", "stacked")


@pytest.fixture
def judge(source: Callable[..., Any], make_row: Callable[..., Any]) -> Callable[..., Evaluation]:
    """Evaluate 100 rows, one a day, labelled by a function of their number."""

    def run(label: Callable[[int], int], *, horizon: float = 0.0) -> Evaluation:
        data: Dataset = source([make_row(i, "1") for i in range(100)]).data()
        target = Target(name="y", title="某事", outcomes=("Y",), horizon_days=horizon)
        labelled = replace(data, labels={"y": [label(i) for i in range(100)]})
        return evaluate(
            labelled,
            Examples.of(labelled),
            [target],
            Recipe(load_policy(), limits=QUICK.limits, trees={"y": QUICK.trees}),
            QUICK,
            progress=lambda _: None,
        ).evaluation

    return run


def test_ours_stands_beside_every_baseline(judge: Callable[..., Any]) -> None:
    [found] = judge(lambda i: int(i % 4 == 0)).targets
    assert set(found.scorers) == {OURS, *BASELINES, *FAMILIES} - {found.choice.family}
    assert (found.train_rows, found.test_rows, found.test_positives) == (70, 30, 7)
    for name, figures in found.scorers.items():
        assert figures["base_rate"] == pytest.approx(7 / 30)
        assert ("brier" in figures) == (name not in {"rules", "days_open"})
    assert found.scorers["prevalence"]["auc"] == 0.5
    assert found.scorers["prevalence"]["pr_auc"] == pytest.approx(7 / 30)
    # 20 cases a week at orange and yellow, over 29 days.
    assert found.capacity == int(20 * 29 / 7)


def test_a_window_without_an_outcome_can_be_kept_and_read(judge: Callable[..., Any]) -> None:
    evaluation = judge(lambda i: int(i % 4 == 0 and i < 70))
    [found] = evaluation.targets
    assert found.test_positives == 0
    assert "auc" not in found.scorers[OURS]
    again = Evaluation.model_validate_json(evaluation.model_dump_json())
    assert again == evaluation
    assert all(math.isfinite(v) for s in again.targets[0].scorers.values() for v in s.values())
    card = model_card(evaluation, {"y": 100}, data_hash="0" * 64, policy=load_policy())
    assert "nan" not in card
    assert "–" in card


def test_a_window_without_mature_cases_is_refused_in_chinese(judge: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="没有满观察期的案件"):
        judge(lambda i: int(i % 4 == 0), horizon=29.5)


def test_the_embargo_takes_rows_before_the_window(judge: Callable[..., Any]) -> None:
    [found] = judge(lambda i: int(i % 4 == 0), horizon=10).targets
    assert (found.train_rows, found.test_rows) == (60, 20)


def test_the_card_says_what_it_is_for_and_how_good(judge: Callable[..., Any]) -> None:
    evaluation = judge(lambda i: int(i % 4 == 0))
    card = model_card(evaluation, {"y": 100}, data_hash="ab" * 32, policy=load_policy())
    for wanted in (
        *map(title_of, (*BASELINES, OURS)),
        "abababababababab",
        "不得用于",
        "导入的案件",
        "某事",
        "发布的模型用 100 次",
    ):
        assert wanted in card
    assert "模拟" not in card
    shown = f"{evaluation.targets[0].scorers[OURS]['pr_auc']:.3f}"
    assert shown in card


def test_curves_are_drawn_from_the_window(judge: Callable[..., Any]) -> None:
    [found] = judge(lambda i: int(i % 4 == 0)).targets
    assert found.precision_recall.x[-1] == 1.0
    assert found.precision_recall.y[-1] == pytest.approx(7 / 30)
    assert np.mean(found.reliability.y) == pytest.approx(7 / 30)
