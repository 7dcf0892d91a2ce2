"""What any model must beat, computed in the same run on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zaojie_cases.record import Case
from zaojie_models.linear import Floats
from zaojie_training.binary import place_rates
from zaojie_training.examples import FACT_NAMES, Part
from zaojie_training.solvers import csr, logistic

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


def baselines(
    train: Part, y: Floats, test: Part, train_cases: Sequence[Case], test_cases: Sequence[Case]
) -> dict[str, Floats]:
    """Return scores of the test rows by baseline name (higher = more likely)."""
    prevalence = np.full(len(test), y.mean())
    by_type = place_rates([_type(case) for case in train_cases], y)
    type_rate = np.array([by_type.row(_type(case))[0] for case in test_cases])
    columns = [FACT_NAMES.index(name) for name in RULE_CUES]
    rules = np.nansum(test.facts[:, columns], axis=1)
    days_open = np.nan_to_num(test.facts[:, FACT_NAMES.index("days_open")])
    weights, bias = logistic(csr(train.text, train.space.size), y, seed=0)
    linear = csr(test.text, test.space.size) @ weights + bias
    return {
        "现患率": prevalence,
        "类别占比": type_rate,
        "规则计数": rules,
        "登记天数": days_open,
        "文本逻辑回归": 1 / (1 + np.exp(-linear)),
    }


def _type(case: Case) -> str:
    """A key without trailing digits, so that rates stay by category."""
    return f"类{case.category_code or '未登记'}类"
