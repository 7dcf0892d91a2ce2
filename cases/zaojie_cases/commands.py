"""The commands of this room: ``simulate``, ``import`` and ``mask``.

What a command needs is imported when it runs, so that ``zaojie --help`` is quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from zaojie_cases.importing import RejectFile, Row
    from zaojie_cases.store import ImportCount

Item = TypeVar("Item")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to ``app``."""
    app.command("simulate")(simulate)
    app.command("import")(import_file)
    app.command("mask")(mask_file)


def simulate(
    out: Annotated[Path, typer.Option(help="写到哪个文件（.jsonl.gz）")],
    cases: Annotated[int, typer.Option(min=1, help="登记多少件案件")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="随机种子：种子相同，结果相同")] = 1,
) -> None:
    """生成一个模拟县一年的案件（全部为虚构）。"""
    from zaojie_cases.simulate import write_county  # noqa: PLC0415

    with _progress() as progress:
        task = progress.add_task("正在生成", total=None)
        write_county(
            out, cases=cases, seed=seed, progress=lambda n: progress.update(task, completed=n)
        )
    typer.echo(f"已生成 {cases} 件模拟案件：{out}\n下一步：zaojie import {out} --mapping county")


def import_file(
    file: Annotated[Path, typer.Argument(help="来源文件：CSV、Excel、JSON Lines 或 Parquet")],
    mapping: Annotated[str, typer.Option(help="映射的名称，或映射文件（YAML）的路径")],
    rejects: Annotated[
        Path | None, typer.Option(help="问题清单写到哪里（CSV）；默认在数据目录的 rejects 下")
    ] = None,
) -> None:
    """把一个来源文件导入案件库；重复导入不会重复登记。"""
    from zaojie_cases.errors import InputError  # noqa: PLC0415
    from zaojie_cases.importing import RejectFile, read_records  # noqa: PLC0415
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault import Vault  # noqa: PLC0415

    settings = Settings()
    chosen = load_mapping(mapping)
    reject_path = rejects or settings.home / "rejects" / f"{file.name}.csv"
    if reject_path.resolve() == file.resolve():
        raise InputError("问题清单不能写到来源文件上，请用 --rejects 换一个文件名。")
    with Store(settings.store_url) as store, RejectFile(reject_path) as reject_file:
        store.upgrade()
        vault = Vault(store, settings.vault_key) if settings.vault_key else None
        rows = _noting(read_records(file, chosen), reject_file)
        count = store.add_rows(_counted(rows, "正在导入"), vault)
    _report(count, reject_file)


def mask_file(
    source: Annotated[Path, typer.Option("--in", help="JSON Lines 文件，每行含 id 和 text")],
    out: Annotated[Path, typer.Option("--out", help="结果写到哪个文件（.jsonl 或 .jsonl.gz）")],
) -> None:
    """遮盖文本中的个人信息：每行加上 masked（遮盖后的文本）和 spans（遮盖的位置）。"""
    from zaojie_cases.mask_lines import mask_lines  # noqa: PLC0415

    total, failed = mask_lines(source, out, lambda lines: _counted(lines, "正在遮盖"))
    typer.echo(f"已处理 {total} 行，结果：{out}")
    if failed:
        typer.echo(f"其中 {failed} 行不能处理，原因写在结果的 reason 中")


def _report(count: ImportCount, reject_file: RejectFile) -> None:
    typer.echo(
        f"导入完成：新增 {count.added} 件，更新 {count.updated} 件，未变 {count.unchanged} 件，"
        f"拒绝 {count.rejected} 行，按映射跳过 {count.skipped} 行"
    )
    if reject_file.count:
        typer.echo(f"有 {reject_file.count} 处问题，清单：{reject_file.path}")
    if count.identity_kept:
        typer.echo(f"当事人身份 {count.identity_kept} 份，已加密存入保险库")
    if count.identity_dropped:
        typer.echo(
            f"当事人身份 {count.identity_dropped} 份没有保存："
            "要保存请先设置 ZAOJIE_VAULT_KEY（32 字节的 Base64），再导入一次"
        )


def _noting(rows: Iterable[Row], reject_file: RejectFile) -> Iterator[Row]:
    for row in rows:
        reject_file.write(row.rejects)
        yield row


def _counted(items: Iterable[Item], what: str) -> Iterator[Item]:
    """Yield ``items`` with a line on the terminal that counts them."""
    with _progress() as progress:
        yield from progress.track(items, total=None, description=what)


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    count = TextColumn("{task.description} {task.completed:.0f} 行")
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        count,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
