"""``zaojie import`` and ``zaojie imports``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zaojie_cases.importing.run import Imported
    from zaojie_cases.settings import Settings
    from zaojie_cases.store import ImportRow, Store


def register(app: typer.Typer) -> None:
    """Add ``import`` and ``imports`` to ``app``."""
    app.command("import")(import_file)
    group = typer.Typer(help="查看历次导入和它们的数据质量报告。")
    group.callback(invoke_without_command=True)(list_imports)
    group.command("show")(show_import)
    app.add_typer(group, name="imports")


def import_file(
    file: Annotated[Path, typer.Argument(help="来源文件：CSV、Excel、JSON Lines 或 Parquet")],
    mapping: Annotated[
        str | None,
        typer.Option(help="映射的名称，或映射文件（YAML）的路径；不写就按列名猜，再请你确认"),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="问题清单写到哪里（CSV）；默认在数据目录的 rejects 下")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="这个文件已导入过也重新读一遍")] = False,
) -> None:
    """把一个来源文件导入案件库；中断后重新运行同一命令会接着导入，重复导入不会重复登记。"""
    from zaojie_cases.commands.mapping import mapping_for  # noqa: PLC0415
    from zaojie_cases.commands.progress import followed  # noqa: PLC0415
    from zaojie_cases.errors import InputError  # noqa: PLC0415
    from zaojie_cases.importing.run import import_file as run  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault import open_vault  # noqa: PLC0415

    settings = Settings()
    chosen = mapping_for(file, mapping)
    reject_path = rejects or settings.home / "rejects" / f"{file.name}.csv"
    if reject_path.resolve() == file.resolve():
        raise InputError("问题清单不能写到来源文件上，请用 --rejects 换一个文件名。")
    with Store(settings.store_url) as store:
        store.upgrade()
        done = run(
            store,
            file,
            chosen,
            rejects=reject_path,
            vault=open_vault(store, settings),
            again=again,
            shown=lambda rows, meter: followed(rows, "正在导入", meter.share),
        )
        for line in (*_told(done, reject_path), *_report_lines(store, settings, done.row)):
            typer.echo(line)


def list_imports(context: typer.Context) -> None:
    """列出历次导入：编号、状态、来源、文件、行数。"""
    if context.invoked_subcommand is not None:
        return
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.store.imports import imports  # noqa: PLC0415

    with Store(Settings().store_url) as store:
        store.upgrade()
        with store.reading() as session:
            rows = imports(session)
    for row in rows:
        state = "完成" if row.finished_at else "未完成，重新运行同一导入命令可接着导入"
        typer.echo(
            f"{row.import_id}  {row.started_at:%Y-%m-%d %H:%M}  {row.source_system}  "
            f"{row.file_name}  到第 {row.last_row} 行  {state}"
        )
    if not rows:
        typer.echo("还没有导入过。用 zaojie import 文件 --mapping 映射 导入。")


def show_import(
    number: Annotated[str, typer.Argument(metavar="编号", help="zaojie imports 列出的编号")],
) -> None:
    """再看一次导入的数据质量报告。"""
    from zaojie_cases.errors import InputError  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import ImportRow, Store  # noqa: PLC0415

    settings = Settings()
    with Store(settings.store_url) as store:
        store.upgrade()
        with store.reading() as session:
            row = session.get(ImportRow, number)
        if row is None:
            raise InputError("没有这个编号的导入：运行 zaojie imports 可看到全部编号。")
        for line in _report_lines(store, settings, row):
            typer.echo(line)


def _told(done: Imported, rejects: Path) -> Iterator[str]:
    """Yield what the import did."""
    row, count = done.row, done.row.counted
    if done.was_there:
        unchanged = count.added + count.updated + count.unchanged
        yield (
            f"这个文件已导入过（{row.finished_at:%Y-%m-%d %H:%M}），没有再读："
            f"新增 0 件，更新 0 件，未变 {unchanged} 件。要重新读一遍请加 --again"
        )
        return
    if done.lost_rejects:
        yield "上次没有导完，但问题清单被移走或改动过，所以从头重新导入"
    if done.began_after:
        yield f"上次导入到第 {done.began_after} 行，这次从下一行接着导入；以下是合计"
    yield (
        f"导入完成：新增 {count.added} 件，更新 {count.updated} 件，未变 {count.unchanged} 件，"
        f"拒绝 {count.rejected} 行，按映射跳过 {count.skipped} 行"
    )
    if not any(row.count.values()):
        yield "文件里没有数据行，请核对是不是这个文件"
    if row.reject_lines:
        yield f"有 {row.reject_lines} 处问题，清单：{rejects}"
    if count.identity_kept:
        yield f"当事人身份 {count.identity_kept} 份，已加密存入保险库"
    if count.identity_dropped:
        yield (
            f"当事人身份 {count.identity_dropped} 份没有保存："
            "要保存请先设置 ZAOJIE_VAULT_KEY（32 字节的 Base64），再导入一次"
        )


def _report_lines(store: Store, settings: Settings, row: ImportRow) -> Iterator[str]:
    """Write the report as a page; yield its short form and where the page is."""
    from zaojie_cases.quality import as_lines  # noqa: PLC0415
    from zaojie_cases.quality.files import report_of, write_report  # noqa: PLC0415

    report = report_of(store, row)
    path = write_report(report, row, settings.home / "reports" / "imports")
    yield "数据质量："
    yield from (f"  {line}" for line in as_lines(report))
    yield f"完整报告（可打印）：{path}"
