"""Evaluation on the last time window, which no learner has seen, beside the baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict

from zaojie_cases.errors import InputError
from zaojie_models.linear import Floats
from zaojie_models.policy import Policy
from zaojie_models.score import Level
from zaojie_training.assemble import LearntBundle, Progress, Recipe, space_of
from zaojie_training.config import Family, TrainingConfig
from zaojie_training.dataset import Dataset
from zaojie_training.examples import Examples
from zaojie_training.metrics import binary_metrics
from zaojie_training.sample import Sample
from zaojie_training.scorers import Judged, is_probability, judge
from zaojie_training.scrutiny import Scrutiny, scrutinise
from zaojie_training.selection import Choice, WindowFigures, choose
from zaojie_training.swaps import SwapReport
from zaojie_training.targets import Target
from zaojie_training.windows import Window, plan_windows

OURS = "zaojie"
"""The scorer that is published: the family that was chosen."""


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
    choice: Choice
    train_rows: int
    test_rows: int
    test_positives: int
    capacity: int
    scorers: dict[str, dict[str, float]]
    reliability: Curve
    precision_recall: Curve
    scrutiny: Scrutiny | None = None
    """``None`` where the window has no outcome."""


class Evaluation(BaseModel):
    """One evaluation of one training run."""

    model_config = ConfigDict(frozen=True)

    test_from: datetime
    data_cut: datetime
    simulated: bool
    targets: list[TargetEvaluation]
    left_out: dict[str, str]
    """Targets that could not be learnt or judged, each with a Chinese reason."""
    swaps: SwapReport | None = None
    """What exchanging who somebody is, and lawful acts, did to the scores of the bundle."""

    @property
    def fairness(self) -> dict[str, dict[str, float]]:
        """The worst value of each measure of fairness, by target."""
        moved = {} if self.swaps is None else {"swap": self.swaps.worst}
        return {
            one.target: (one.scrutiny.fairness if one.scrutiny else {}) | moved
            for one in self.targets
        }


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation, and what was learnt and said for it by target."""

    evaluation: Evaluation
    judged: dict[str, Judged]

    @property
    def families(self) -> dict[str, tuple[Family, ...]]:
        """The family chosen for each target."""
        return {one.target: (one.choice.family,) for one in self.evaluation.targets}


def evaluate(
    data: Dataset,
    examples: Examples,
    targets: Sequence[Target],
    recipe: Recipe,
    config: TrainingConfig,
    *,
    progress: Progress,
) -> Evaluated:
    """Choose a family on the sliding windows; learn and judge all on the last one.

    A target with too few cases is left out and says why. Raises ``InputError`` where that
    befalls every target.
    """
    sliding, last = plan_windows(examples.moments, config.windows)
    light = replace(recipe, limits=config.windows.limits)
    past = [
        {  # figures only: what was learnt for a sliding window is not kept
            name: _window_figures(window, one, config)
            for name, one in _judge_all(data, examples, targets, window, light, config, progress)[
                0
            ].items()
            if one.test.y.any()
        }
        for window in sliding
    ]
    judged, left_out = _judge_all(data, examples, targets, last, recipe, config, progress)
    if not judged:
        raise next(iter(left_out.values()))
    return Evaluated(
        Evaluation(
            test_from=last.start,
            data_cut=data.data_cut,
            simulated=data.simulated,
            targets=[
                _figures_of(data, one, _choice(one, past, config), recipe, config)
                for one in judged.values()
            ],
            left_out={name: str(error) for name, error in left_out.items()},
        ),
        judged,
    )


def _judge_all(
    data: Dataset,
    examples: Examples,
    targets: Sequence[Target],
    window: Window,
    recipe: Recipe,
    config: TrainingConfig,
    progress: Progress,
) -> tuple[dict[str, Judged], dict[str, InputError]]:
    space = space_of(examples, recipe, window.start)
    judged, left_out = dict[str, Judged](), dict[str, InputError]()
    for target in targets:
        progress(f"{window.start:%Y-%m-%d} 起的窗口：{target.title}")
        try:
            judged[target.name] = judge(
                data, examples, space, target, window, config.families, recipe
            )
        except InputError as error:
            left_out[target.name] = error
    return judged, left_out


def _choice(
    one: Judged, past: Sequence[Mapping[str, WindowFigures]], config: TrainingConfig
) -> Choice:
    windows = [found[one.target.name] for found in past if one.target.name in found]
    loss = {family: one.learnt[family].loss for family in config.families}
    return choose(windows, loss, config.selection)


def _window_figures(window: Window, one: Judged, config: TrainingConfig) -> WindowFigures:
    y = one.test.y
    return WindowFigures(
        start=window.start,
        stop=window.stop,
        rows=len(y),
        positives=int(y.sum()),
        figures={
            family: binary_metrics(y, one.scores[family], capacity=1)[config.selection.figure]
            for family in config.families
        },
    )


def _figures_of(
    data: Dataset, one: Judged, choice: Choice, recipe: Recipe, config: TrainingConfig
) -> TargetEvaluation:
    y, ours, policy = one.test.y, one.scores[choice.family], recipe.policy
    capacity = _capacity(one.test, policy)
    scores = {OURS: ours} | {n: p for n, p in one.scores.items() if n != choice.family}
    return TargetEvaluation(
        target=one.target.name,
        title=one.target.title,
        choice=choice,
        train_rows=len(one.train),
        test_rows=len(y),
        test_positives=int(y.sum()),
        capacity=capacity,
        scorers={name: _figures(name, y, p, capacity) for name, p in scores.items()},
        reliability=_reliability(y, ours),
        precision_recall=_precision_recall(y, ours),
        scrutiny=scrutinise(data, one.target, one.test, ours, policy=policy, config=config)
        if y.any()
        else None,
    )


_ONLY_FOR_PROBABILITIES = {"brier", "brier_skill", "calibration_error"}


def _figures(name: str, y: Floats, p: Floats, capacity: int) -> dict[str, float]:
    probable = name == OURS or is_probability(name)
    scaled = p if probable else p / max(float(p.max()), 1.0)
    figures = binary_metrics(y, scaled, capacity=capacity)
    figures = {key: v for key, v in figures.items() if math.isfinite(v)}  # JSON has no NaN
    if probable:
        return figures
    return {key: v for key, v in figures.items() if key not in _ONLY_FOR_PROBABILITIES}


def _capacity(test: Sample, policy: Policy) -> int:
    """Cases that the centre can take on at yellow and above during the window."""
    days = float(test.stamps.max() - test.stamps.min()) / 86_400
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
