"""``zaojie link``: the same dispute, registered twice. About disputes only, never a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zaojie_cases.commands.opening import open_store

if TYPE_CHECKING:
    from rich.console import Console

    from zaojie_cases.joint import KeptWord
    from zaojie_cases.linking.pairs import PairReport, Side

_TOP_REASONS = 3

By = Annotated[str, typer.Option("--by", help="谁作的决定（经办人）")]
Why = Annotated[str, typer.Option("--why", help="依据什么")]
First = Annotated[str, typer.Argument(metavar="甲案", help="一件登记的案件编号")]
Second = Annotated[str, typer.Argument(metavar="乙案", help="另一件登记的案件编号")]


def register(app: typer.Typer) -> None:
    """Add ``link`` to ``app``."""
    group = typer.Typer(help="同一纠纷的重复登记：比对、查看、确认或分开。", no_args_is_help=True)
    group.command("run")(run)
    group.command("list")(list_pairs)
    group.command("show")(show)
    group.command("confirm")(confirm)
    group.command("separate")(separate)
    app.add_typer(group, name="link")


def run() -> None:
    """比对新登记的案件；可随时中断，再运行会接着做，重复运行结果不变。"""
    from zaojie_cases.commands.progress import progress_line  # noqa: PLC0415
    from zaojie_cases.linking.run import link_run  # noqa: PLC0415

    with open_store() as store, progress_line() as progress:
        task = progress.add_task("正在比对", total=None)
        count = link_run(store, lambda cases: progress.update(task, advance=cases))
    if not count.cases:
        typer.echo("没有需要比对的新登记")
        return
    typer.echo(f"比对完成：{count.cases} 件登记，找到 {count.links} 对可能是同一纠纷的登记")
    typer.echo("下一步：zaojie link list --undecided")


def list_pairs(
    least: Annotated[float, typer.Option("--min", min=0, max=1, help="最低可能性")] = 0.5,
    undecided: Annotated[bool, typer.Option("--undecided", help="只看还没有人决定的")] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="最多列出几对")] = 50,
) -> None:
    """列出可能是同一纠纷的登记，可能性大的在前。"""
    from zaojie_cases.linking.report import pairs_to_see  # noqa: PLC0415

    with open_store() as store:
        pairs, total = pairs_to_see(store, least, undecided=undecided, most=most)
        if not pairs:
            typer.echo("没有符合条件的登记；如果刚导入过案件，请先运行 zaojie link run")
            return
        _print_pairs(pairs, _TOP_REASONS)
    typer.echo(f"共 {total} 对，列出 {len(pairs)} 对")


def show(case: Annotated[str, typer.Argument(metavar="案件", help="案件编号")]) -> None:
    """查看一件登记所属的纠纷：还有哪些登记，为什么。"""
    from zaojie_cases.linking.report import dispute_of  # noqa: PLC0415

    with open_store() as store:
        report = dispute_of(store, case)
        typer.echo(f"这起纠纷共有 {len(report.registrations)} 件登记：")
        for side in report.registrations:
            typer.echo("  " + _line(side))
        if report.pairs:
            _print_pairs(report.pairs, None)


def confirm(one: First, other: Second, by: By, why: Why) -> None:
    """确认两件登记是同一纠纷；以后无论再导入什么都不变。"""
    kept = _decide(one, other, same=True, by=by, why=why)
    typer.echo("已确认：两件登记是同一纠纷" + _already(kept))
    if kept.is_proposed:
        typer.echo(
            f"两件登记分属两个县（市、区），已自动提议联合办理，编号 {kept.joint_no}。"
            "下一步由各方中心答复（接受用 accept，拒绝用 refuse）："
            f"zaojie joint accept {kept.joint_no} --as-region 区划代码 --by 经办人 --why 理由"
        )
    elif kept.joint_no:
        typer.echo(f"两件登记已在联合案件 {kept.joint_no} 里，不再另行提议")


def separate(one: First, other: Second, by: By, why: Why) -> None:
    """把两件登记分开：不是同一纠纷；以后无论再导入什么都不变。"""
    kept = _decide(one, other, same=False, by=by, why=why)
    typer.echo("已分开：两件登记不是同一纠纷" + _already(kept))
    if kept.joint_no:
        typer.echo(
            f"注意：两件登记仍在联合案件 {kept.joint_no} 里，分开不会撤销它。"
            "还没有生效的，请任一中心用 zaojie joint refuse 拒绝；"
            "办理中的，请牵头中心用 zaojie joint close 办结"
        )


def _decide(one: str, other: str, *, same: bool, by: str, why: str) -> KeptWord:
    from datetime import datetime  # noqa: PLC0415

    from zaojie_cases.joint import keep_word  # noqa: PLC0415
    from zaojie_cases.record import SHANGHAI  # noqa: PLC0415

    with open_store() as store, store.session() as session:
        now = datetime.now(SHANGHAI)
        return keep_word(session, one, other, same=same, who=by, why=why, at=now)


def _already(kept: KeptWord) -> str:
    return "" if kept.is_new else "（同样的决定已经记录过，没有改动）"


def _print_pairs(pairs: list[PairReport] | tuple[PairReport, ...], top: int | None) -> None:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("可能性", "两件登记", "理由（对数优势，合计即可能性）", show_lines=True)
    for pair in pairs:
        shown = pair.reasons if top is None else pair.reasons[: top + 1]
        reasons = [f"{reason.weight:+.1f} {reason.says}" for reason in shown]
        if top is None and pair.reasons:
            reasons.append(f"{sum(reason.weight for reason in pair.reasons):+.1f} 合计")
        if pair.decided is not None:
            word = "确认为同一纠纷" if pair.decided.same else "已分开"
            day = f"{pair.decided.at:%Y-%m-%d}"
            reasons.insert(0, f"{pair.decided.who} {day} {word}：{pair.decided.why}")
        cells = (
            f"{pair.probability:.0%}",
            f"{_line(pair.earlier)}\n{_line(pair.later)}",
            "\n".join(reasons) or "来自人工决定",
        )
        table.add_row(*map(escape, cells))
    _console().print(table)


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    return console if console.is_terminal else Console(width=200)


def _line(side: Side) -> str:
    source = f"{side.source_system} {side.source_case_no}"
    date = f"{side.registered_at:%Y-%m-%d %H:%M}"
    return "  ".join((side.case_id, source, side.place or "地点不明", side.kind or "", date))
