from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.record import SHANGHAI
from zaojie_models.gate_rules import GateRules
from zaojie_models.policy import load_policy
from zaojie_training.clearing import Waiver, signed_against
from zaojie_training.errors import GateError
from zaojie_training.evaluate import OURS as OURS_NAME
from zaojie_training.evaluate import Curve, Evaluation, TargetEvaluation
from zaojie_training.gates import Gate, Verdict, judge
from zaojie_training.selection import Choice

NOW = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
OURS = {"pr_auc": 0.3, "calibration_error": 0.02, "brier_skill": 0.1, "recall_at_capacity": 0.5}


class WithFairness(Evaluation):
    given: dict[str, dict[str, float]]

    @property
    def fairness(self) -> dict[str, dict[str, float]]:
        return self.given


def evaluation(positives: int = 100, days: float = 10, **parts: Any) -> WithFairness:
    ours = OURS | parts.pop("ours", {})
    scorers = parts.pop("scorers", {"prevalence": {"pr_auc": 0.1}, "rules": {"pr_auc": 0.25}})
    empty = Curve(x=[], y=[])
    target = TargetEvaluation(
        target="harm",
        title="伤害",
        choice=Choice(family="stacked", figure="pr_auc", regret={}, loss={}, windows=[]),
        train_rows=1,
        test_rows=1_000,
        test_positives=positives,
        capacity=50,
        scorers={OURS_NAME: ours, **scorers},
        reliability=empty,
        precision_recall=empty,
    )
    cut = NOW - timedelta(days=days)
    parts["given"] = parts.pop("fairness", {})
    return WithFairness(
        test_from=cut, data_cut=cut, simulated=True, targets=[target], left_out={}, **parts
    )


def rules(**changes: Any) -> GateRules:
    return GateRules.model_validate(load_policy().gates.model_dump(exclude_none=True) | changes)


def gate(name: str, found: list[Gate]) -> Gate:
    return next(one for one in found if one.name == name)


def judged(what: Evaluation, champion: Evaluation | None = None, **changes: Any) -> list[Gate]:
    return judge(what, rules(**changes), champion=champion, now=NOW)


def test_a_good_model_passes_what_can_be_judged() -> None:
    found = judged(evaluation())
    assert {one.name: one.verdict.label for one in found} == {
        "pr_auc.harm": "通过",
        "calibration_error.harm": "通过",
        "brier_skill.harm": "通过",
        "recall_at_capacity.harm": "未评估",
        "recall_gap": "未评估",
        "calibration_gap": "未评估",
        "alert_ratio": "未评估",
        "swap": "未评估",
        "data_age": "通过",
    }
    assert not any(one.blocks for one in found)
    assert (gate("pr_auc.harm", found).limit, gate("pr_auc.harm", found).bound) == (0.25, "≥ 0.250")
    assert "规则计数" in gate("pr_auc.harm", found).note


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ({"ours": {"pr_auc": 0.24}}, "pr_auc.harm"),
        ({"ours": {"calibration_error": 0.031}}, "calibration_error.harm"),
        ({"ours": {"brier_skill": -0.001}}, "brier_skill.harm"),
        ({"days": 181}, "data_age"),
        ({"fairness": {"harm": {"recall_gap": 0.2}}}, "recall_gap.harm"),
        ({"fairness": {"harm": {"swap": 0.0001}}}, "swap.harm"),
        ({"fairness": {"harm": {"alert_ratio": float("nan")}}}, "alert_ratio.harm"),
    ],
)
def test_each_gate_can_fail(what: dict[str, Any], name: str) -> None:
    found = judged(evaluation(**what))
    assert [one.name for one in found if one.blocks] == [name]
    assert gate(name, found).verdict is Verdict.FAILED


def test_the_champion_is_the_measure_once_there_is_one() -> None:
    name = "recall_at_capacity.harm"
    before = evaluation(ours={"recall_at_capacity": 0.53})
    assert gate(name, judged(evaluation(), before)).verdict is Verdict.FAILED
    better = evaluation(ours={"recall_at_capacity": 0.51})
    assert gate(name, judged(better, before)).verdict is Verdict.PASSED
    other = before.model_copy(update={"targets": []})
    assert gate(name, judged(evaluation(), other)).verdict is Verdict.OPEN


def test_for_errors_the_lowest_baseline_is_the_best() -> None:
    figures = {"calibration_error": {"times_best_baseline": 1.0}}
    scorers = {"prevalence": {"calibration_error": 0.01}, "type_rate": {"calibration_error": 0.05}}
    [found, *_] = judged(evaluation(scorers=scorers), figures=figures)
    assert (found.limit, found.at_most, found.verdict) == (0.01, True, Verdict.FAILED)


def test_a_target_may_have_a_rule_of_its_own() -> None:
    own = {"harm": {"calibration_error": {"at_most": 0.01}}}
    found = judged(evaluation(), targets=own)
    assert gate("calibration_error.harm", found).verdict is Verdict.FAILED
    assert gate("brier_skill.harm", found).verdict is Verdict.PASSED


def test_too_few_outcomes_are_not_judged() -> None:
    found = judged(evaluation(positives=29, ours={"pr_auc": 0.0}))
    assert gate("pr_auc.harm", found).verdict is Verdict.OPEN
    assert "29" in gate("pr_auc.harm", found).note


@pytest.mark.parametrize("name", ["recall_gap", "pr_auc"])
def test_what_must_be_evaluated_blocks_when_it_is_not(name: str) -> None:
    found = judged(evaluation(positives=3), must_be_evaluated=[name])
    assert [one.name.partition(".")[0] for one in found if one.blocks] == [name]


def test_a_waiver_names_gates_and_gives_a_reason() -> None:
    found = judged(evaluation(days=400, ours={"pr_auc": 0.0}))
    with pytest.raises(GateError, match=r"2 项门槛未通过：pr_auc\.harm、data_age") as refused:
        signed_against(found, None)
    assert "--waive" in refused.value.message
    with pytest.raises(GateError, match=r"1 项门槛未通过：data_age"):
        signed_against(found, Waiver(("pr_auc.harm",), "样本小"))
    with pytest.raises(GateError, match="没有叫 nonsense"):
        signed_against(found, Waiver(("nonsense", "all"), "样本小"))
    with pytest.raises(Exception, match="理由"):
        signed_against(found, Waiver(("all",), " "))
    assert signed_against(found, Waiver(("all",), "演示")) == ("pr_auc.harm", "data_age")
    assert signed_against(found, None, before=("pr_auc.harm", "data_age")) == ()


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_verdict_is_that_of_the_comparison(value: float, best: float) -> None:
    what = evaluation(ours={"pr_auc": value}, scorers={"rules": {"pr_auc": best}})
    assert (gate("pr_auc.harm", judged(what)).verdict is Verdict.PASSED) == (value >= best)
