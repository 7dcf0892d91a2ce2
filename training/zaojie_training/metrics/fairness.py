"""Fairness gates: is harm found as often, and risk stated as rightly, in every group?

Each group of a key is set against all other rows. A gap fails its gate where it is beyond the
limit and its interval rules out that there is none; where the rows cannot tell, that is the
result. Groups are of cases (region, channel, type); of people only in :func:`closed_audit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from zaojie_models.linear import Floats
from zaojie_training.metrics.bootstrap import DEFAULT, Sampling, draws, estimate
from zaojie_training.metrics.results import Estimate, Ints, Labels, Result, codes_of
from zaojie_training.metrics.rows import ENOUGH, Least, Scored
from zaojie_training.metrics.weighted import over

Verdict = Literal["passed", "failed", "too_few"]
Name = Literal["recall_gap", "calibration_gap", "alert_ratio"]


class Limits(Result):
    """How far a group may lie from the rest.

    ``recall_gap``: recall at capacity, rest minus group, at most. ``calibration_gap``: mean
    probability minus share of positives, at most so much either way. ``alert_ratio``: share
    of rows visited, group over rest, at least this and at most one over it.
    """

    recall_gap: float
    calibration_gap: float
    alert_ratio: float


class Gate(Result):
    """One gate of one group; ``estimate`` is without value where the rows are too few."""

    name: Name
    verdict: Verdict
    estimate: Estimate


class Group(Result):
    """One group; ``positives`` is ``None`` where a closed audit keeps it back."""

    value: str
    rows: int
    positives: int | None
    gates: tuple[Gate, ...]


class Audit(Result):
    """One key. ``withheld`` groups had too few cases for a closed audit to name them."""

    key: str
    verdict: Verdict
    groups: tuple[Group, ...]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class _Sums:
    """Weighted sums by group (K, r): rows, labels, forecasts, visits, visited positives."""

    rows: Floats
    labels: Floats
    forecasts: Floats
    visits: Floats
    found: Floats

    def figures(self) -> dict[Name, Floats]:
        """Return each figure by group and replicate."""
        recall = over(self.found, self.labels)
        others = over(_rest(self.found), _rest(self.labels))
        return {
            "recall_gap": others - recall,
            "calibration_gap": over(self.forecasts - self.labels, self.rows),
            "alert_ratio": over(
                over(self.visits, self.rows), over(_rest(self.visits), _rest(self.rows))
            ),
        }


def fairness_audit(
    key: str,
    values: Labels,
    scored: Scored,
    limits: Limits,
    *,
    least: Least = ENOUGH,
    sampling: Sampling = DEFAULT,
) -> Audit:
    """Return the gates of every value of one key; ``values`` is (n,), every label known.

    Too few: fewer than ``least`` rows; fewer disputes with a positive row (for recall and
    calibration); fewer visits if the group had its share of them (for alerts). The audit
    fails with any gate, and passes if some gate passed and none failed.
    """
    names, codes = codes_of(values)
    whole, drawn = _sums(codes, len(names), scored, sampling)
    share = whole.visits.sum() / max(whole.rows.sum(), 1.0)
    figures = whole.figures()
    found = []
    for code, name in enumerate(names.tolist()):
        part = scored.take(codes == code)
        enough = least.reached(part)
        visits = len(part) >= least.rows and len(part) * share >= least.positives
        gates = tuple(
            _gate(each, float(figure[code, 0]), drawn[each][code], limits, sampling)
            if (visits if each == "alert_ratio" else enough)
            else Gate(name=each, verdict="too_few", estimate=Estimate(value=None))
            for each, figure in figures.items()
        )
        positives = int(part.y.sum())
        found.append(Group(value=str(name), rows=len(part), positives=positives, gates=gates))
    return Audit(key=key, verdict=_overall(found), groups=tuple(found))


def closed_audit(
    key: str,
    values: Labels,
    scored: Scored,
    limits: Limits,
    *,
    least_cell: int,
    sampling: Sampling = DEFAULT,
) -> Audit:
    """Return :func:`fairness_audit` of a protected attribute, as aggregates only.

    To be run beside the vault, which alone knows ``values``. No count below ``least_cell``
    leaves it: smaller groups are neither named nor counted, nothing is judged on fewer rows
    or positives, and numbers of positives are given only if in every group shown they and the
    rest of it reach it. Where exactly one group would be kept back, so is the next smallest,
    since it could be found by taking the others from a total that is known elsewhere.
    """
    least = Least(max(least_cell, ENOUGH.rows), max(least_cell, ENOUGH.positives))
    audit = fairness_audit(key, values, scored, limits, least=least, sampling=sampling)
    by_size = sorted(audit.groups, key=lambda group: (group.rows, group.value))
    small = sum(group.rows < least_cell for group in by_size)
    withheld = min(2, len(by_size)) if small == 1 else small
    kept = {group.value for group in by_size[withheld:]}
    shown = tuple(group for group in audit.groups if group.value in kept)
    if not all(least_cell <= (g.positives or 0) <= g.rows - least_cell for g in shown):
        shown = tuple(group.model_copy(update={"positives": None}) for group in shown)
    return Audit(key=key, verdict=_overall(shown), groups=shown, withheld=withheld)


def _rest(sums: Floats) -> Floats:
    return np.asarray(sums.sum(axis=0) - sums)


def _sums(
    codes: Ints, count: int, scored: Scored, sampling: Sampling
) -> tuple[_Sums, dict[Name, Floats]]:
    """Return the sums of the rows as they are, and each figure of the drawn ones (K, r).

    The figures are made of sums, so rows are added up by dispute first: quick at any size.
    """
    names, disputes = codes_of(scored.groups)
    y, picked = scored.y, scored.picked
    parts = [
        csr_array((values, (codes, disputes)), shape=(count, len(names)))
        for values in (np.ones(len(y)), y, scored.p, picked, picked * y)
    ]
    whole = _Sums(*(part @ np.ones((len(names), 1)) for part in parts))
    drawn = [
        _Sums(*(part @ counts for part in parts)).figures()
        for counts in draws(len(names), len(names), sampling)
    ]
    return whole, {name: np.concatenate([f[name] for f in drawn], axis=1) for name in drawn[0]}


def _gate(name: Name, value: float, drawn: Floats, limits: Limits, sampling: Sampling) -> Gate:
    found = estimate(value, drawn, sampling)
    if found.value is None or found.low is None or found.high is None:
        return Gate(name=name, verdict="too_few", estimate=found)
    limit = getattr(limits, name)
    beyond = {
        "recall_gap": found.value > limit,
        "calibration_gap": abs(found.value) > limit,
        "alert_ratio": found.value < limit or found.value * limit > 1,
    }[name]
    none = 1.0 if name == "alert_ratio" else 0.0
    unsure = found.low <= none <= found.high
    verdict: Verdict = "passed" if not beyond else "too_few" if unsure else "failed"
    return Gate(name=name, verdict=verdict, estimate=found)


def _overall(groups: list[Group] | tuple[Group, ...]) -> Verdict:
    verdicts = {gate.verdict for group in groups for gate in group.gates}
    return "failed" if "failed" in verdicts else "passed" if "passed" in verdicts else "too_few"
