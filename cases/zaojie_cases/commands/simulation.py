"""``zaojie simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``simulate`` to ``app``."""
    app.command("simulate")(simulate)


def simulate(
    out: Annotated[Path, typer.Option(help="写到哪个文件（.jsonl.gz）")],
    cases: Annotated[int, typer.Option(min=1, help="登记多少件案件")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="随机种子：种子相同，结果相同")] = 1,
    sightings: Annotated[
        float, typer.Option(min=0, max=1, help="另有多大比例被别的部门重复登记，或只是看着像")
    ] = 0.0,
) -> None:
    """生成一个模拟县一年的案件（全部为虚构）。"""
    from zaojie_cases.commands.progress import progress_line  # noqa: PLC0415
    from zaojie_cases.simulate import write_county  # noqa: PLC0415

    with progress_line() as progress:
        task = progress.add_task("正在生成", total=None)
        write_county(
            out,
            cases=cases,
            seed=seed,
            sightings=sightings,
            progress=lambda n: progress.update(task, completed=n),
        )
    typer.echo(f"已生成 {cases} 件模拟案件：{out}\n下一步：zaojie import {out} --mapping county")
