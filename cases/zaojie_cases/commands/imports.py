"""``zaojie import``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zaojie_cases.importing import RejectFile, Row
    from zaojie_cases.store import ImportCount


def register(app: typer.Typer) -> None:
    """Add ``import`` to ``app``."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="来源文件：CSV、Excel、JSON Lines 或 Parquet")],
    mapping: Annotated[str, typer.Option(help="映射的名称，或映射文件（YAML）的路径")],
    rejects: Annotated[
        Path | None, typer.Option(help="问题清单写到哪里（CSV）；默认在数据目录的 rejects 下")
    ] = None,
) -> None:
    """把一个来源文件导入案件库；重复导入不会重复登记。"""
    from zaojie_cases.commands.progress import counted  # noqa: PLC0415
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
        count = store.add_rows(counted(rows, "正在导入"), vault)
    _report(count, reject_file)


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
