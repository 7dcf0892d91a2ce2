"""``zaojie mask``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``mask`` to ``app``."""
    app.command("mask")(mask_file)


def mask_file(
    source: Annotated[Path, typer.Option("--in", help="JSON Lines 文件，每行含 id 和 text")],
    out: Annotated[Path, typer.Option("--out", help="结果写到哪个文件（.jsonl 或 .jsonl.gz）")],
) -> None:
    """遮盖文本中的个人信息：每行加上 masked（遮盖后的文本）和 spans（遮盖的位置）。"""
    from zaojie_cases.commands.progress import counted  # noqa: PLC0415
    from zaojie_cases.mask_lines import mask_lines  # noqa: PLC0415

    total, failed = mask_lines(source, out, lambda lines: counted(lines, "正在遮盖"))
    typer.echo(f"已处理 {total} 行，结果：{out}")
    if failed:
        typer.echo(f"其中 {failed} 行不能处理，原因写在结果的 reason 中")
