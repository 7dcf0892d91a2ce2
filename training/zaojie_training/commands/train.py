"""``zaojie train``, ``evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from zaojie_training.commands.shared import PolicyFile

if TYPE_CHECKING:
    from zaojie_training.evaluate import Evaluation

# Heavy modules are imported inside the commands, so that ``zaojie --help`` stays quick.
# ruff: noqa: PLC0415


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("train", help="用记录库里的案件训练全部目标，登记到 MLflow。")(train)
    app.command("evaluate", help="显示候选模型的评估结果。")(evaluate)


def train(
    config: Annotated[Path | None, typer.Option(help="训练配置；不写用自带的")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="随机种子；不写用训练配置里的")
    ] = None,
    policy: PolicyFile = None,
    targets: Annotated[Path | None, typer.Option(help="目标文件目录；不写用自带的")] = None,
    keep: Annotated[Path | None, typer.Option(help="把模型包也写到这个目录")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="谁训练的，可写多次；不写用登录名。只有他们批准时不能发布"),
    ] = None,
) -> None:
    """Train every target on the record store and register the candidate."""
    from zaojie_cases.settings import Settings
    from zaojie_models.policy import load_policy
    from zaojie_training.config import load_config
    from zaojie_training.targets import load_targets

    console = Console(stderr=True)
    wanted = load_config(config)
    wanted = wanted if seed is None else wanted.model_copy(update={"seed": seed})
    chosen, levels = load_targets(targets, wanted.targets), load_policy(policy)
    from zaojie_training.tracking import TRAINED_BY, Tracking
    from zaojie_training.train import train as run  # takes seconds, so after what may be refused

    def progress(step: str) -> None:
        console.print(f"  {step}")

    trained = run(Settings(), chosen, wanted, policy=levels, progress=progress, keep=keep)
    if by:
        names = json.dumps(by, ensure_ascii=False)
        Tracking(Settings()).tag(trained.version.number, TRAINED_BY, names)
    for name, reason in trained.evaluation.left_out.items():
        console.print(f"没有训练目标 {name}：{reason}", style="yellow")
    console.print(
        f"模型包 {trained.manifest.version} 已登记为第 {trained.version.number} 版（candidate）。"
    )


def evaluate(
    alias: Annotated[str, typer.Option(help="看哪个别名的版本")] = "candidate",
) -> None:
    """Show the evaluation of a registered version."""
    from zaojie_cases.settings import Settings
    from zaojie_training.clearing import evaluation_of
    from zaojie_training.tracking import Tracking

    tracking = Tracking(Settings())
    show_evaluation(evaluation_of(tracking, tracking.version(alias).run_id))


def show_evaluation(evaluation: Evaluation) -> None:
    """Print the figures of every scorer, a table for each target."""
    from zaojie_training.card import FIGURES, title_of

    console = Console()
    note = "（模拟数据）" if evaluation.simulated else ""
    for one in evaluation.targets:
        table = Table(
            title=f"{one.title}{note}：评估窗 {one.test_rows} 次评分，"
            f"其中 {one.test_positives} 次发生，能力 {one.capacity} 件，"
            f"发布的方法是{title_of(one.choice.family)}",
            title_justify="left",
        )
        table.add_column("评分方法")
        for title in FIGURES.values():
            table.add_column(title, justify="right")
        for name, figures in one.scorers.items():
            cells = [f"{figures[key]:.3f}" if key in figures else "–" for key in FIGURES]
            table.add_row(title_of(name), *cells)
        console.print(table)
    for name, reason in evaluation.left_out.items():
        console.print(f"没有训练目标 {name}：{reason}")
