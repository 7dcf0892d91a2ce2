"""``zaojie score``: score the rows of a file with a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("score", help="用模型包给一个文件的每一行评分，写成 CSV。")(score)


def score(
    mapping: Annotated[str, typer.Option(help="映射名或映射文件路径")],
    bundle: Annotated[Path, typer.Option(help="模型包目录")],
    data: Annotated[Path, typer.Option(help="要评分的文件")],
    out: Annotated[Path, typer.Option(help="写到哪个 CSV 文件")],
) -> None:
    """Score every row of ``data``; one line a row, in order."""
    # Imported late, so that ``zaojie --help`` stays quick.
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415
    from zaojie_cases.text_files import check_not_onto  # noqa: PLC0415
    from zaojie_models.bundle import Bundle  # noqa: PLC0415
    from zaojie_models.scoring import score_file, write_scores  # noqa: PLC0415

    check_not_onto(data, out)
    rules = load_mapping(mapping)
    loaded = Bundle.load(bundle)
    console = Console(stderr=True)
    with console.status("正在评分…"):
        count = write_scores(loaded, score_file(loaded, data, rules), out)
    console.print(f"已评分 {count} 行，写入 {out}（模型包 {loaded.version}）。")
