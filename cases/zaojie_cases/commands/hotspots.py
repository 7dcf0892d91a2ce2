"""``zaojie hotspots``: matters that many registrations of one place are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zaojie_cases.commands.opening import open_store

if TYPE_CHECKING:
    from zaojie_cases.hotspots import GroupMatter

MatterId = Annotated[str, typer.Argument(metavar="编号", help="集中反映事项的编号")]

_NO_PLACE = "未填地点"


def register(app: typer.Typer) -> None:
    """Add ``hotspots`` to ``app``."""
    group = typer.Typer(
        help="热点：同一地方集中反映的同一事项，合并为一件，一次答复。只数登记，不数人。",
        no_args_is_help=True,
    )
    group.command("run")(run)
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("close")(close)
    app.add_typer(group, name="hotspots")


def run() -> None:
    """排查上次之后新登记的案件；可随时中断，再运行会接着做，不会重复计算。"""
    from zaojie_cases.commands.progress import progress_line  # noqa: PLC0415
    from zaojie_cases.hotspots import run as run_hotspots  # noqa: PLC0415

    with open_store() as store, progress_line() as progress:
        task = progress.add_task("正在排查热点", total=None)
        count = run_hotspots(store, progress=lambda n: progress.update(task, completed=n))
    typer.echo(
        f"已排查 {count.seen} 件新登记：新提出集中反映事项 {count.raised} 个，"
        f"重新打开 {count.reopened} 个，并入已有事项 {count.updated} 件"
    )
    if count.raised or count.reopened:
        typer.echo("下一步：zaojie hotspots list")


def list_all(
    every: Annotated[bool, typer.Option("--all", help="已关闭的也列出")] = False,
    region: Annotated[
        str | None, typer.Option(help="只看这个区划（县级或以上，6 至 12 位）里的")
    ] = None,
) -> None:
    """列出集中反映事项，最近有新登记的在前。"""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from zaojie_cases.codes import check_region  # noqa: PLC0415
    from zaojie_cases.hotspots import list_matters  # noqa: PLC0415
    from zaojie_cases.hotspots.board import STATES  # noqa: PLC0415

    within = check_region(region) if region else None
    with open_store() as store, store.reading() as session:
        matters = list_matters(session, state=None if every else "open", within=within)
    if not matters:
        typer.echo("没有集中反映事项；刚导入过案件，请先运行 zaojie hotspots run")
        return
    table = Table()
    for name in ("编号", "地点", "件数", "提出", "最近"):
        table.add_column(name, no_wrap=True)
    table.add_column("典型用语", overflow="fold")
    for matter in matters:
        closed = "" if matter.state == "open" else f"（{STATES[matter.state]}）"
        table.add_row(
            matter.matter_id,
            next(iter(matter.places), "") or _NO_PLACE,
            str(matter.count),
            *(f"{day:%Y-%m-%d}" for day in (matter.raised_at, matter.last_seen)),
            closed + "、".join(matter.words),
        )
    Console().print(table)


def show(matter_id: MatterId) -> None:
    """查看一个集中反映事项：地点、每日登记数、典型用语、案件编号、经过。"""
    from zaojie_cases.hotspots import show_matter  # noqa: PLC0415

    with open_store() as store, store.reading() as session:
        typer.echo("\n".join(_described(show_matter(session, matter_id))))


def close(
    matter_id: MatterId,
    by: Annotated[str, typer.Option("--by", help="经办人")],
    why: Annotated[str, typer.Option("--why", help="理由，例如已统一答复")],
) -> None:
    """关闭一个集中反映事项；之后若又有新的集中登记，会重新打开。"""
    from zaojie_cases.hotspots import close_matter  # noqa: PLC0415

    with open_store() as store, store.session() as session:
        is_new = close_matter(session, matter_id, by=by, why=why)
    typer.echo(f"已关闭 {matter_id}" + ("" if is_new else "（同样的关闭已经记录过，没有改动）"))


def _described(matter: GroupMatter) -> list[str]:
    from zaojie_cases.hotspots.board import STATES, STEPS  # noqa: PLC0415

    places = "，".join(f"{name or _NO_PLACE} {count} 件" for name, count in matter.places.items())
    return [
        f"{matter.matter_id}  {STATES[matter.state]}  共 {matter.count} 件登记",
        f"地点：{places}",
        f"典型用语：{'、'.join(matter.words) or '（没有足够多的登记共用的说法）'}",
        f"最早登记 {matter.first_seen:%Y-%m-%d}，{matter.raised_at:%Y-%m-%d} 提出，"
        f"最近登记 {matter.last_seen:%Y-%m-%d}",
        "每日登记：" + "，".join(f"{day:%m-%d} {n} 件" for day, n in matter.by_day.items()),
        f"最近的案件：{'、'.join(matter.sample_case_ids)}",
        "经过：",
        *(f"  {s.at:%Y-%m-%d %H:%M} {s.who} {STEPS[s.what]}：{s.why}" for s in matter.trail),
        "用途：合并答复同一事项。不得用于评价个人，也不改变任何案件的分数。",
    ]
