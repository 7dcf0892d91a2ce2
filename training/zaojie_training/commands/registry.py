"""``zaojie gates``, ``challenge``, ``promote``, ``rollback``, ``registry check``."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from zaojie_training.commands.shared import PolicyFile

if TYPE_CHECKING:
    from zaojie_training.clearing import Waiver
    from zaojie_training.gates import Gate

# Heavy modules are imported inside the commands, so that ``zaojie --help`` stays quick.
# ruff: noqa: PLC0415

By = Annotated[str, typer.Option(help="谁做的，写姓名；记入发布记录")]
Waived = Annotated[
    list[str] | None,
    typer.Option("--waive", help="放行的门槛名，可写多次；all 是全部未通过的。要写 --reason"),
]
Reason = Annotated[str, typer.Option(help="理由；记入发布记录")]
Yes = Annotated[bool, typer.Option("--yes", help="不再询问")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("gates", help="显示一个版本的各项门槛：通过、未通过、未评估。")(gates)
    app.command("challenge", help="把候选模型作为 challenger，由服务在后台试评分。")(challenge)
    app.command("promote", help="批准 challenger；两个人批准后成为 champion，服务随即换用。")(
        promote
    )
    app.command("rollback", help="退回上一版 champion，服务随即换用。")(rollback)
    registry = typer.Typer(no_args_is_help=True)
    registry.command("check", help="核对 MLflow 和服务目录与发布记录是否一致。")(check)
    registry.callback()(_group)
    app.add_typer(registry, name="registry", help="核对发布记录。")


def _group() -> None:
    """Keep ``check`` a subcommand although it is the only one."""


def gates(
    alias: Annotated[str, typer.Option(help="看哪个别名的版本")] = "candidate",
    policy: PolicyFile = None,
) -> None:
    """Show the gates of a registered version."""
    from zaojie_cases.settings import Settings
    from zaojie_models.policy import load_policy
    from zaojie_training.clearing import gates_of
    from zaojie_training.journal import Journal
    from zaojie_training.tracking import Tracking

    settings, rules = Settings(), load_policy(policy).gates
    tracking = Tracking(settings)
    champion = Journal(settings.bundles).standing().champion
    version = tracking.version(alias)
    show_gates(gates_of(tracking, version.run_id, champion, rules, _now()))


def challenge(by: By, waive: Waived = None, reason: Reason = "", policy: PolicyFile = None) -> None:
    """Let the candidate be scored in shadow."""
    from zaojie_cases.settings import Settings
    from zaojie_models.policy import load_policy
    from zaojie_training.promote import challenge as run

    rules = load_policy(policy).gates
    done = run(Settings(), by=by, rules=rules, now=_now(), waiver=_waiver(waive, reason))
    show_gates(done.gates)
    Console(stderr=True).print(
        f"第 {done.release.number} 版（模型包 {done.release.bundle}）现在是 challenger："
        "服务在回复之后用它试评分。过几天用 zaojie shadow 比较，"
        "再由两个人各运行一次 zaojie promote --by 姓名。"
    )


def promote(
    by: By,
    second: Annotated[
        str | None, typer.Option(help="另一个批准人，两人同时在场时用；不写就等他另行批准")
    ] = None,
    waive: Waived = None,
    reason: Reason = "",
    policy: PolicyFile = None,
    yes: Yes = False,
) -> None:
    """Approve the challenger; the second person's approval makes it the champion."""
    from zaojie_cases.settings import Settings
    from zaojie_models.policy import load_policy
    from zaojie_training.commands.train import evaluate
    from zaojie_training.promote import promote as run

    console = Console(stderr=True)
    if not yes:
        evaluate("challenger")
        gates("challenger", policy)
        if not typer.confirm("批准这一版？"):
            console.print("没有批准，champion 不变。")
            return
    done = run(
        Settings(),
        by=[by] if second is None else [by, second],
        rules=load_policy(policy).gates,
        now=_now(),
        waiver=_waiver(waive, reason),
    )
    what = f"第 {done.release.number} 版（模型包 {done.release.bundle}）"
    names = "、".join(done.approvers)
    if done.is_champion:
        console.print(f"{what}已发布为 champion，批准人：{names}。")
    else:
        console.print(
            f"{what}已由 {names} 批准；{done.missing}：zaojie promote --by 姓名，14 天内有效。"
        )


def rollback(by: By, reason: Annotated[str, typer.Option(help="为什么退回；记入发布记录")]) -> None:
    """Let the release before serve again."""
    from zaojie_cases.settings import Settings
    from zaojie_training.publish import follow
    from zaojie_training.rollback import rollback as run

    settings, console = Settings(), Console(stderr=True)
    done = run(settings, by=by, reason=reason, now=_now())
    console.print(
        f"已退回第 {done.champion.number} 版（模型包 {done.champion.bundle}），服务随即换用；"
        f"第 {done.replaced.number} 版是 previous，再运行一次可换回。"
    )
    if not follow(settings, done.step):
        console.print(
            "连不上 MLflow，它的别名没有跟上。连通后请运行 zaojie registry check --mend。"
        )


def check(
    mend: Annotated[
        bool, typer.Option("--mend", help="把别名、指针和服务目录改回记录的样子")
    ] = False,
    by: Annotated[str | None, typer.Option(help="谁修复的；不写用登录名")] = None,
) -> None:
    """Compare MLflow and the serving store with the record; exit code 2 if they differ."""
    from zaojie_cases.settings import Settings
    from zaojie_training import registry_check

    found = (
        registry_check.mend(Settings(), by=by or getpass.getuser(), now=_now())
        if mend
        else registry_check.check(Settings())
    )
    for sentence in found:
        typer.echo(sentence)
    if found:
        raise typer.Exit(2)
    typer.echo("MLflow 的别名、服务目录的指针和模型包，都与发布记录一致。")


def show_gates(found: Sequence[Gate]) -> None:
    """Print each gate: name, value, limit, verdict, and why."""
    table = Table(title="门槛", title_justify="left")
    table.add_column("名称", no_wrap=True)
    for title in ("内容", "结果值", "限值", "结论", "说明"):
        table.add_column(title)
    for gate in found:
        value = "–" if gate.value is None else f"{gate.value:.3f}"
        verdict = gate.verdict.label + ("，必须评估" if gate.required and gate.blocks else "")
        table.add_row(gate.name, gate.title, value, gate.bound, verdict, gate.note)
    Console().print(table)


def _waiver(gates: list[str] | None, reason: str) -> Waiver | None:
    from zaojie_training.clearing import Waiver

    return Waiver(tuple(gates), reason) if gates else None


def _now() -> datetime:
    from zaojie_cases.record import SHANGHAI

    return datetime.now(SHANGHAI)
