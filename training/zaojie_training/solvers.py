"""The only place that calls scikit-learn's and LightGBM's training, with seeds and threads set."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import lightgbm as lgb
import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from zaojie_features.facts import CATEGORICAL
from zaojie_features.text import TextRow
from zaojie_models.calibration import Sigmoid
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS
from zaojie_training.config import TreeSettings

_LOG = logging.getLogger("zaojie.lightgbm")
_LOG.setLevel(logging.ERROR)
# Its only warning here is that category codes are not consecutive, which costs nothing.
lgb.register_logger(_LOG)

FIXED = {
    "objective": "binary",
    "bagging_freq": 1,
    "max_cat_to_onehot": 1,
    "cat_smooth": 30.0,
    "min_data_per_group": 50,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def csr(rows: Sequence[TextRow], size: int) -> sparse.csr_matrix:
    """Return text rows as one sparse matrix: (n, size)."""
    ends = np.cumsum([0, *(len(row.columns) for row in rows)])
    return sparse.csr_matrix(
        (
            np.concatenate([row.weights for row in rows]),
            np.concatenate([row.columns for row in rows]),
            ends,
        ),
        shape=(len(rows), size),
    )


def logistic(matrix: sparse.csr_matrix, y: Floats, *, seed: int) -> tuple[Floats, float]:
    """Return weights and bias of an L2 logistic regression (C = 1)."""
    # The dual form: terms outnumber rows by far, and it is several times quicker then.
    model = LogisticRegression(
        C=1.0, solver="liblinear", dual=True, random_state=seed, max_iter=1000
    )
    model.fit(matrix, y)
    return model.coef_[0], float(model.intercept_[0])


def margins(matrix: sparse.csr_matrix, y: np.ndarray, *, balanced: bool, seed: int) -> LinearHead:
    """Return one-against-rest squared-hinge machines; ``balanced``: classes weigh the same."""
    weighted = "balanced" if balanced else None
    model = LinearSVC(C=1.0, class_weight=weighted, random_state=seed, max_iter=3000)
    model.fit(matrix, y)
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:  # scikit-learn gives one function for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return LinearHead(_single(weights), _single(bias))


def stacked_head(heads: Sequence[tuple[Floats, float]]) -> LinearHead:
    """Return the text heads, each (weights, bias), as one object."""
    weights = np.vstack([weights for weights, _ in heads])
    return LinearHead(_single(weights), _single(np.array([bias for _, bias in heads])))


def _single(values: Floats) -> Floats:
    """Round to the precision that the bundle keeps, before anything is computed with it."""
    return values.astype(np.float32).astype(np.float64)


def trees(
    rows: Floats,
    y: Floats,
    columns: Sequence[str],
    *,
    settings: TreeSettings,
    rounds: int,
    seed: int,
    weights: Floats | None = None,
    directions: Mapping[str, int] = MappingProxyType({}),
) -> lgb.Booster:
    """Return boosted trees.

    ``directions``: +1 for columns that may only raise the score, -1 for those that may only
    lower it; text heads and rates may only raise it. One thread: LightGBM's own pool must
    not be there when a process forks, and waits for itself on a busy machine.
    """
    rising = dict.fromkeys((*HEAD_COLUMNS, *RATE_COLUMNS), 1)
    chosen = settings.model_dump(exclude={"most_rounds"})
    monotone = [(rising | dict(directions)).get(name, 0) for name in columns]
    data = lgb.Dataset(
        rows,
        y,
        weight=weights,
        feature_name=list(columns),
        categorical_feature=[i for i, name in enumerate(columns) if name in CATEGORICAL],
        params={"verbosity": -1},
    )
    settled = FIXED | chosen | {"seed": seed, "num_threads": 1}
    return lgb.train(settled | {"monotone_constraints": monotone}, data, num_boost_round=rounds)


def platt(raw: Floats, y: Floats) -> Sigmoid:
    """Return the sigmoid that maps raw scores to probabilities, with Platt's softened labels."""
    positives, negatives = float(y.sum()), float(len(y) - y.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    model = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000)
    doubled = np.concatenate([raw, raw])[:, None]
    labels = np.concatenate([np.ones_like(y), np.zeros_like(y)])
    wanted = np.where(y == 1, high, low)
    shares = np.concatenate([wanted, 1 - wanted])
    model.fit(doubled, labels, sample_weight=shares)
    return Sigmoid(max(float(model.coef_[0, 0]), 1e-6), float(model.intercept_[0]))
