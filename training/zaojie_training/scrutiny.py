"""A closer look at what is published, on the test window: more than one number."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from zaojie_cases.codes import category_name, channel_name
from zaojie_cases.errors import CodeError
from zaojie_cases.history import places_of
from zaojie_cases.record import Case
from zaojie_models.linear import Floats
from zaojie_models.policy import Policy
from zaojie_training.config import TrainingConfig
from zaojie_training.dataset import Dataset
from zaojie_training.metrics import (
    AtCapacity,
    Audit,
    Brier,
    Calibration,
    Estimate,
    LeadTime,
    Limits,
    Load,
    Month,
    Result,
    Sampling,
    Scored,
    Slice,
    at_capacity,
    brier_parts,
    calibration,
    calibration_by_month,
    calibration_interval,
    fairness_audit,
    headline,
    intervals,
    lead_time,
    picked_share,
    slices,
)
from zaojie_training.sample import Sample
from zaojie_training.targets import Target

AUDITED = ("area", "channel", "town")
"""Keys whose groups must be served alike; types differ in risk, so they are only shown."""


class Scrutiny(Result):
    """One published model on its test window; intervals are over disputes."""

    headline: dict[str, Estimate]
    at_capacity: AtCapacity
    brier: Brier
    calibration: Calibration
    calibration_error: Estimate
    lead_time: LeadTime
    months: list[Month]
    slices: list[Slice]
    audits: list[Audit]

    @property
    def fairness(self) -> dict[str, float]:
        """The worst value of each gate of fairness that the rows could tell."""
        found: dict[str, list[tuple[bool, float]]] = {}
        for gate in (g for audit in self.audits for group in audit.groups for g in group.gates):
            if gate.verdict != "too_few" and gate.estimate.value is not None:
                size = _size(gate.name, gate.estimate.value)
                found.setdefault(gate.name, []).append((gate.verdict == "failed", size))
        # A gap that may be chance does not count against one that is none.
        return {
            name: max(size for failed, size in sizes if failed is any(f for f, _ in sizes))
            for name, sizes in found.items()
        }


def _size(name: str, value: float) -> float:
    if name != "alert_ratio":
        return max(value, 0.0) if name == "recall_gap" else abs(value)
    return max(value, 1.0 / value) if value > 0 else float("inf")


def scrutinise(
    data: Dataset,
    target: Target,
    test: Sample,
    p: Floats,
    *,
    policy: Policy,
    config: TrainingConfig,
) -> Scrutiny:
    """Return the closer look at probabilities ``p`` of the rows of ``test``."""
    keys = keys_of(data, test)
    load = load_of(data, test, config.per_centre_week)
    groups = np.array([data.groups[i] for i in test.rows])
    picked = picked_share(p, load.centre, load.week, config.per_centre_week)
    scored = Scored(test.y, p, groups, picked)
    sampling = Sampling(replicates=max(config.bootstrap, 1), seed=config.seed)
    return Scrutiny(
        headline=intervals(headline(scored), groups, sampling),
        at_capacity=at_capacity(test.y, p, load.centre, load.week, config.per_centre_week),
        brier=brier_parts(test.y, p),
        calibration=calibration(test.y, p),
        calibration_error=calibration_interval(test.y, p, groups, sampling),
        lead_time=lead_time(load, p, outcome_times(data, target), sampling=sampling),
        months=calibration_by_month(months_of(data, test), scored, sampling=sampling),
        slices=slices(keys, scored, sampling=sampling),
        audits=[
            fairness_audit(key, keys[key], scored, _limits(policy), sampling=sampling)
            for key in AUDITED
        ],
    )


def _limits(policy: Policy) -> Limits:
    found = policy.gates.fairness
    return Limits(
        recall_gap=found.get("recall_gap", 1.0),
        calibration_gap=found.get("calibration_gap", 1.0),
        alert_ratio=1.0 / found["alert_ratio"] if found.get("alert_ratio") else 0.0,
    )


def load_of(data: Dataset, test: Sample, per_centre_week: int) -> Load:
    """Return the rows of ``test`` as work of the towns, week by week."""
    stamps = test.stamps
    return Load(
        case=np.array([data.case(i).case_id for i in test.rows]),
        as_of=stamps,
        centre=keys_of(data, test)["town"],
        week=((stamps - stamps.min()) // 604_800).astype(np.int64),
        k=per_centre_week,
    )


def outcome_times(data: Dataset, target: Target) -> dict[str, float]:
    """Return when the target's outcome was first observed, by case, in seconds."""
    found: dict[str, float] = {}
    for case, _, outcomes in data.records:
        own = [
            o.observed_at.timestamp()
            for o in outcomes
            if o.outcome_code in target.outcomes and o.value == "1"
        ]
        if own:
            found[case.case_id] = min(own)
    return found


def keys_of(data: Dataset, test: Sample) -> dict[str, np.ndarray]:
    """Return labels of the rows by key: (rows,) each, in Chinese where people read them."""
    cases = [data.case(i) for i in test.rows]
    quarters = (data.rows[i].as_of for i in test.rows)
    return {
        "town": _labels(places_of(case.place or "")[1] or "未登记" for case in cases),
        "area": _labels(_area(case) for case in cases),
        "type": _labels(_type(case) for case in cases),
        "channel": _labels(_channel(case) for case in cases),
        "season": _labels(f"{at.year} 年第 {(at.month + 2) // 3} 季度" for at in quarters),
        "cohort": _labels(data.rows[i].cohort.value for i in test.rows),
    }


def months_of(data: Dataset, test: Sample) -> np.ndarray:
    """Return the month of each row, such as 2026-03."""
    return _labels(f"{data.rows[i].as_of:%Y-%m}" for i in test.rows)


def _labels(values: Iterable[str]) -> np.ndarray:
    return np.array(list(values), dtype=np.str_)


def _area(case: Case) -> str:
    """Residents' committees have 001-199 in the third part of the region code (as in use)."""
    code = case.region_code
    return "未登记" if code is None else "社区" if code[9:] < "200" else "村"


def _type(case: Case) -> str:
    try:
        return category_name((case.category_code or "")[:2])
    except CodeError:
        return "未登记"


def _channel(case: Case) -> str:
    try:
        return channel_name(case.channel_code or "")
    except CodeError:
        return case.channel_code or "未登记"
