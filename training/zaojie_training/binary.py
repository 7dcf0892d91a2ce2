"""Learning a yes/no target.

1. Linear text models (words with characters; the lead), cross-fitted over folds.
2. Boosted trees over their out-of-fold values, the facts and, for targets of process, the
   smoothed past rate of the place (also out of fold). Which facts and how many trees is
   chosen by the log loss out of fold, so that a small set is not drowned in columns.
3. A sigmoid on the out-of-fold scores of the last mature window.
4. The text models once more on all rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zaojie_cases.history import places_of
from zaojie_features.allowlist import allow_list
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.score import Level
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, BinaryModel, PlaceRates
from zaojie_training.examples import FACT_NAMES, Part
from zaojie_training.folds import folds
from zaojie_training.solvers import MOST_ROUNDS, csr, logistic, platt, stacked_head, trees

FOLDS = 5
ROUNDS = (60, 120, 180, MOST_ROUNDS)
RATE_STRENGTH = 20.0
FORM_AND_TIME = frozenset(f.name for f in allow_list().features if f.purpose == "text") | {
    "month",
    "weekday",
    "hour",
}
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
    head, known = _text_heads(part, y, split, seed)
    rates = None
    if process:
        rates, rate_columns = _rates(part, y, split)
        known |= rate_columns
    useful = _useful(part.facts)
    known |= {name: part.facts[:, FACT_NAMES.index(name)] for name in useful}
    fit = min(
        (_grow(known, y, columns, split, seed) for columns in _column_sets(useful, process)),
        key=lambda grown: grown.loss,
    )
    window = calibration_window(part, y)
    calibration = platt(fit.raw[window], y[window])
    matrix = _matrix(known, fit.columns)
    model = BinaryModel(
        head=head,
        columns=fit.columns,
        trees=trees(matrix, y, fit.columns, rounds=fit.rounds, seed=seed).model_to_string(),
        calibration=calibration,
        rates=rates,
        thresholds={},
        bounds=part.space.bounds,
    )
    probabilities = np.array([calibration.probability(float(r)) for r in fit.raw])
    return Learnt(model, probabilities, window)


@dataclass(frozen=True, slots=True)
class _Grown:
    """Out-of-fold raw scores of one choice of columns at its best number of rounds."""

    columns: tuple[str, ...]
    rounds: int
    raw: Floats
    loss: float


def _column_sets(useful: Sequence[str], process: bool) -> list[tuple[str, ...]]:
    """Return the choices: text, its form and the time; and all facts. Few first, ties to few."""
    rates = RATE_COLUMNS if process else ()
    few = [name for name in useful if name in FORM_AND_TIME]
    return [(*HEAD_COLUMNS, *chosen, *rates) for chosen in (few, useful)]


def _matrix(known: Mapping[str, Floats], columns: Sequence[str]) -> Floats:
    return np.column_stack([known[name] for name in columns])


def _grow(
    known: Mapping[str, Floats],
    y: Floats,
    columns: tuple[str, ...],
    split: Sequence[tuple[np.ndarray, np.ndarray]],
    seed: int,
) -> _Grown:
    """Cross-validate the trees over ``columns`` and keep the rounds with the least log loss."""
    matrix = _matrix(known, columns)
    raw = {rounds: np.zeros(len(y)) for rounds in ROUNDS}
    for train, held in split:
        booster = trees(matrix[train], y[train], columns, rounds=MOST_ROUNDS, seed=seed)
        for rounds, values in raw.items():
            values[held] = booster.predict(
                matrix[held], raw_score=True, num_iteration=rounds, num_threads=1
            )
    losses = {r: float(np.mean(np.logaddexp(0, np.where(y == 1, -v, v)))) for r, v in raw.items()}
    best = min(losses, key=lambda rounds: (losses[rounds], rounds))
    return _Grown(columns, best, raw[best], losses[best])


def with_thresholds(model: BinaryModel, thresholds: Mapping[Level, float]) -> BinaryModel:
    """Return ``model`` with level thresholds."""
    return BinaryModel(
        head=model.head,
        columns=model.columns,
        trees=model.trees,
        calibration=model.calibration,
        rates=model.rates,
        thresholds=thresholds,
        bounds=model.bounds,
    )


def _text_heads(
    part: Part, y: Floats, split: Sequence[tuple[np.ndarray, np.ndarray]], seed: int
) -> tuple[LinearHead, dict[str, Floats]]:
    """Return the heads learnt on all rows, and their out-of-fold values by column."""
    bounds = part.space.bounds
    matrix = csr(part.text, part.space.size).tocsc()
    learnt, values = [], {}
    for k, name in enumerate(HEAD_COLUMNS):
        block = matrix[:, bounds[k] : bounds[k + 1]].tocsr()
        values[name] = np.zeros(len(y))
        for train, held in split:
            weights, bias = logistic(block[train], y[train], seed=seed)
            values[name][held] = block[held] @ weights + bias
        whole = np.zeros(part.space.size)
        whole[bounds[k] : bounds[k + 1]], bias = logistic(block, y, seed=seed)
        learnt.append((whole, bias))
    return stacked_head(learnt), values


def _useful(facts: Floats) -> list[str]:
    """Return the facts that take at least two values in this data."""
    return [
        name
        for name, column in zip(FACT_NAMES, facts.T, strict=True)
        if len(np.unique(column[~np.isnan(column)])) + bool(np.isnan(column).any()) > 1
    ]


def _rates(
    part: Part, y: Floats, split: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[PlaceRates, dict[str, Floats]]:
    known = np.zeros((len(y), len(RATE_COLUMNS)))
    for train, held in split:
        rates = place_rates([part.places[i] for i in train], y[train])
        known[held] = [rates.row(part.places[i]) for i in held]
    columns = {name: known[:, k] for k, name in enumerate(RATE_COLUMNS)}
    return place_rates(part.places, y), columns


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
