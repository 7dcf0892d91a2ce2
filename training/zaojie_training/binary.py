"""Learning a yes/no target.

1. Two linear text models (words, character n-grams), cross-fitted over folds.
2. Boosted trees over their out-of-fold values, the facts and, for targets of process, the
   smoothed past rate of the place (also out of fold).
3. A sigmoid on the out-of-fold scores of the last mature window.
4. The text models once more on all rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zaojie_cases.history import places_of
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.score import Level
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, BinaryModel, PlaceRates
from zaojie_training.examples import FACT_NAMES, Part
from zaojie_training.folds import folds
from zaojie_training.solvers import csr, logistic, platt, stacked_head, trees

FOLDS = 5
RATE_STRENGTH = 20.0
CALIBRATION_SHARE = 0.4
LEAST_POSITIVES = 40
"""A calibration window with fewer positives is widened to all rows."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model and what it said out of fold about the rows it was learnt from."""

    model: BinaryModel
    out_of_fold: Floats
    """Calibrated probabilities, one a row."""
    window: Floats
    """Which rows the calibration rests on (bool)."""


def learn_binary(part: Part, y: Floats, *, process: bool, seed: int) -> Learnt:
    """Return the model of one yes/no target; ``y`` is 0 or 1, one a row of ``part``."""
    split = list(folds(y.astype(int).tolist(), part.groups, n=FOLDS, seed=seed))
    head, heads = _text_heads(part, y, split, seed)
    columns = [*HEAD_COLUMNS, *_useful(part.facts)]
    rows = [heads, part.facts[:, [FACT_NAMES.index(n) for n in columns[len(HEAD_COLUMNS) :]]]]
    rates = None
    if process:
        rates, known = _rates(part, y, split)
        columns, rows = [*columns, *RATE_COLUMNS], [*rows, known]
    matrix = np.column_stack(rows)
    raw = np.zeros(len(y))
    for train, held in split:
        booster = trees(matrix[train], y[train], columns, seed=seed)
        raw[held] = booster.predict(matrix[held], raw_score=True, num_threads=1)
    window = calibration_window(part, y)
    calibration = platt(raw[window], y[window])
    model = BinaryModel(
        head=head,
        columns=tuple(columns),
        trees=trees(matrix, y, columns, seed=seed).model_to_string(),
        calibration=calibration,
        rates=rates,
        thresholds={},
        word_terms=len(part.space.idf["word"]),
    )
    probabilities = np.array([calibration.probability(float(r)) for r in raw])
    return Learnt(model, probabilities, window)


def with_thresholds(model: BinaryModel, thresholds: Mapping[Level, float]) -> BinaryModel:
    """Return ``model`` with level thresholds."""
    return BinaryModel(
        head=model.head,
        columns=model.columns,
        trees=model.trees,
        calibration=model.calibration,
        rates=model.rates,
        thresholds=thresholds,
        word_terms=model.word_terms,
    )


def _text_heads(
    part: Part, y: Floats, split: Sequence[tuple[np.ndarray, np.ndarray]], seed: int
) -> tuple[LinearHead, Floats]:
    """Return the heads learnt on all rows, and their out-of-fold values: (n, 2)."""
    words = len(part.space.idf["word"])
    matrix = csr(part.text, part.space.size)
    is_word = np.arange(part.space.size) < words
    learnt, values = [], np.zeros((len(y), len(HEAD_COLUMNS)))
    for k, own in enumerate((is_word, ~is_word)):
        block = matrix[:, own]
        for train, held in split:
            weights, bias = logistic(block[train], y[train], seed=seed)
            values[held, k] = block[held] @ weights + bias
        weights, bias = logistic(block, y, seed=seed)
        whole = np.zeros(part.space.size)
        whole[own] = weights
        learnt.append((whole, bias))
    return stacked_head(*learnt), values


def _useful(facts: Floats) -> list[str]:
    """Return the facts that take at least two values in this data."""
    return [
        name
        for name, column in zip(FACT_NAMES, facts.T, strict=True)
        if len(np.unique(column[~np.isnan(column)])) + bool(np.isnan(column).any()) > 1
    ]


def _rates(
    part: Part, y: Floats, split: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[PlaceRates, Floats]:
    known = np.zeros((len(y), len(RATE_COLUMNS)))
    for train, held in split:
        rates = place_rates([part.places[i] for i in train], y[train])
        known[held] = [rates.row(part.places[i]) for i in held]
    return place_rates(part.places, y), known


def place_rates(places: Sequence[str | None], y: Floats) -> PlaceRates:
    """Return smoothed shares of the outcome by place and by the area around it."""
    base = float(y.mean())
    seen: dict[str, list[float]] = defaultdict(list)
    for place, label in zip(places, y.tolist(), strict=True):
        for key in dict.fromkeys(places_of(place)[:2]) if place else ():
            seen[key].append(label)
    return PlaceRates(
        base,
        {
            key: (sum(labels) + RATE_STRENGTH * base) / (len(labels) + RATE_STRENGTH)
            for key, labels in sorted(seen.items())
        },
    )


def calibration_window(part: Part, y: Floats) -> Floats:
    """Return the rows of the last mature window: (n,) of bool; all rows if it is too thin."""
    stamps = np.array([moment.timestamp() for moment in part.moments])
    late = stamps >= np.quantile(stamps, 1 - CALIBRATION_SHARE)
    return late if y[late].sum() >= LEAST_POSITIVES else np.ones(len(y), dtype=bool)
