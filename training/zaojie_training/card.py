"""The model card: what the bundle is for, what it rests on, how well it does, its limits."""

from __future__ import annotations

from collections.abc import Mapping

from zaojie_features.allowlist import allow_list
from zaojie_models.policy import Policy
from zaojie_training.evaluate import OURS, Evaluation, TargetEvaluation
from zaojie_training.scorers import TITLES

FIGURES = {
    "pr_auc": "PR-AUC",
    "auc": "AUC",
    "precision_at_capacity": "查准率@能力",
    "recall_at_capacity": "查全率@能力",
    "brier": "Brier",
    "calibration_error": "校准误差",
}


def title_of(scorer: str) -> str:
    """Return the Chinese title of a scorer."""
    return "早解" if scorer == OURS else TITLES[scorer]


def model_card(
    evaluation: Evaluation, learnt_from: Mapping[str, int], *, data_hash: str, policy: Policy
) -> str:
    """Return the card as Markdown."""
    source = "模拟县数据，不说明真实效果" if evaluation.simulated else "导入的案件"
    purposes = "、".join(dict.fromkeys(allow_list().purposes.values()))
    lines = [
        "# 早解风险模型卡 / Zaojie risk model card",
        "",
        f"- 用途：给案件排先后，让帮助及早到位。{policy.cannot_use_for}",
        f"- 数据：{source}；截至 {evaluation.data_cut:%Y-%m-%d %H:%M}；哈希 `{data_hash[:16]}`。",
        f"- 评估：{evaluation.test_from:%Y-%m-%d} 以后登记的案件，训练时没有见过；"
        "训练窗与评估窗之间空出与观察期等长的间隔。方法在更早的滑动窗上按遗憾选定。",
        f"- 用到：叙述（脱敏、中和后）和许可清单中的 {len(allow_list().features)} 项特征"
        f"（{purposes}）。不用任何个人身份和特征。",
        f"- 策略版本：{policy.version}。",
        "- 局限：没有公开的带结果的调解数据；上线前必须在本地影子运行并复核。",
        "",
    ]
    for one in evaluation.targets:
        lines += _section(one, learnt_from[one.target], evaluation.simulated)
    return "\n".join(lines) + "\n"


def _section(one: TargetEvaluation, rows: int, simulated: bool) -> list[str]:
    note = "（模拟数据）" if simulated else ""
    head = " | ".join(FIGURES.values())
    table = [
        f"## {one.title}{note}",
        "",
        f"评估窗 {one.test_rows} 次评分，其中 {one.test_positives} 次发生；能力 {one.capacity} 件；"
        f"评估模型用 {one.train_rows} 次评分训练，发布的模型用 {rows} 次；"
        f"发布的方法是{title_of(one.choice.family)}。",
        "",
        f"| 评分方法 | {head} |",
        "|---|" + "---|" * len(FIGURES),
    ]
    for name, figures in one.scorers.items():
        cells = [f"{figures[key]:.3f}" if key in figures else "–" for key in FIGURES]
        table.append(f"| {title_of(name)} | {' | '.join(cells)} |")
    return [*table, ""]
