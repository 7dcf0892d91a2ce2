"""Gates: what the policy demands of an evaluation before its bundle may serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from zaojie_models.gate_rules import DATA_AGE, LOWER_IS_BETTER, Figure, FigureRule, GateRules
from zaojie_training.config import FAMILIES
from zaojie_training.evaluate import OURS, Evaluation, TargetEvaluation
from zaojie_training.scorers import TITLES as SCORERS

TITLES = {
    "pr_auc": "PR-AUC",
    "auc": "AUC",
    "brier": "Brier 分",
    "brier_skill": "Brier 技巧分",
    "calibration_error": "校准误差",
    "precision_at_capacity": "查准率@能力",
    "recall_at_capacity": "查全率@能力",
    "recall_gap": "各组查全率之差",
    "calibration_gap": "各组校准之差",
    "alert_ratio": "各组预警率之比",
    "swap": "换词后分数变化",
    DATA_AGE: "数据距今天数",
}


class Verdict(StrEnum):
    """What became of a gate."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "not_evaluated"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {"passed": "通过", "failed": "未通过", "not_evaluated": "未评估"}[self]


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: ``name`` (for one target ``rule.target``), value, limit and verdict.

    ``note`` says, in Chinese, where the limit comes from or why there is no value.
    """

    name: str
    title: str
    verdict: Verdict
    value: float | None = None
    limit: float | None = None
    at_most: bool = False
    note: str = ""
    required: bool = False

    @property
    def blocks(self) -> bool:
        """Whether it keeps the bundle from serving until a named person signs a reason."""
        return self.verdict is Verdict.FAILED or (self.required and self.verdict is Verdict.OPEN)

    @property
    def bound(self) -> str:
        """The limit as people read it."""
        return "–" if self.limit is None else f"{'≤' if self.at_most else '≥'} {self.limit:.3f}"

    @property
    def summary(self) -> str:
        """Verdict, value and limit in one line, for the record."""
        value = "" if self.value is None else f" {self.value:.4f} {self.bound}"
        return f"{self.verdict}{value}"


def judge(
    evaluation: Evaluation, rules: GateRules, *, champion: Evaluation | None, now: datetime
) -> list[Gate]:
    """Hold ``evaluation`` against ``rules``; ``champion``: the evaluation of what serves."""
    theirs = {one.target: one for one in champion.targets} if champion else {}
    fairness = evaluation.fairness
    age = (now - evaluation.data_cut).total_seconds() / 86_400
    gates = [
        _figure(one, figure, rule, rules, theirs.get(one.target))
        for one in evaluation.targets
        for figure, rule in rules.of(one.target).items()
    ]
    gates += _fairness(fairness, rules)
    gates.append(_bounded(DATA_AGE, TITLES[DATA_AGE], age, rules.data_age_days, at_most=True))
    return [_with_duty(gate, rules) for gate in gates]


def _figure(
    one: TargetEvaluation,
    figure: Figure,
    rule: FigureRule,
    rules: GateRules,
    champion: TargetEvaluation | None,
) -> Gate:
    name, title = f"{figure}.{one.target}", TITLES[figure]
    value = one.scorers[OURS].get(figure)
    if one.test_positives < rules.least_positives:
        note = f"评估窗内只发生 {one.test_positives} 件，少于 {rules.least_positives} 件"
        return Gate(name, title, Verdict.OPEN, value=value, note=note)
    if value is None:
        return Gate(name, title, Verdict.OPEN, note="评估里没有这个指标")
    limit, at_most, note = _limit(one, figure, rule, champion)
    if limit is None:
        return Gate(name, title, Verdict.OPEN, value=value, note=note)
    return _bounded(name, title, value, limit, at_most=at_most, note=note)


def _limit(
    one: TargetEvaluation, figure: Figure, rule: FigureRule, champion: TargetEvaluation | None
) -> tuple[float | None, bool, str]:
    """Return the limit, whether it is an upper one, and where it comes from."""
    low = figure in LOWER_IS_BETTER
    if rule.at_least is not None or rule.at_most is not None:
        return rule.at_least if rule.at_most is None else rule.at_most, rule.at_most is not None, ""
    if rule.times_best_baseline is not None:
        found = {
            name: figures[figure]
            for name, figures in one.scorers.items()
            if name != OURS and name not in FAMILIES and figure in figures
        }
        if not found:
            return None, low, "没有可比的基线"
        best = (min if low else max)(found, key=found.__getitem__)
        return found[best] * rule.times_best_baseline, low, f"最好的基线：{SCORERS[best]}"
    theirs = champion.scorers.get(OURS, {}).get(figure) if champion else None
    if theirs is None or rule.below_champion is None:
        return None, low, "没有可比的 champion"
    slack = rule.below_champion if low else -rule.below_champion
    return theirs + slack, low, f"champion：{theirs:.3f}"


def _fairness(found: Mapping[str, Mapping[str, float]], rules: GateRules) -> Iterator[Gate]:
    """Yield a gate for each measure and target, or one that is open where there is none."""
    for name, limit in rules.fairness.items():
        title = TITLES.get(name, name)
        values = {target: each[name] for target, each in found.items() if name in each}
        for target, value in values.items():
            yield _bounded(f"{name}.{target}", title, value, limit, at_most=True)
        if not values:
            note = "评估里没有公平性结果"
            yield Gate(name, title, Verdict.OPEN, limit=limit, at_most=True, note=note)


def _bounded(
    name: str, title: str, value: float, limit: float, *, at_most: bool, note: str = ""
) -> Gate:
    met = value <= limit if at_most else value >= limit
    verdict = Verdict.PASSED if met else Verdict.FAILED
    return Gate(name, title, verdict, value, limit, at_most, note)


def _with_duty(gate: Gate, rules: GateRules) -> Gate:
    required = gate.name.partition(".")[0] in rules.must_be_evaluated
    return replace(gate, required=required)


def blocking(gates: Iterable[Gate], waived: Iterable[str]) -> list[Gate]:
    """Return the gates that keep the bundle from serving; ``waived`` are signed against."""
    signed = set(waived)
    return [gate for gate in gates if gate.blocks and gate.name not in signed]
