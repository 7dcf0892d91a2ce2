"""Everything that is compared on one window of one target: families and baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zaojie_cases.errors import InputError
from zaojie_features.text import TextSpace
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, BinaryModel
from zaojie_training.assemble import Recipe, check_enough, known_until, sample_of
from zaojie_training.baselines import PROBABILITIES, baselines
from zaojie_training.binary import Learnt, finish, grow, prepare
from zaojie_training.config import FAMILIES, Family
from zaojie_training.dataset import Dataset
from zaojie_training.examples import FACT_NAMES, Examples
from zaojie_training.sample import Sample
from zaojie_training.targets import Target
from zaojie_training.windows import Window

TITLES = {
    "prevalence": "现患率",
    "type_rate": "类别占比",
    "rules": "规则计数",
    "days_open": "登记天数",
    "text_logistic": "文本逻辑回归",
    "facts_logistic": "事实逻辑回归",
    "facts_trees": "事实提升树",
    "text_trees": "文本提升树",
    "stacked": "文本与事实堆叠",
}
"""Every scorer by its name in files and metrics, with its Chinese title."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One target on one window: what was learnt before it and what it says of its rows."""

    target: Target
    train: Sample
    test: Sample
    learnt: dict[Family, Learnt]
    scores: dict[str, Floats]
    """Scores of the test rows by scorer; families give calibrated probabilities."""


def is_probability(scorer: str) -> bool:
    """Tell whether a scorer's values are probabilities, not only an order."""
    return scorer in PROBABILITIES or scorer in FAMILIES


def judge(
    data: Dataset,
    examples: Examples,
    space: TextSpace,
    target: Target,
    window: Window,
    families: Sequence[Family],
    recipe: Recipe,
) -> Judged:
    """Learn ``families`` from what was known when ``window`` began; score its mature rows.

    Raises ``InputError`` where there is too little before the window, or nothing in it.
    """
    known = known_until(data, examples, target, window.start)
    check_enough(data, target, known)
    mature = known_until(data, examples, target, window.known_by)
    rows = [i for i in mature if window.holds(examples.moments[i])]
    if not rows:
        raise InputError(
            f"评估窗（{window.start:%Y-%m-%d} 以后）里没有满观察期的案件，不能评估。"
            "请等更多案件满观察期，或在训练配置里缩短 windows，或只训练观察期较短的目标。",
            field=target.name,
        )
    train = sample_of(data, examples, space, target, known)
    test = sample_of(data, examples, space, target, rows)
    prepared = prepare(train, process=target.process, seed=recipe.seed, limits=recipe.limits)
    settings = recipe.trees.get(target.name)
    learnt = {f: finish(prepared, grow(prepared, f, settings), settings) for f in families}
    text = text_values(prepared.head, test)
    scores = baselines(data, prepared, test, text)
    for family, one in learnt.items():
        scores[family] = predict(one.model, test, text)
    return Judged(target, train, test, learnt, scores)


def text_values(head: LinearHead, test: Sample) -> Floats:
    """Return the values of the text heads for the rows of ``test``: (rows, heads)."""
    documents, where = np.unique(test.documents, return_inverse=True)
    [values] = test.examples.head_values(test.space, [head], documents)
    return np.asarray(values[where])


def predict(model: BinaryModel, test: Sample, text: Floats) -> Floats:
    """Return calibrated probabilities of ``test``, bit for bit those of the service."""
    raw = model.raw(matrix_of(model, test, text))
    return np.array([model.calibration.probability(float(r)) for r in raw])


def matrix_of(model: BinaryModel, test: Sample, text: Floats) -> Floats:
    """Return what ``model.row`` gives for each row of ``test``: (rows, columns)."""
    known = dict(zip(HEAD_COLUMNS, text.T, strict=True))
    known |= dict(zip(FACT_NAMES, test.facts.T, strict=True))
    if model.rates is not None:
        rates = np.array([model.rates.row(place) for place in test.places])
        known |= dict(zip(RATE_COLUMNS, rates.T, strict=True))
    return np.column_stack([known[name] for name in model.columns])
