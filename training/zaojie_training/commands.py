"""``zaojie fit``, ``train``, ``evaluate``, ``promote``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from zaojie_training.evaluate import Evaluation

# Heavy modules are imported inside the commands, so that ``zaojie --help`` stays quick.
# ruff: noqa: PLC0415

Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="随机种子；同样的数据和种子得到同样的模型包")
]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="策略文件；不写用自带的")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("fit", help="用一个文件训练一个目标，写出模型包。")(fit)
    app.command("train", help="用记录库里的案件训练全部目标，登记到 MLflow。")(train)
    app.command("evaluate", help="显示候选模型的评估结果。")(evaluate)
    app.command("promote", help="把候选模型发布为 champion，服务随即换用。")(promote)


def fit(
    mapping: Annotated[str, typer.Option(help="映射名或映射文件路径")],
    target: Annotated[str, typer.Option(help="目标名，映射的 outcomes 中有定义")],
    data: Annotated[Path, typer.Option(help="训练用的文件")],
    bundle: Annotated[Path, typer.Option(help="模型包写到哪个目录")],
    seed: Seed = 0,
    policy: PolicyFile = None,
) -> None:
    """Learn one target from one file."""
    from zaojie_cases.mapping import load_mapping
    from zaojie_models.policy import load_policy

    console = Console(stderr=True)
    rules, levels = load_mapping(mapping), load_policy(policy)
    from zaojie_training.fit import fit_file  # takes seconds, so after what may be refused

    with console.status("开始") as status:
        fitted = fit_file(
            data, rules, target, bundle, seed=seed, policy=levels, progress=status.update
        )
    rows = len(fitted.learnt.rows)
    console.print(f"用 {rows} 行训练完成，模型包 {fitted.manifest.version} 写入 {bundle}。")
    for name, value in fitted.figures.items():
        console.print(f"  折外 {name} {value:.4f}")


def train(
    config: Annotated[Path | None, typer.Option(help="训练配置；不写用自带的")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="随机种子；不写用训练配置里的")
    ] = None,
    policy: PolicyFile = None,
    targets: Annotated[Path | None, typer.Option(help="目标文件目录；不写用自带的")] = None,
    keep: Annotated[Path | None, typer.Option(help="把模型包也写到这个目录")] = None,
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
    from zaojie_training.train import train as run  # takes seconds, so after what may be refused

    def progress(step: str) -> None:
        console.print(f"  {step}")

    trained = run(Settings(), chosen, wanted, policy=levels, progress=progress, keep=keep)
    for name, reason in trained.evaluation.left_out.items():
        console.print(f"没有训练目标 {name}：{reason}", style="yellow")
    console.print(
        f"模型包 {trained.manifest.version} 已登记为第 {trained.version.number} 版（candidate）。"
    )


def evaluate(
    alias: Annotated[str, typer.Option(help="看哪个别名的版本")] = "candidate",
) -> None:
    """Show the evaluation of a registered version."""
    from zaojie_cases.errors import ConfigError
    from zaojie_cases.settings import Settings
    from zaojie_training.evaluate import Evaluation
    from zaojie_training.tracking import EVALUATION, Tracking

    tracking = Tracking(Settings())
    version = tracking.version(alias)
    if version is None:
        raise ConfigError("没有这个别名的模型版本。请先运行 zaojie train。", field=alias)
    with tracking.downloaded(version.run_id, EVALUATION) as path:
        _show(Evaluation.model_validate_json(path.read_bytes()))


def promote(
    alias: Annotated[
        str, typer.Option(help="发布哪个别名的版本；previous 是退回上一版")
    ] = "candidate",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
) -> None:
    """Make a registered version the champion."""
    from zaojie_cases.settings import Settings
    from zaojie_training.promote import promote as run

    if not yes:
        evaluate(alias)
        if not typer.confirm("发布这一版？"):
            typer.echo("没有发布，champion 不变。", err=True)
            return
    promoted = run(Settings(), alias=alias)
    Console(stderr=True).print(
        f"第 {promoted.version.number} 版（模型包 {promoted.bundle_version}）已发布为 champion。"
    )


def _show(evaluation: Evaluation) -> None:
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
