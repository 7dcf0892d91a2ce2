"""One target's model: text heads, a few columns, trees, a calibration. Data, no learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import lightgbm as lgb
import numpy as np

from zaojie_cases.history import places_of
from zaojie_features.text import TextRow
from zaojie_models.calibration import Sigmoid
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.score import Level

HEAD_COLUMNS = ("text_words", "text_chars")
"""Columns that the two linear text heads fill: words and pairs; character n-grams."""
RATE_COLUMNS = ("place_rate", "area_rate")
"""Smoothed past share of the outcome at a place: for targets of process only."""


@dataclass(frozen=True, slots=True)
class PlaceRates:
    """Share of the outcome by place in the training data, drawn towards the whole.

    ``(positives + strength * base) / (cases + strength)``; a place never seen has ``base``.
    """

    base: float
    by_place: Mapping[str, float]

    def row(self, place: str | None) -> tuple[float, float]:
        """Return the rates of the place and of the area around it."""
        if not place:
            return self.base, self.base
        own, area, _ = places_of(place)
        return self.by_place.get(own, self.base), self.by_place.get(area, self.base)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a model looks at for one snapshot."""

    text: TextRow
    facts: Mapping[str, float]
    place: str | None


class BinaryModel:
    """A yes/no target: LightGBM over two text heads, facts and, for process targets, rates."""

    kind: Literal["binary"] = "binary"

    def __init__(
        self,
        *,
        head: LinearHead,
        columns: tuple[str, ...],
        trees: str,
        calibration: Sigmoid,
        rates: PlaceRates | None,
        thresholds: Mapping[Level, float],
        word_terms: int,
    ) -> None:
        self.head = head
        self.columns = columns
        self.trees = trees
        self.calibration = calibration
        self.rates = rates
        self.thresholds = thresholds
        self.word_terms = word_terms
        self._booster = lgb.Booster(model_str=trees)

    def text_scores(self, row: TextRow) -> tuple[float, float]:
        """Return the two head values: words, character n-grams."""
        is_word = row.columns < self.word_terms
        words = TextRow(row.columns[is_word], row.weights[is_word])
        chars = TextRow(row.columns[~is_word], row.weights[~is_word])
        return self.head.value(words, 0), self.head.value(chars, 1)

    def row(self, inputs: Inputs) -> Floats:
        """Return the columns for one snapshot: (columns,)."""
        values = dict(zip(HEAD_COLUMNS, self.text_scores(inputs.text), strict=True))
        values.update(inputs.facts)
        if self.rates is not None:
            values.update(zip(RATE_COLUMNS, self.rates.row(inputs.place), strict=True))
        return np.array([values[name] for name in self.columns], dtype=np.float64)

    def raw(self, rows: Floats) -> Floats:
        """Return raw scores (log-odds before calibration): (n,)."""
        # One thread: many threads cost a fork-unsafe pool and worse tails for single rows.
        return np.asarray(self._booster.predict(rows, raw_score=True, num_threads=1))

    def column_contributions(self, rows: Floats) -> Floats:
        """Return exact SHAP values by column and the base value last: (n, columns + 1)."""
        return np.asarray(self._booster.predict(rows, pred_contrib=True, num_threads=1))


class OneOfModel:
    """One of several classes: linear over the text, softmax of scaled decisions."""

    kind: Literal["one_of"] = "one_of"

    def __init__(self, *, head: LinearHead, classes: tuple[str, ...], scale: float) -> None:
        self.head = head
        self.classes = classes
        self.scale = scale


class AnyOfModel:
    """Any of several labels: linear over the text, one calibration and threshold a label."""

    kind: Literal["any_of"] = "any_of"

    def __init__(
        self,
        *,
        head: LinearHead,
        classes: tuple[str, ...],
        calibrations: tuple[Sigmoid, ...],
        thresholds: tuple[float, ...],
    ) -> None:
        self.head = head
        self.classes = classes
        self.calibrations = calibrations
        self.thresholds = thresholds


TargetModel = BinaryModel | OneOfModel | AnyOfModel
