"""Learning one of several classes, or any of several labels, from the text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.metrics import f1_score

from zaojie_features.text import TextRow
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.target_model import AnyOfModel, OneOfModel
from zaojie_training.examples import Part
from zaojie_training.folds import folds
from zaojie_training.solvers import csr, margins, platt

FOLDS = 5
LEAST_OF_A_LABEL = 2
STRENGTHS = (0.3, 1.0)
"""Inverse regularisation (C) to choose from; the first wins ties."""


def learn_one_of(part: Part, labels: Sequence[str], *, seed: int) -> tuple[OneOfModel, Floats]:
    """Return the model and its out-of-fold decisions: (n, classes).

    How strongly the machines are held back is chosen by the macro F1 out of fold.
    """
    classes, y = np.unique(np.array(labels), return_inverse=True)
    matrix = _without_lead(part)
    split = list(folds(labels, part.groups, n=FOLDS, seed=seed))
    tried = {c: _decisions(matrix, y, len(classes), split, c, seed) for c in STRENGTHS}
    best = max(
        tried, key=lambda c: f1_score(y, tried[c].argmax(axis=1), average="macro", zero_division=0)
    )
    model = OneOfModel(
        head=margins(matrix, y, strength=best, seed=seed),
        classes=tuple(str(c) for c in classes),
        scale=_scale(np.maximum(tried[best], -3.0), y),
    )
    return model, tried[best]


def _without_lead(part: Part) -> csr_matrix:
    """Return the text rows with empty lead columns: a class is told by the whole text."""
    lead = part.space.bounds[-2]
    ends = [int(np.searchsorted(row.columns, lead)) for row in part.text]
    rows = [TextRow(r.columns[:n], r.weights[:n]) for r, n in zip(part.text, ends, strict=True)]
    return csr(rows, part.space.size)


def _decisions(
    matrix: csr_matrix,
    y: np.ndarray,
    classes: int,
    split: Sequence[tuple[np.ndarray, np.ndarray]],
    strength: float,
    seed: int,
) -> Floats:
    decisions = np.full((len(y), classes), -np.inf)
    for train, held in split:
        head = margins(matrix[train], y[train], strength=strength, seed=seed)
        present = np.unique(y[train])
        decisions[np.ix_(held, present)] = matrix[held] @ head.weights.T + head.bias
    return decisions


def _scale(decisions: Floats, y: np.ndarray) -> float:
    """Return the factor on decisions with the least log loss of the softmax (out of fold)."""

    def loss(log_scale: float) -> float:
        scaled = np.exp(log_scale) * decisions
        top = scaled.max(axis=1, keepdims=True)
        norm = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float(np.mean(norm - scaled[np.arange(len(y)), y]))

    found = minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded")
    return float(np.exp(found.x))


def learn_any_of(
    part: Part, labels: Sequence[tuple[str, ...]], *, seed: int
) -> tuple[AnyOfModel, Floats]:
    """Return the model and its out-of-fold probabilities: (n, labels)."""
    classes = sorted({label for row in labels for label in row})
    wanted = np.array([[label in row for label in classes] for row in labels], dtype=np.int64)
    matrix = _without_lead(part)
    decisions = np.zeros(wanted.shape)
    for train, held in folds(
        ["|".join(row[:1]) for row in labels], part.groups, n=FOLDS, seed=seed
    ):
        for k, column in enumerate(wanted[train].T):
            weights, bias = _one_label(matrix[train], column, seed)
            decisions[held, k] = matrix[held] @ weights + bias
    heads = [_one_label(matrix, column, seed) for column in wanted.T]
    sigmoids = [platt(d, y.astype(float)) for d, y in zip(decisions.T, wanted.T, strict=True)]
    shares = np.array(
        [[s.probability(float(d)) for s, d in zip(sigmoids, row, strict=True)] for row in decisions]
    )
    model = AnyOfModel(
        head=LinearHead(
            np.vstack([weights for weights, _ in heads]),
            np.array([bias for _, bias in heads]),
        ),
        classes=tuple(classes),
        calibrations=tuple(sigmoids),
        thresholds=tuple(_threshold(p, y) for p, y in zip(shares.T, wanted.T, strict=True)),
    )
    return model, shares


def _one_label(matrix: csr_matrix, column: np.ndarray, seed: int) -> tuple[Floats, float]:
    """Return weights and bias of one label; zeros where hardly any row has, or lacks, it."""
    if min(column.sum(), len(column) - column.sum()) < LEAST_OF_A_LABEL:
        return np.zeros(matrix.shape[1]), 0.0
    head = margins(matrix, column, strength=1.0, seed=seed)
    return head.weights[1], float(head.bias[1])


def _threshold(shares: Floats, y: np.ndarray) -> float:
    """Return the probability with the best F1 out of fold, from a fixed grid."""
    grid = np.arange(0.15, 0.66, 0.05)
    scores = [f1_score(y, shares >= least, zero_division=0) for least in grid]
    return float(grid[int(np.argmax(scores))])
