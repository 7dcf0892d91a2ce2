"""One target's model: text heads, a few columns, trees, a calibration. Data, no learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import lightgbm as lgb
import numpy as np

from zaojie_cases.history import places_of
from zaojie_features.allowlist import check_columns
from zaojie_features.text import TextRow
from zaojie_models.calibration import Sigmoid
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.score import Level

HEAD_COLUMNS = ("text_body", "text_lead")
"""Columns that the linear text heads fill: words with characters, and the lead."""
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
    """A yes/no target: LightGBM over the text heads, facts and, for process targets, rates.

    Raises ``ConfigError`` for a column that is not on the allow-list.
    """

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
        bounds: tuple[int, ...],
    ) -> None:
        check_columns([name for name in columns if name not in HEAD_COLUMNS + RATE_COLUMNS])
        self.head = head
        self.columns = columns
        self.trees = trees
        self.calibration = calibration
        self.rates = rates
        self.thresholds = thresholds
        self.bounds = bounds
        self._booster = lgb.Booster(model_str=trees)

    def block(self, row: TextRow, k: int) -> TextRow:
        """Return the part of ``row`` that text head ``k`` looks at."""
        low, high = np.searchsorted(row.columns, self.bounds[k : k + 2])
        return TextRow(row.columns[low:high], row.weights[low:high])

    def text_scores(self, row: TextRow) -> list[float]:
        """Return the values of the text heads."""
        return [self.head.value(self.block(row, k), k) for k in range(len(HEAD_COLUMNS))]

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
    """Any of several labels: linear over the text, one calibration and threshold a label.

    ``categories``: for each label the categories of cases in which training has seen it; in a
    category that training knows and has never seen it in, a label is not told.
    """

    kind: Literal["any_of"] = "any_of"

    def __init__(
        self,
        *,
        head: LinearHead,
        classes: tuple[str, ...],
        calibrations: tuple[Sigmoid, ...],
        thresholds: tuple[float, ...],
        categories: tuple[frozenset[float], ...],
    ) -> None:
        self.head = head
        self.classes = classes
        self.calibrations = calibrations
        self.thresholds = thresholds
        self.categories = categories
        self._known = frozenset[float]().union(*categories)

    def shares(self, inputs: Inputs) -> list[float]:
        """Return the probability of each label."""
        category = inputs.facts["category"]
        known = category in self._known
        return [
            0.0 if known and category not in seen else calibration.probability(float(decision))
            for decision, calibration, seen in zip(
                self.head.decisions(inputs.text), self.calibrations, self.categories, strict=True
            )
        ]


TargetModel = BinaryModel | OneOfModel | AnyOfModel
