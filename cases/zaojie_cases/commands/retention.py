"""``zaojie retention`` and ``zaojie forget``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zaojie_cases.retention.forget import Forgotten
    from zaojie_cases.retention.run import Done, Plan

_NOT_OVERWRITTEN = (
    "数据库正被别的程序读着，删除的内容在数据库文件里还没有被覆盖："
    "等它结束后请运行一次 zaojie retention run"
)
_FOLDERS = {"rejects": "问题清单", "reports": "导入报告", "exports": "导出文件"}


def register(app: typer.Typer) -> None:
    """Add the commands of ``retention``, and ``forget``, to ``app``."""
    group = typer.Typer(no_args_is_help=True, help="保存期限：按策略封存、删除，启封。")
    group.command("run")(run)
    group.command("unseal")(unseal_case)
    app.add_typer(group, name="retention")
    app.command("forget")(forget_case)


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说会做什么，什么也不改")] = False,
    policy: Annotated[Path | None, typer.Option(help="保存期限策略文件（YAML）")] = None,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="每批多少件；每批一次提交")] = 500,
) -> None:
    """按保存期限封存和删除；可以随时中断，再运行一次会接着做完。"""
    from datetime import datetime  # noqa: PLC0415

    from zaojie_cases.errors import ConfigError  # noqa: PLC0415
    from zaojie_cases.record import SHANGHAI  # noqa: PLC0415
    from zaojie_cases.retention.policy import load_retention  # noqa: PLC0415
    from zaojie_cases.retention.run import Retention  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault import ring_of  # noqa: PLC0415

    settings = Settings()
    terms = load_retention(policy or settings.retention_policy)
    home, now = settings.home.resolve(), datetime.now(SHANGHAI)
    with Store(settings.store_url) as store:
        store.upgrade()
        job = Retention(store, home, terms, now, ring_of(settings), batch)
        _say_plan(job.plan(), terms.version)
        if dry_run:
            typer.echo("这是试算，什么也没有改变。")
            return
        done = job.run()
    _say_done(done)
    if done.refused:
        raise ConfigError(
            f"有 {done.refused} 件应封存的案件没有封存：没有保险库密钥。"
            "请设置 ZAOJIE_VAULT_KEY_FILE 后再运行一次；到期的删除已经照常完成",
            field="ZAOJIE_VAULT_KEY",
        )


def _say_plan(plan: Plan, version: str) -> None:
    files = "，".join(f"{_FOLDERS.get(f, f)} {count} 个" for f, count in plan.files.items())
    typer.echo(
        f"按保存期限策略 {version}：到期删除 {plan.delete} 件，到期封存 {plan.seal} 件，"
        f"到期删除的文件：{files or '无'}"
    )
    if plan.undated:
        typer.echo(
            f"另有 {plan.undated} 件已结但没有任何时间记录，不知道何时办结，没有处理："
            "请补录办结时间（closed 事件）"
        )


def _say_done(done: Done) -> None:
    typer.echo(
        f"已删除 {done.body['deleted']} 件，已封存 {done.body['sealed']} 件，"
        f"已删除文件 {sum(done.body['files'].values())} 个。回执：{done.path}"
    )
    if not done.overwritten:
        typer.echo(_NOT_OVERWRITTEN)


def unseal_case(
    case: Annotated[str, typer.Argument(help="案件编号（case_id，或来源系统里的编号）")],
    reader: Annotated[str, typer.Option(help="经办人：工号或账号")],
    role: Annotated[str, typer.Option(help="经办人的角色，如 中心负责人")],
    purpose: Annotated[str, typer.Option(help="用途，如 启封案情、依法调取")],
    note: Annotated[str, typer.Option(help="补充说明；其中的个人信息会被遮盖")] = "",
    policy: Annotated[Path | None, typer.Option(help="保存期限策略文件（YAML）")] = None,
) -> None:
    """启封一件案件的案情；先记入审计，过一段时间会重新封存。"""
    from zaojie_cases.errors import ConfigError  # noqa: PLC0415
    from zaojie_cases.retention.policy import load_retention  # noqa: PLC0415
    from zaojie_cases.retention.sealed_texts import unseal  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault import ring_of  # noqa: PLC0415
    from zaojie_cases.vault.access import load_access  # noqa: PLC0415
    from zaojie_cases.vault.audit import Reading  # noqa: PLC0415
    from zaojie_cases.vault.finding import case_id_of_either  # noqa: PLC0415

    settings = Settings()
    ring = ring_of(settings)
    if ring is None:
        raise ConfigError(
            "没有保险库密钥，不能启封：请设置 ZAOJIE_VAULT_KEY_FILE", field="ZAOJIE_VAULT_KEY"
        )
    days = load_retention(policy or settings.retention_policy).cases.reseal_after_days
    with Store(settings.store_url) as store:
        store.upgrade()
        with store.reading() as session:
            case_id = case_id_of_either(session, case)
        reading = Reading(case_id, reader, role, purpose, note)
        until = unseal(store, ring, load_access(settings.vault_policy), reading, days)
    typer.echo(f"案件 {case_id} 的案情已启封，{until:%Y-%m-%d} 之后会重新封存。已记入审计。")


def forget_case(
    case: Annotated[str, typer.Argument(help="案件编号（case_id，或来源系统里的编号）")],
    by: Annotated[str, typer.Option(help="经办人：工号或账号")],
    why: Annotated[str, typer.Option(help="理由，如 当事人申请删除；其中的个人信息会被遮盖")],
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
) -> None:
    """彻底删除一件案件：案件库、保险库、导出文件、问题清单、报告，并写回执。不能恢复。"""
    from zaojie_cases.retention.forget import forget  # noqa: PLC0415
    from zaojie_cases.retention.receipts import settle  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault.finding import case_id_of_either  # noqa: PLC0415

    settings = Settings()
    with Store(settings.store_url) as store:
        store.upgrade()
        settle(store, settings.receipts)  # if the same command was killed after its commit
        with store.reading() as session:
            case_id = case_id_of_either(session, case)
        if not yes:
            typer.confirm(f"将彻底删除案件 {case_id}，不能恢复。确定吗？", abort=True)
        _say_forgotten(forget(store, settings.home.resolve(), case_id, who=by, why=why))


def _say_forgotten(done: Forgotten) -> None:
    files = done.body["files"]
    typer.echo(
        f"已删除：数据库 {sum(done.body['tables'].values())} 行，"
        f"改写文件 {files['rewritten']} 个，删除文件 {files['deleted'] + files['cache']} 个。"
        "再次导入同一编号会被拒绝。"
    )
    for name, what in done.body["bundles"].items():
        typer.echo(f"{name} 里还有这件案件：{what}")
    if not done.overwritten:
        typer.echo(_NOT_OVERWRITTEN)
    for path in done.unsearched:
        typer.echo(f"不能搜索，请人工查看：{path}")
    typer.echo(f"回执：{done.path}\n备份里的这件案件要等备份到期清除；从备份恢复后请再运行一次。")
