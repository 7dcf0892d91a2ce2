"""Learning one of several classes, or any of several labels, from the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.metrics import f1_score

from zaojie_features.text import TextRow
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.target_model import AnyOfModel, OneOfModel
from zaojie_training.examples import FACT_NAMES, Part
from zaojie_training.folds import folds
from zaojie_training.solvers import csr, margins, platt

FOLDS = 5
LEAST_OF_A_LABEL = 2
GRID = np.arange(-24, 13) / 20
"""Decisions to choose from; a learner of few positives leans towards no."""
POOLED = 60.0
SURE = 2.0
"""The decision on a label that (nearly) every row has; minus that, where none has. Off the grid."""


def learn_one_of(part: Part, labels: Sequence[str], *, seed: int) -> tuple[OneOfModel, Floats]:
    """Return the model and its out-of-fold decisions: (n, classes).

    Whether the subjects count is chosen by the macro F1 out of fold, ties to fewer columns:
    they help small sets, and blur what a large set can tell by its own words.
    """
    classes, y = np.unique(np.array(labels), return_inverse=True)
    split = list(folds(labels, part.groups, n=FOLDS, seed=seed))

    def tried(matrix: csr_matrix) -> _Tried:
        decisions = _decisions(matrix, y, len(classes), split, seed)
        found = f1_score(y, decisions.argmax(axis=1), average="macro", zero_division=0)
        return _Tried(matrix, decisions, float(found))

    best = _best(tried(_text(part, subjects=s)) for s in (False, True))
    model = OneOfModel(
        head=margins(best.matrix, y, balanced=True, seed=seed),
        classes=tuple(str(c) for c in classes),
        scale=_scale(np.maximum(best.decisions, -3.0), y),
    )
    return model, best.decisions


@dataclass(frozen=True, slots=True)
class _Tried:
    """Out-of-fold decisions over one choice of columns, and how good they are."""

    matrix: csr_matrix
    decisions: Floats
    figure: float


def _best(tried: Iterable[_Tried]) -> _Tried:
    return max(tried, key=lambda one: one.figure)


def _text(part: Part, *, subjects: bool) -> csr_matrix:
    """Return the text rows with empty columns of the lead and, unless wanted, of subjects.

    A class is told by the whole text.
    """
    _, lead, after = part.space.bounds
    end = after if subjects else part.space.size
    kept = [(row.columns < lead) | (row.columns >= end) for row in part.text]
    rows = [TextRow(r.columns[k], r.weights[k]) for r, k in zip(part.text, kept, strict=True)]
    return csr(rows, part.space.size)


def _decisions(
    matrix: csr_matrix,
    y: np.ndarray,
    classes: int,
    split: Sequence[tuple[np.ndarray, np.ndarray]],
    seed: int,
) -> Floats:
    decisions = np.full((len(y), classes), -np.inf)
    for train, held in split:
        head = margins(matrix[train], y[train], balanced=True, seed=seed)
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
    """Return the model and its out-of-fold probabilities: (n, labels).

    A label is learnt from the categories of cases in which it occurs, and told in no other.
    Whether the subjects count is chosen by the macro F1 out of fold.
    """
    classes = sorted({label for row in labels for label in row})
    wanted = np.array([[label in row for label in classes] for row in labels], dtype=np.int64)
    seen, possible = _categories(part, wanted)
    strata = ["|".join(row[:1]) for row in labels]
    split = list(folds(strata, part.groups, n=FOLDS, seed=seed))

    def tried(matrix: csr_matrix) -> _Tried:
        decisions = np.zeros(wanted.shape)
        for train, held in split:
            head = _heads(matrix[train], wanted[train], possible[train], seed)
            decisions[held] = matrix[held] @ head.weights.T + head.bias
        f1 = drawn_f1(decisions, wanted, possible)
        return _Tried(matrix, decisions, float(f1.max(axis=0).mean()))

    best = _best(tried(_text(part, subjects=s)) for s in (False, True))
    sigmoids = [
        platt(d[p], y[p].astype(float))
        for d, y, p in zip(best.decisions.T, wanted.T, possible.T, strict=True)
    ]
    least = GRID[drawn_f1(best.decisions, wanted, possible).argmax(axis=0)]
    model = AnyOfModel(
        head=_heads(best.matrix, wanted, possible, seed),
        classes=tuple(classes),
        calibrations=tuple(sigmoids),
        thresholds=tuple(s.probability(float(d)) for s, d in zip(sigmoids, least, strict=True)),
        categories=seen,
    )
    pairs = zip(sigmoids, best.decisions.T, strict=True)
    shares = np.array([[s.probability(float(d)) for d in column] for s, column in pairs]).T
    return model, np.where(possible, shares, 0.0)


def _categories(part: Part, wanted: np.ndarray) -> tuple[tuple[frozenset[float], ...], np.ndarray]:
    """Return the categories in which each label occurs, and in which rows it can: (n, labels)."""
    category = part.facts[:, FACT_NAMES.index("category")]
    known = ~np.isnan(category)
    seen = tuple(frozenset(category[(column == 1) & known].tolist()) for column in wanted.T)
    elsewhere = ~np.isin(category, list(frozenset[float]().union(*seen)))
    return seen, np.array([elsewhere | np.isin(category, list(own)) for own in seen]).T


def _heads(matrix: csr_matrix, wanted: np.ndarray, possible: np.ndarray, seed: int) -> LinearHead:
    """Return one function a label; always the same where hardly any row has, or lacks, it."""
    weights, bias = np.zeros((wanted.shape[1], matrix.shape[1])), np.zeros(wanted.shape[1])
    for k, (column, rows) in enumerate(zip(wanted.T, possible.T, strict=True)):
        y = column[rows]
        if min(y.sum(), len(y) - y.sum()) >= LEAST_OF_A_LABEL:
            head = margins(matrix[rows], y, balanced=False, seed=seed)
            weights[k], bias[k] = head.weights[1], head.bias[1]
        else:
            bias[k] = SURE if 2 * y.sum() > len(y) else -SURE
    return LinearHead(weights, bias)


def drawn_f1(decisions: Floats, wanted: np.ndarray, possible: np.ndarray) -> Floats:
    """Return the F1 of each label if told from each decision of the grid: (grid, labels).

    It is drawn towards the mean of all labels, as if that were :data:`POOLED` positives: the
    best decision that a rare label has of its own is chance.
    """
    told = [(decisions >= least) & possible for least in GRID]
    hits = np.array([(t & (wanted == 1)).sum(axis=0) for t in told])
    positives = wanted.sum(axis=0)
    f1 = 2 * hits / np.maximum([t.sum(axis=0) + positives for t in told], 1)
    own = positives / (positives + POOLED)
    drawn: Floats = own * f1 + (1 - own) * f1.mean(axis=1, keepdims=True)
    return drawn
