"""``zaojie joint``: one dispute registered in several counties, dealt with as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from zaojie_cases.commands.opening import open_store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from zaojie_cases.joint import JointView
    from zaojie_cases.joint.view import MemberView

Number = Annotated[str, typer.Argument(metavar="联合编号", help="联合案件的编号")]
Region = Annotated[str, typer.Option("--as-region", help="本中心所在县（市、区）的区划代码")]
By = Annotated[str, typer.Option("--by", help="经办人")]
Why = Annotated[str, typer.Option("--why", help="理由")]

_STATES = {"proposed": "待接受", "active": "办理中", "closed": "已办结", "dissolved": "已解散"}
_STATUS = {"open": "办理中", "settled": "已调解成功", "failed": "调解未成", "void": "已撤销"}
_SUBJECTS = {"start": "联合办理", "lead": "更换牵头中心", "shares": "工作量分成"}
_STEPS = {"offered": "提议", "accepted": "同意", "refused": "拒绝"}


def register(app: typer.Typer) -> None:
    """Add ``joint`` to ``app``."""
    group = typer.Typer(
        help="跨区域联合办理：同一纠纷在两地登记，合为一件，一方牵头，其他方协办。",
        no_args_is_help=True,
    )
    group.command("propose")(propose)
    group.command("accept")(accept)
    group.command("refuse")(refuse)
    group.command("lead")(offer_lead)
    group.command("shares")(offer_shares)
    group.command("close")(close)
    group.command("list")(list_all)
    group.command("show")(show)
    app.add_typer(group, name="joint")


def propose(
    cases: Annotated[list[str], typer.Argument(metavar="案件编号...", help="第一件是本中心的")],
    by: By,
    why: Why,
    lead: Annotated[
        str | None, typer.Option(help="牵头中心的区划代码；不填则按纠纷发生地或最先登记地")
    ] = None,
) -> None:
    """提议联合办理；提议的中心即视为同意，其他中心接受后生效。"""
    from zaojie_cases.joint import joint_view, propose_joint  # noqa: PLC0415
    from zaojie_cases.joint.book import proposer_of  # noqa: PLC0415

    with open_store() as store, store.session() as session:
        number = propose_joint(session, cases, by=by, why=why, lead=lead)
        view = joint_view(session, number, as_region=proposer_of(session, number))
    typer.echo("\n".join(_described(view)))


def accept(number: Number, region: Region, by: By, why: Why) -> None:
    """同意正在等待答复的提议（联合办理、更换牵头中心或分成）。"""
    from zaojie_cases.joint import accept as step  # noqa: PLC0415

    _do(number, region, lambda session: step(session, number, region=region, by=by, why=why))


def refuse(number: Number, region: Region, by: By, why: Why) -> None:
    """拒绝正在等待答复的提议，或收回自己的提议；拒绝联合办理则联合案件解散。"""
    from zaojie_cases.joint import refuse as step  # noqa: PLC0415

    _do(number, region, lambda session: step(session, number, region=region, by=by, why=why))


def offer_lead(
    number: Number,
    new: Annotated[str, typer.Argument(metavar="新牵头", help="新的牵头中心的区划代码")],
    region: Region,
    by: By,
    why: Why,
) -> None:
    """提议更换牵头中心；各方都同意后生效。"""
    from zaojie_cases.joint import offer_lead as step  # noqa: PLC0415

    _do(number, region, lambda session: step(session, number, new, region=region, by=by, why=why))


def offer_shares(
    number: Number,
    shares: Annotated[list[str], typer.Argument(metavar="区划=百分比...", help="如 360102=60")],
    region: Region,
    by: By,
    why: Why,
) -> None:
    """提议工作量分成（合计 100）；各方都同意后生效。"""
    from zaojie_cases.joint import offer_shares as step  # noqa: PLC0415

    wanted = _parsed(shares)
    _do(
        number,
        region,
        lambda session: step(session, number, wanted, region=region, by=by, why=why),
    )


def close(number: Number, region: Region, by: By, why: Why) -> None:
    """办结联合案件（由牵头中心）。"""
    from zaojie_cases.joint import close as step  # noqa: PLC0415

    _do(number, region, lambda session: step(session, number, region=region, by=by, why=why))


def list_all(
    region: Region,
    every: Annotated[bool, typer.Option("--all", help="已办结和已解散的也列出")] = False,
) -> None:
    """列出本中心参与的联合案件。"""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from zaojie_cases.joint import list_joint  # noqa: PLC0415

    with open_store() as store, store.reading() as session:
        views = list_joint(session, as_region=region, ended=every)
    if not views:
        typer.echo("本中心没有需要办理的联合案件")
        return
    table = Table()
    table.add_column("联合编号", no_wrap=True, min_width=22)
    for name in ("状态", "牵头", "参与", "期限", "等待答复"):
        table.add_column(name, overflow="fold")
    for view in views:
        table.add_row(
            view.joint_no,
            _STATES[view.state],
            view.lead_region[:6],
            "、".join(side.region for side in view.sides),
            str(view.due_on or ""),
            _SUBJECTS[view.offer.subject] if view.offer else "",
        )
    Console().print(table)


def show(number: Number, region: Region) -> None:
    """查看一件联合案件；各方都接受之前，只有类型、规模、地区、日期、状态和期限。"""
    from zaojie_cases.joint import joint_view  # noqa: PLC0415

    with open_store() as store, store.reading() as session:
        typer.echo("\n".join(_described(joint_view(session, number, as_region=region))))


def _parsed(shares: list[str]) -> dict[str, int]:
    from zaojie_cases.errors import InputError  # noqa: PLC0415

    pairs = [text.partition("=") for text in shares]
    if not all(percent.isascii() and percent.isdigit() for _, _, percent in pairs):
        raise InputError("分成请写成 区划代码=百分比，例如 360102=60 360103=40", field="shares")
    return {code: int(percent) for code, _, percent in pairs}


def _do(number: str, region: str, step: Callable[[Session], None]) -> None:
    from zaojie_cases.joint import joint_view  # noqa: PLC0415

    with open_store() as store, store.session() as session:
        step(session)
        view = joint_view(session, number, as_region=region)
    typer.echo("\n".join(_described(view)))


def _described(view: JointView) -> list[str]:
    lines = [
        f"{view.joint_no}  {_STATES[view.state]}",
        f"期限：{view.due_on or '无'}（取各方中较严的）",
    ]
    for side in view.sides:
        share = "" if side.share_percent is None else f"，分成 {side.share_percent}%"
        yes = f"{side.accepted_at:%Y-%m-%d} 接受" if side.accepted_at else "尚未接受"
        lines.append(f"{'牵头' if side.is_lead else '协办'}：{side.region}，{yes}{share}")
    lines += [line for member in view.members for line in _member(member)]
    if view.offer:
        agreed = "、".join(code[:6] for code in view.offer.agreed)
        so_far = f"{agreed} 已同意" if agreed else "尚无中心同意"
        lines.append(f"等待答复：{_SUBJECTS[view.offer.subject]}（{so_far}）")
    lines.append("经过：")
    for step in view.trail:
        subject, _, done = step.what.partition(" ")
        said = f"{_STEPS[done]}{_SUBJECTS[subject]}" if done else "办结"
        why = "（理由在各方接受后可见）" if step.why is None else step.why
        by = f"{step.region_code[:6]} {step.who}".strip()
        lines.append(f"  {step.at:%Y-%m-%d %H:%M} {by} {said}：{why}")
    return lines


def _member(member: MemberView) -> list[str]:
    parts = [
        f"案件 {member.case_id or '（编号在各方接受后可见）'}",
        member.region_code[:6],
        member.category or "类型未填",
        member.scale or "规模未填",
        f"{member.registered_at:%Y-%m-%d} 登记",
        _STATUS[member.status],
    ]
    narrative = [f"  {member.narrative}"] if member.narrative else []
    return ["，".join(parts), *narrative]
