"""``zaojie fit``: one file, one target, one bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zaojie_training.commands.shared import PolicyFile, Seed

# Heavy modules are imported inside the command, so that ``zaojie --help`` stays quick.
# ruff: noqa: PLC0415


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fit", help="用一个文件训练一个目标，写出模型包。")(fit)


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
