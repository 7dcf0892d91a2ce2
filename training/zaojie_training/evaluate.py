"""Evaluation on the last time window, which no learner has seen, beside the baselines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict

from zaojie_cases.errors import InputError
from zaojie_features.facts import facts_of
from zaojie_models.linear import Floats
from zaojie_models.policy import Policy
from zaojie_models.score import Level
from zaojie_models.target_model import BinaryModel, Inputs
from zaojie_training.assemble import (
    LearntBundle,
    LearntTarget,
    Progress,
    known_until,
    learn_bundle,
)
from zaojie_training.baselines import baselines
from zaojie_training.dataset import Dataset
from zaojie_training.examples import Examples, Part, part_of
from zaojie_training.folds import test_start
from zaojie_training.metrics import binary_metrics
from zaojie_training.targets import Target

TEST_SHARE = 0.3
OURS = "早解"


class Curve(BaseModel):
    """Points of a drawn line."""

    model_config = ConfigDict(frozen=True)

    x: list[float]
    y: list[float]


class TargetEvaluation(BaseModel):
    """The figures of one target on the test window, by scorer; ours and the baselines."""

    model_config = ConfigDict(frozen=True)

    target: str
    title: str
    train_rows: int
    test_rows: int
    test_positives: int
    capacity: int
    scorers: dict[str, dict[str, float]]
    reliability: Curve
    precision_recall: Curve


class Evaluation(BaseModel):
    """One evaluation of one training run."""

    model_config = ConfigDict(frozen=True)

    test_from: datetime
    data_cut: datetime
    simulated: bool
    targets: list[TargetEvaluation]


def evaluate(
    data: Dataset,
    examples: Examples,
    targets: Sequence[Target],
    *,
    policy: Policy,
    seed: int,
    progress: Progress,
) -> Evaluation:
    """Learn from what was known when the test window began, and judge on the window.

    Raises ``InputError`` where a target has too few cases before it, or none in it.
    """
    start = test_start(examples.moments, TEST_SHARE)
    learnt = learn_bundle(
        data, examples, targets, policy=policy, seed=seed, progress=progress, until=start
    )
    text = examples.corpus.rows(learnt.space)
    judged = []
    for one in learnt.targets:
        mature = known_until(data, examples, one.target, None)
        rows = [i for i in mature if examples.moments[i] >= start]
        if not rows:
            raise InputError(
                f"评估窗（{start:%Y-%m-%d} 以后）里没有满观察期的案件，不能评估。"
                "请等更多案件满观察期，或用 --targets 只训练观察期较短的目标。",
                field=one.target.name,
            )
        train = part_of(examples, learnt.space, text, one.rows)
        test = part_of(examples, learnt.space, text, rows)
        judged.append(_judge(data, one, train, test, policy))
    sources = {snapshot.case.source_system for snapshot in data.snapshots}
    return Evaluation(
        test_from=start, data_cut=data.data_cut, simulated=sources == {"county"}, targets=judged
    )


def predict(data: Dataset, model: BinaryModel, part: Part) -> Floats:
    """Return calibrated probabilities of the rows of ``part``, by the scoring code itself."""
    inputs = [
        Inputs(text, facts_of(data.snapshots[i]), place)
        for i, text, place in zip(part.rows, part.text, part.places, strict=True)
    ]
    raw = model.raw(np.array([model.row(one) for one in inputs]))
    return np.array([model.calibration.probability(float(r)) for r in raw])


def _judge(
    data: Dataset, one: LearntTarget, train: Part, test: Part, policy: Policy
) -> TargetEvaluation:
    assert isinstance(one.model, BinaryModel)
    labels = data.labels[one.target.name]
    y_train = np.array([labels[i] for i in train.rows], dtype=np.float64)
    y = np.array([labels[i] for i in test.rows], dtype=np.float64)
    capacity = _capacity(test, policy)
    scores = {OURS: predict(data, one.model, test)} | baselines(
        train,
        y_train,
        test,
        [data.snapshots[i].case for i in train.rows],
        [data.snapshots[i].case for i in test.rows],
    )
    return TargetEvaluation(
        target=one.target.name,
        title=one.target.title,
        train_rows=len(train),
        test_rows=len(test),
        test_positives=int(y.sum()),
        capacity=capacity,
        scorers={name: _figures(name, y, p, capacity) for name, p in scores.items()},
        reliability=_reliability(y, scores[OURS]),
        precision_recall=_precision_recall(y, scores[OURS]),
    )


PROBABILITIES = {OURS, "现患率", "类别占比", "文本逻辑回归"}
"""Scorers that give probabilities; for the others only the order can be judged."""
_ONLY_FOR_PROBABILITIES = {"brier", "brier_skill", "calibration_error"}


def _figures(name: str, y: Floats, p: Floats, capacity: int) -> dict[str, float]:
    scaled = p if name in PROBABILITIES else p / max(float(p.max()), 1.0)
    figures = binary_metrics(y, scaled, capacity=capacity)
    figures = {key: v for key, v in figures.items() if math.isfinite(v)}  # JSON has no NaN
    if name in PROBABILITIES:
        return figures
    return {key: v for key, v in figures.items() if key not in _ONLY_FOR_PROBABILITIES}


def _capacity(part: Part, policy: Policy) -> int:
    """Cases that the centre can take on at yellow and above during the window."""
    days = (max(part.moments) - min(part.moments)).total_seconds() / 86_400
    weekly = policy.capacity_per_week[Level.ORANGE] + policy.capacity_per_week[Level.YELLOW]
    return max(1, int(weekly * days / 7))


def _reliability(y: Floats, p: Floats) -> Curve:
    bins = [b for b in np.array_split(np.argsort(p, kind="stable"), 10) if len(b)]
    return Curve(x=[float(p[b].mean()) for b in bins], y=[float(y[b].mean()) for b in bins])


def _precision_recall(y: Floats, p: Floats) -> Curve:
    order = np.argsort(-p, kind="stable")
    hits = np.cumsum(y[order])
    steps = np.unique(np.linspace(1, len(y), num=min(len(y), 200)).astype(int)) - 1
    return Curve(
        x=[float(hits[i] / max(y.sum(), 1)) for i in steps],
        y=[float(hits[i] / (i + 1)) for i in steps],
    )


def summary_of(learnt: LearntBundle) -> dict[str, int]:
    """Return the number of rows that each target of the final bundle was learnt from."""
    return {one.target.name: len(one.rows) for one in learnt.targets}
