"""``zaojie simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``simulate`` to ``app``."""
    app.command("simulate")(simulate)


def simulate(
    out: Annotated[Path, typer.Option(help="写到哪个文件（.jsonl、.jsonl.gz 或 .parquet）")],
    cases: Annotated[int, typer.Option(min=1, help="登记多少件案件")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="随机种子：种子相同，结果相同")] = 1,
    preset: Annotated[
        str, typer.Option(help="什么样的县：default、easy、hard、drift 或 confounded")
    ] = "default",
    sightings: Annotated[
        float, typer.Option(min=0, max=1, help="另有多大比例被别的部门重复登记，或只是看着像")
    ] = 0.0,
    oracle: Annotated[
        bool, typer.Option("--oracle/--no-oracle", help="另写每次判断时的真实概率（不写更快）")
    ] = True,
    truth: Annotated[
        bool, typer.Option("--truth", help="另写叙述中每句说法的真实含义和位置")
    ] = False,
) -> None:
    """生成一个模拟县的案件（全部为虚构）。"""
    from zaojie_cases.commands.progress import progress_line  # noqa: PLC0415
    from zaojie_cases.simulate import load_preset, write_county  # noqa: PLC0415

    county = load_preset(preset)
    with progress_line() as progress:
        task = progress.add_task("正在生成", total=None)
        write_county(
            out,
            cases=cases,
            seed=seed,
            preset=county,
            sightings=sightings,
            oracle=oracle,
            truth=truth,
            progress=lambda n: progress.update(task, completed=n),
        )
    typer.echo(
        f"已生成 {cases} 件模拟案件（{county.title}）：{out}\n"
        f"下一步：zaojie import {out} --mapping county"
    )
