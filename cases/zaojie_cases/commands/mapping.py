"""``zaojie mapping``, and how ``zaojie import`` finds the mapping of a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from zaojie_cases.mapping import Mapping
    from zaojie_cases.mapping.check import Trial
    from zaojie_cases.mapping.guess import Guess

_WIDE = 200
"""Columns of a table that is not shown on a terminal: nothing is cut."""
_HOW_TO = "请用 --mapping 名称或文件 指定，或运行 zaojie mapping new {file} 起草一个。"


def register(app: typer.Typer) -> None:
    """Add ``mapping`` with its commands to ``app``."""
    group = typer.Typer(help="映射：来源文件的哪一列是什么。", no_args_is_help=True)
    group.command("list")(list_mappings)
    group.command("show")(show_mapping)
    group.command("check")(check_mapping)
    group.command("new")(new_mapping)
    app.add_typer(group, name="mapping")


def mapping_for(file: Path, name: str | None) -> Mapping:
    """Return the mapping ``name``; without a name, ask for the one that fits ``file``.

    Raises ``MappingError`` or ``InputError``.
    """
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415

    return choose_mapping(file) if name is None else load_mapping(name)


def choose_mapping(file: Path) -> Mapping:
    """Return the mapping that fits ``file``, guessed and then confirmed on the terminal.

    Raises ``MappingError`` if nothing fits, if nobody can be asked, or if the answer is no.
    """
    from zaojie_cases.errors import MappingError  # noqa: PLC0415
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415
    from zaojie_cases.mapping.guess import equally_good, rank_mappings  # noqa: PLC0415

    guesses = rank_mappings(file)
    best = equally_good(guesses)
    if not best:
        raise MappingError(_nothing_fits(file, guesses))
    for one in best:
        _show_guess(file, one)
    names = "、".join(one.mapping.name for one in best)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        how = f"请核对上表，用 --mapping {best[0].mapping.name} 确认；都不对时" + _HOW_TO
        many = f"有 {len(best)} 个映射差不多都适用（{names}），" if len(best) > 1 else ""
        raise MappingError(many + how.format(file=file))
    chosen = _asked(best, names)
    if chosen is None:
        raise MappingError("没有导入。" + _HOW_TO.format(file=file))
    return load_mapping(chosen.mapping.name)


def _asked(best: tuple[Guess, ...], names: str) -> Guess | None:
    if len(best) == 1:
        sure = typer.confirm(f"按映射 {names} 导入，对吗？")
        return best[0] if sure else None
    typer.echo(f"这 {len(best)} 个映射差不多都适用：{names}")
    answer = typer.prompt("用哪一个？请输入名称；都不对请输入 0", default="0", show_default=False)
    return next((one for one in best if one.mapping.name == answer.strip()), None)


def _nothing_fits(file: Path, guesses: tuple[Guess, ...]) -> str:
    near = max(guesses, key=lambda one: one.share)
    if not near.found:
        return f"没有一个自带的映射认得 {file.name} 的列。" + _HOW_TO.format(file=file)
    lacks = f"，缺少必需的列：{'、'.join(near.missing)}" if near.missing else ""
    return (
        f"没有合适的映射。最接近的是 {near.mapping.name}"
        f"（{near.mapping.title}）：认出 {len(near.found)} 列{lacks}。" + _HOW_TO.format(file=file)
    )


def _show_guess(file: Path, guess: Guess) -> None:
    from zaojie_cases.mapping.guess import head_of, header_of  # noqa: PLC0415
    from zaojie_cases.mapping.uses import samples_of, uses_of  # noqa: PLC0415

    rows = head_of(file)
    header = header_of(rows)
    table = _table(
        f"{file.name} → {guess.mapping.name}（{guess.mapping.title}），吻合 {guess.share:.0%}",
        "来源的列",
        "成为",
        "例子（已遮盖个人信息）",
    )
    for use in uses_of(guess.mapping, header):
        if use.column in header:
            table.add_row(use.column, use.becomes, samples_of(use, rows))
    _console().print(table)


def list_mappings() -> None:
    """列出自带的映射。"""
    from zaojie_cases.mapping import load_mapping, shipped_mappings  # noqa: PLC0415

    table = _table("自带的映射", "名称", "来源", "可训练的目标")
    for mapping in map(load_mapping, shipped_mappings()):
        table.add_row(mapping.name, mapping.title, "、".join(mapping.outcomes) or "—")
    _console().print(table)


def show_mapping(
    name: Annotated[str, typer.Argument(metavar="名称或文件", help="映射的名称或 YAML 文件")],
) -> None:
    """显示一个映射：哪一列成为什么，哪些不导入、为什么。"""
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415
    from zaojie_cases.mapping.uses import uses_of  # noqa: PLC0415

    mapping = load_mapping(name)
    needed = mapping.required_columns()
    table = _table(
        f"{mapping.name}（{mapping.title}）第 {mapping.version} 版", "列", "必需", "成为"
    )
    for use in uses_of(mapping, ()):
        becomes = f"{use.becomes}（只进保险库）" if use.identity else use.becomes
        table.add_row(use.column, "是" if use.column in needed else "", becomes)
    _console().print(table)


def check_mapping(
    name: Annotated[str, typer.Argument(metavar="名称或文件", help="映射的名称或 YAML 文件")],
    data: Annotated[Path | None, typer.Option(help="用这个文件的前 200 行试读，不入库")] = None,
) -> None:
    """检查映射；给出数据文件时试读，看各项填了多少、哪些代码不认得。"""
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415
    from zaojie_cases.mapping.check import try_mapping  # noqa: PLC0415

    mapping = load_mapping(name)
    typer.echo(f"映射 {mapping.name} 写法正确（第 {mapping.version} 版）。")
    if data is None:
        return
    trial = try_mapping(mapping, data)
    typer.echo(
        f"试读 {trial.rows} 行：能成为案件 {trial.cases} 行，按映射跳过 {trial.skipped} 行，"
        f"拒绝 {trial.rows - trial.cases - trial.skipped} 行"
    )
    _show_trial(mapping, trial)


def _show_trial(mapping: Mapping, trial: Trial) -> None:
    from zaojie_cases.labels import EVENTS, FIELDS, field_name  # noqa: PLC0415

    table = _table("各项填写情况", "项目", "字段", "有值", "占比")
    for field in mapping.fields:
        table.add_row(FIELDS.get(field, field), field, *_share(trial.filled[field], trial.cases))
    if mapping.parties:
        table.add_row("当事人（只进保险库）", "parties", *_share(trial.with_parties, trial.cases))
    console = _console()
    console.print(table)
    for kind, count in trial.events.items():
        typer.echo(f"时间线·{EVENTS.get(kind, kind)}：{count} 条")
    for (code, value), count in sorted(trial.outcomes.items()):
        typer.echo(f"结果 {code} = {value}：{count} 条")
    for (field, code), count in trial.unknown.most_common():
        typer.echo(f"不认得的代码：{FIELDS.get(field, field)} {code or '（空）'}，{count} 行")
    for (field, reason), count in trial.faults.most_common():
        typer.echo(f"问题：{field_name(field)}：{reason}，{count} 处")


def new_mapping(
    file: Annotated[Path, typer.Argument(help="来源文件")],
    out: Annotated[
        Path | None, typer.Option(help="草稿写到哪里（.yaml）；默认按文件名，写在当前目录")
    ] = None,
) -> None:
    """按列名和内容起草一个映射，由人核对。"""
    from zaojie_cases.errors import InputError  # noqa: PLC0415
    from zaojie_cases.mapping import parse_mapping  # noqa: PLC0415
    from zaojie_cases.mapping.draft import draft_mapping, name_for  # noqa: PLC0415
    from zaojie_cases.mapping.guess import equally_good, rank_mappings  # noqa: PLC0415
    from zaojie_cases.text_files import check_not_onto, written_whole  # noqa: PLC0415

    name = name_for(out or file)
    path = out or Path(f"{name}.yaml")
    check_not_onto(file, path)
    if path.exists():
        raise InputError(f"{path.name} 已经存在，不会覆盖：请用 --out 换一个文件名。")
    draft = draft_mapping(file, name)
    parse_mapping(draft, path.name)
    with written_whole(path) as text:
        text.write(draft)
    typer.echo(f"草稿已写到 {path}。请逐行核对，再运行 zaojie mapping check {path} --data {file}")
    fitting = equally_good(rank_mappings(file))
    if fitting:
        typer.echo(f"也可以不用草稿：自带的映射 {fitting[0].mapping.name} 适用于这个文件。")


def _share(count: int, total: int) -> tuple[str, str]:
    return str(count), f"{count / total:.0%}" if total else "—"


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, highlight=False)
