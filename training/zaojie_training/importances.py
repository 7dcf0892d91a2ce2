"""What a model rests on: words and facts by how far they move scores, and by what they are worth.

Contributions are those of the reasons: exact SHAP values of the trees (Lundberg et al., 2020)
in calibrated log-odds, what a text column gave being shared among its words. They say what
the model does; the drop of PR-AUC when a column is shuffled (Breiman, 2001) says what it is
good for.
"""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np
from sklearn.metrics import average_precision_score

from zaojie_features.allowlist import allow_list
from zaojie_features.text import TextRow, TextSpace
from zaojie_models.linear import Floats
from zaojie_models.reasons import share_among_words
from zaojie_models.target_model import HEAD_COLUMNS, BinaryModel
from zaojie_training.metrics.results import Estimate, Result

MOST_WORDS = 100
REPEATS = 5
_TITLES = {
    "text_body": "叙述用语",
    "text_lead": "首句用语",
    "place_rate": "本地以往占比",
    "area_rate": "片区以往占比",
}


class Importance(Result):
    """A word or a column.

    ``size``: mean distance by which it moves a score, in log-odds over all rows. ``lean``:
    mean move, above 0 if it raises scores on the whole. ``rows``: how many rows it moves.
    """

    name: str
    title: str
    size: float
    lean: float
    rows: int


class Worth(Result):
    """A column and the drop of PR-AUC when it is shuffled: mean, least, greatest of repeats."""

    name: str
    title: str
    drop: Estimate


def word_importances(
    model: BinaryModel,
    rows: Floats,
    text: Sequence[TextRow],
    space: TextSpace,
    *,
    most: int = MOST_WORDS,
) -> list[Importance]:
    """Return the ``most`` words that move scores most, over a sample of rows.

    ``rows`` (n, columns) is what ``model.row`` gives, ``text`` the packed terms of the same
    rows. A word of the body and of the lead counts once in each.
    """
    size, lean, count = (np.zeros(space.size) for _ in range(3))
    slope = model.calibration.slope
    for contributions, terms in zip(model.column_contributions(rows), text, strict=True):
        by_column = dict(zip(model.columns, contributions[:-1].tolist(), strict=True))
        for k, name in enumerate(HEAD_COLUMNS):
            if name not in by_column:  # a model of facts alone
                continue
            for column, pull in share_among_words(
                model.head, k, slope * by_column[name], model.block(terms, k)
            ):
                size[column] += abs(pull)
                lean[column] += pull
                count[column] += 1
    terms_of, n = space.terms(), max(len(rows), 1)
    order = np.lexsort((np.arange(space.size), -size))[:most]
    return [
        Importance(
            name=":".join(terms_of[column]),
            title=f"“{terms_of[column][1].replace(' ', '')}”",
            size=float(size[column] / n),
            lean=float(lean[column] / n),
            rows=int(count[column]),
        )
        for column in order.tolist()
        if size[column] > 0
    ]


def fact_importances(model: BinaryModel, rows: Floats) -> list[Importance]:
    """Return every column of the trees, text columns included, by mean distance moved."""
    moved = model.calibration.slope * model.column_contributions(rows)[:, :-1]
    found = [
        Importance(
            name=name,
            title=_title(name),
            size=float(np.abs(column).mean()),
            lean=float(column.mean()),
            rows=int(np.count_nonzero(column)),
        )
        for name, column in zip(model.columns, moved.T, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.size, one.name))


def permutation_worths(
    model: BinaryModel, rows: Floats, y: Floats, *, seed: int, repeats: int = REPEATS
) -> list[Worth]:
    """Return how far PR-AUC falls when a column is shuffled, largest first.

    ``rows`` (n, columns) are test rows, ``y`` (n,) their labels, one of them at least a
    positive. A column that no tree looks at is worth 0 and is not shuffled. Columns that say
    the same stand in for each other: a small drop is no proof that nothing would be lost.
    """
    rng = np.random.default_rng(seed)
    whole = average_precision_score(y, model.raw(rows))
    looked_at = lgb.Booster(model_str=model.trees).feature_importance() > 0
    found = []
    for k, name in enumerate(model.columns):
        drops = [0.0]
        if looked_at[k]:
            drops = [whole - _shuffled(model, rows, y, k, rng) for _ in range(repeats)]
        drop = Estimate(value=float(np.mean(drops)), low=min(drops), high=max(drops))
        found.append(Worth(name=name, title=_title(name), drop=drop))
    return sorted(found, key=lambda one: (-(one.drop.value or 0.0), one.name))


def _shuffled(
    model: BinaryModel, rows: Floats, y: Floats, column: int, rng: np.random.Generator
) -> float:
    changed = rows.copy()
    changed[:, column] = rng.permutation(changed[:, column])
    return float(average_precision_score(y, model.raw(changed)))


def _title(column: str) -> str:
    known = {feature.name: feature.title for feature in allow_list().features} | _TITLES
    return known.get(column, column)
