"""Learning a yes/no target.

1. Linear text heads (words with characters; the lead), cross-fitted over folds.
2. Boosted trees over their out-of-fold values, the facts and, for targets of process, the
   smoothed past rate of the place (also out of fold): a family is a choice of columns. How
   many trees is chosen by the log loss out of fold.
3. A sigmoid on the out-of-fold scores of the last mature window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from zaojie_cases.history import places_of
from zaojie_features.allowlist import allow_list
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.score import Level
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, BinaryModel, PlaceRates
from zaojie_training.config import Family, Limits, TreeSettings
from zaojie_training.examples import FACT_NAMES, Index
from zaojie_training.heads import learn_heads
from zaojie_training.sample import Sample, thin
from zaojie_training.solvers import platt, trees

RATE_STRENGTH = 20.0
FORM_AND_TIME = frozenset(f.name for f in allow_list().features if f.purpose == "text") | {
    "month",
    "weekday",
    "hour",
}
DIRECTIONS = {f.name: f.direction for f in allow_list().features if f.direction}
"""Facts that may only raise (+1) or lower (-1) a risk, whatever a sample happens to say."""
CALIBRATION_SHARE = 0.4
LEAST_POSITIVES = 40
"""A calibration window with fewer positives is widened to all rows."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What every family of one sample has in common: folds, heads, columns out of fold."""

    sample: Sample
    process: bool
    limits: Limits
    seed: int
    fold: Index
    head: LinearHead
    rates: PlaceRates | None
    known: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Grown:
    """Out-of-fold raw scores (rows,) of one family at its best number of rounds."""

    columns: tuple[str, ...]
    rounds: int
    raw: Floats
    loss: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model and what it said out of fold about the rows it was learnt from."""

    model: BinaryModel
    out_of_fold: Floats
    """Calibrated probabilities, one a row."""
    window: npt.NDArray[np.bool_]
    """Which rows the calibration rests on."""
    loss: float
    """Log loss of the trees out of fold, before calibration."""


def prepare(sample: Sample, *, process: bool, seed: int, limits: Limits | None = None) -> Prepared:
    """Learn heads and rates of ``sample``, out of fold and whole."""
    limits = limits or Limits()
    fold = sample.folds(limits.folds, seed)
    head, values = learn_heads(sample, fold, most=limits.narratives, seed=seed)
    known = dict(zip(HEAD_COLUMNS, values.T, strict=True))
    known |= dict(zip(FACT_NAMES, sample.facts.T, strict=True))
    rates = None
    if process:
        rates, columns = _rates(sample, fold)
        known |= columns
    return Prepared(sample, process, limits, seed, fold, head, rates, known)


def grow(prepared: Prepared, family: Family, settings: TreeSettings | None = None) -> Grown:
    """Cross-validate the trees of a family and keep the rounds with the least log loss."""
    settings = settings or TreeSettings()
    columns = columns_of(prepared, family)
    matrix, y = _matrix(prepared.known, columns), prepared.sample.y
    raw = {rounds: np.zeros(len(y)) for rounds in settings.rounds}
    for number in np.unique(prepared.fold):
        train, held = np.flatnonzero(prepared.fold != number), prepared.fold == number
        booster = _trees(prepared, matrix, train, columns, settings, settings.most_rounds)
        for rounds, values in raw.items():
            values[held] = booster.predict(
                matrix[held], raw_score=True, num_iteration=rounds, num_threads=1
            )
    losses = {r: float(np.mean(np.logaddexp(0, np.where(y == 1, -v, v)))) for r, v in raw.items()}
    best = min(losses, key=lambda rounds: (losses[rounds], rounds))
    return Grown(columns, best, raw[best], losses[best])


def finish(prepared: Prepared, grown: Grown, settings: TreeSettings | None = None) -> Learnt:
    """Learn the trees on all rows and calibrate them on the last mature window."""
    settings = settings or TreeSettings()
    sample = prepared.sample
    window = calibration_window(sample.stamps, sample.y)
    calibration = platt(grown.raw[window], sample.y[window])
    matrix, every = _matrix(prepared.known, grown.columns), np.arange(len(sample))
    booster = _trees(prepared, matrix, every, grown.columns, settings, grown.rounds)
    model = BinaryModel(
        head=prepared.head,
        columns=grown.columns,
        trees=booster.model_to_string(),
        calibration=calibration,
        rates=prepared.rates,
        thresholds={},
        bounds=sample.space.bounds,
    )
    probabilities = np.array([calibration.probability(float(r)) for r in grown.raw])
    return Learnt(model, probabilities, window, grown.loss)


def learn_binary(
    sample: Sample,
    *,
    process: bool,
    seed: int,
    families: Sequence[Family] = ("text_trees", "stacked"),
    limits: Limits | None = None,
    settings: TreeSettings | None = None,
) -> Learnt:
    """Return the model of one yes/no target; of several families the one with less log loss."""
    prepared = prepare(sample, process=process, seed=seed, limits=limits)
    grown = min((grow(prepared, f, settings) for f in families), key=lambda one: one.loss)
    return finish(prepared, grown, settings)


def columns_of(prepared: Prepared, family: Family) -> tuple[str, ...]:
    """Return the columns of a family: only facts that take at least two values."""
    useful = [name for name in FACT_NAMES if _varies(prepared.known[name])]
    rates = RATE_COLUMNS if prepared.process else ()
    if family == "facts_trees":
        return (*useful, *rates)
    if family == "text_trees":
        useful = [name for name in useful if name in FORM_AND_TIME]
    return (*HEAD_COLUMNS, *useful, *rates)


def _varies(column: Floats) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and (len(known) < len(column) or bool((known != known[0]).any()))


def _trees(
    prepared: Prepared,
    matrix: Floats,
    rows: Index,
    columns: tuple[str, ...],
    settings: TreeSettings,
    rounds: int,
) -> lgb.Booster:
    y = prepared.sample.y[rows]
    kept, weights = thin(y, prepared.limits.rows, prepared.seed)
    # How quickly an office works has no direction that is known beforehand.
    directions = {} if prepared.process else DIRECTIONS
    return trees(
        matrix[rows[kept]],
        y[kept],
        columns,
        settings=settings,
        rounds=rounds,
        seed=prepared.seed,
        weights=weights,
        directions=directions,
    )


def _matrix(known: Mapping[str, Floats], columns: Sequence[str]) -> Floats:
    return np.column_stack([known[name] for name in columns])


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


def _rates(sample: Sample, fold: Index) -> tuple[PlaceRates, dict[str, Floats]]:
    places, known = sample.places, np.zeros((len(sample), len(RATE_COLUMNS)))
    for number in np.unique(fold):
        train, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        rates = place_rates([places[i] for i in train], sample.y[train])
        known[held] = [rates.row(places[i]) for i in held]
    columns = {name: known[:, k] for k, name in enumerate(RATE_COLUMNS)}
    return place_rates(places, sample.y), columns


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


def calibration_window(stamps: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """Return the rows of the last mature window: (rows,) of bool; all if it is too thin.

    ``stamps``: when each row was decided, in seconds.
    """
    late = stamps >= np.quantile(stamps, 1 - CALIBRATION_SHARE)
    return late if y[late].sum() >= LEAST_POSITIVES else np.ones_like(late)
