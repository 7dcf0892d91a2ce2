"""What any model must beat, computed in the same run on the same rows."""

from __future__ import annotations

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zaojie_models.linear import Floats
from zaojie_training.binary import Prepared, place_rates
from zaojie_training.dataset import Dataset
from zaojie_training.sample import Sample, thin

RULE_CUES = (
    "cue_threat_explicit",
    "cue_threat_vague",
    "cue_ultimatum",
    "cue_weapon",
    "cue_struck",
    "cue_injured",
    "cue_smashed",
    "cue_gathering",
    "prior_reports",
)
PROBABILITIES = frozenset({"prevalence", "type_rate", "text_logistic", "facts_logistic"})
"""Baselines that give probabilities; of the others only the order can be judged."""


def baselines(data: Dataset, prepared: Prepared, test: Sample, text: Floats) -> dict[str, Floats]:
    """Return scores of the test rows by baseline name (higher = more likely).

    ``text``: values (rows, heads) of the text heads for the test rows.
    """
    train = prepared.sample
    types = place_rates(_types(data, train), train.y)
    return {
        "prevalence": np.full(len(test), train.y.mean()),
        "type_rate": np.array([types.row(one)[0] for one in _types(data, test)]),
        "rules": np.nansum([test.examples.column(c)[test.rows] for c in RULE_CUES], axis=0),
        "days_open": np.nan_to_num(test.examples.column("days_open")[test.rows]),
        "text_logistic": 1 / (1 + np.exp(-text[:, 0])),
        "facts_logistic": _facts_logistic(prepared, test),
    }


def _facts_logistic(prepared: Prepared, test: Sample) -> Floats:
    """Logistic regression on standardised facts; what is not known has the mean."""
    train = prepared.sample
    kept, weights = thin(train.y, prepared.limits.rows, prepared.seed)
    inside = ~np.isnan(train.facts[kept]).all(axis=0)
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(
        train.facts[kept][:, inside], train.y[kept], logisticregression__sample_weight=weights
    )
    return np.asarray(model.predict_proba(test.facts[:, inside])[:, 1])


def _types(data: Dataset, sample: Sample) -> list[str | None]:
    """Keys without trailing digits, so that rates stay by category."""
    return [f"类{data.case(i).category_code or '未登记'}类" for i in sample.rows]
