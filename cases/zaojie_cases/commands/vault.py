"""``zaojie vault``: keys, opening, the reading log, rights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zaojie_cases.record import Party
    from zaojie_cases.settings import Settings
    from zaojie_cases.vault import KeyRing
    from zaojie_cases.vault.audit import Checked

_MOST_NAMED = 20
_ROLES = {"applicant": "申请人", "respondent": "被申请人", "other": "其他当事人"}
_FIELDS = {
    "name": "姓名",
    "id_type": "证件类型",
    "id_no": "证件号码",
    "phone": "电话",
    "address": "住址",
    "sex": "性别",
    "ethnicity": "民族",
    "education": "学历",
    "category": "人员类别",
}


def register(app: typer.Typer) -> None:
    """Add the commands of ``vault`` to ``app``."""
    group = typer.Typer(no_args_is_help=True, help="身份保险库：密钥、查看、审计、数据库权限。")
    group.command("new-key")(new_key)
    group.command("status")(status)
    group.command("rotate")(rotate_key)
    group.command("open")(open_case)
    group.command("audit")(audit)
    group.command("grants")(grant)
    app.add_typer(group, name="vault")


def new_key(
    out: Annotated[Path, typer.Option(help="密钥写到哪个文件；已有的文件不会覆盖")],
) -> None:
    """生成一把新的保险库密钥。"""
    from zaojie_cases.vault.keys import write_new_key  # noqa: PLC0415

    write_new_key(out)
    typer.echo(
        f"新密钥已写入 {out}，只有您能读。\n"
        "请马上另存一份到安全的地方：密钥丢失，身份就再也打不开。\n"
        f"使用：设置 ZAOJIE_VAULT_KEY_FILE={out.resolve()}；已有旧密钥时，运行 "
        f"zaojie vault rotate --new-key-file {out}"
    )


def status() -> None:
    """看保险库用哪把密钥、各有多少条记录；不需要密钥。"""
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault.register import keys_held  # noqa: PLC0415
    from zaojie_cases.vault.rotation import rows_by_key  # noqa: PLC0415

    with Store(Settings().store_url) as store:
        store.upgrade()
        with store.reading() as session:
            held, counts = keys_held(session), rows_by_key(session)
    if not counts:
        typer.echo("保险库是空的，还没有用过密钥。")
    for key_id, (parties, texts, casts) in counts.items():
        state = "在用" if held and key_id == held[-1] else "待换下"
        typer.echo(
            f"密钥 {key_id}（{state}）：当事人 {parties} 份，封存案情 {texts} 份，"
            f"代称对照 {casts} 份"
        )
    if len(held) > 1:
        typer.echo("轮换还没有完成：请再运行一次 zaojie vault rotate。在此之前两把密钥都要保留。")


def rotate_key(
    new_key_file: Annotated[Path, typer.Option(help="新密钥的文件（zaojie vault new-key 生成）")],
    batch: Annotated[int, typer.Option(min=1, max=5000, help="每批多少条；每批一次提交")] = 500,
) -> None:
    """换密钥：全部记录改用新密钥封存。可以随时中断，再运行一次会接着做完。"""
    from functools import partial  # noqa: PLC0415

    from zaojie_cases.commands.progress import progress_line  # noqa: PLC0415
    from zaojie_cases.errors import StoreError  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault.relink import refresh_link_keys  # noqa: PLC0415
    from zaojie_cases.vault.rotation import rotate  # noqa: PLC0415

    settings = Settings()
    ring = _turned(settings, new_key_file)
    with Store(settings.store_url) as store, progress_line() as line:
        store.upgrade()
        task = line.add_task("正在换密钥", total=None)
        done = rotate(
            store,
            ring,
            batch=batch,
            on_retoken=partial(refresh_link_keys, ring),
            progress=lambda count: line.advance(task, count),
        )
    typer.echo(
        f"已改用新密钥封存：当事人 {done.parties} 份，案情 {done.texts} 份，"
        f"代称对照 {done.casts} 份"
    )
    if done.damaged:
        raise StoreError(
            f"有 {done.damaged} 条记录已损坏，打不开，原样留着：旧密钥先不要销毁。所属案件："
            f"{'、'.join(sorted(done.damaged_cases)[:_MOST_NAMED])}。"
            "请从备份恢复这些记录后再运行一次；恢复不了的，用 zaojie forget 删除所属案件"
        )
    _say_what_next(ring, new_key_file)


def _turned(settings: Settings, new_key_file: Path) -> KeyRing:
    """Return the keys of the settings with the one in the file in force."""
    from zaojie_cases.errors import ConfigError  # noqa: PLC0415
    from zaojie_cases.vault import VaultKey, ring_of  # noqa: PLC0415
    from zaojie_cases.vault.keys import read_key_file  # noqa: PLC0415

    ring = ring_of(settings)
    if ring is None:
        raise ConfigError(
            "换密钥要先给出原来的密钥：请设置 ZAOJIE_VAULT_KEY_FILE", field="ZAOJIE_VAULT_KEY"
        )
    new = VaultKey(read_key_file(new_key_file, "--new-key-file"))
    if [key.id for key in ring] == [new.id]:
        raise ConfigError(
            "这把密钥就是在用的密钥，没有什么要换，也不要销毁它："
            "要换密钥，请先用 zaojie vault new-key 生成一把新的",
            field="--new-key-file",
        )
    return ring.turned_to(new)


def _say_what_next(ring: KeyRing, new_key_file: Path) -> None:
    typer.echo(
        f"轮换已完成，在用的密钥：{ring.current.id}\n"
        f"1. 把 ZAOJIE_VAULT_KEY_FILE 改为 {new_key_file.resolve()}，去掉 ZAOJIE_VAULT_KEY 和 "
        "ZAOJIE_VAULT_OLD_KEY_FILE，重启服务\n"
        "2. 运行 zaojie vault status，确认只剩这一把密钥\n"
        "3. 仍用旧密钥封存的备份到期清除后，销毁旧密钥：shred -u 旧密钥文件；"
        "密钥管理系统和纸质副本里的也要销毁，并登记销毁人和时间"
    )


def open_case(
    case: Annotated[str, typer.Argument(help="案件编号（case_id，或来源系统里的编号）")],
    purpose: Annotated[str, typer.Option(help="用途，如 调解联络、核实身份、当事人申请查询")],
    reader: Annotated[str, typer.Option(help="查看人：工号或账号")],
    role: Annotated[str, typer.Option(help="查看人的角色，如 调解员、中心负责人")],
    note: Annotated[str, typer.Option(help="补充说明；其中的个人信息会被遮盖")] = "",
) -> None:
    """查看一件案件的当事人身份；先记入审计，再显示。"""
    from zaojie_cases.errors import ConfigError  # noqa: PLC0415
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault import open_vault  # noqa: PLC0415
    from zaojie_cases.vault.finding import case_id_of_either  # noqa: PLC0415

    settings = Settings()
    with Store(settings.store_url) as store:
        store.upgrade()
        vault = open_vault(store, settings)
        if vault is None:
            raise ConfigError(
                "没有保险库密钥，打不开：请设置 ZAOJIE_VAULT_KEY_FILE", field="ZAOJIE_VAULT_KEY"
            )
        with store.reading() as session:
            case_id = case_id_of_either(session, case)
        parties = vault.read(case_id, reader=reader, role=role, purpose=purpose, note=note)
    typer.echo(f"案件 {case_id}：当事人 {len(parties)} 人。本次查看已记入审计。")
    for party in parties:
        typer.echo(_shown(party))


def _shown(party: Party) -> str:
    known = (
        f"{_FIELDS[name]} {party.identity[name]}" for name in _FIELDS if name in party.identity
    )
    return f"{_ROLES[party.role]}：{'，'.join(known)}"


def audit(
    case: Annotated[str | None, typer.Option(help="只看这一件案件的查看记录")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="核对记录有没有被改动")] = False,
    noted: Annotated[str | None, typer.Option(help="以前抄下的链尾：一并核对它还在不在")] = None,
) -> None:
    """列出谁在什么时候、为什么查看过当事人身份。"""
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault.audit import check_readings, check_receipts, readings  # noqa: PLC0415
    from zaojie_cases.vault.finding import case_id_of_either  # noqa: PLC0415

    with Store(Settings().store_url) as store:
        store.upgrade()
        with store.reading() as session:
            if verify or noted is not None:
                _verified("查看记录", check_readings(session, noted))
                _verified("删除和封存回执", check_receipts(session))
                return
            case_id = case_id_of_either(session, case) if case else None
            for row in readings(session, case_id):
                note = f"，说明：{row.note}" if row.note else ""
                typer.echo(
                    f"{row.read_id}  {row.at:%Y-%m-%d %H:%M:%S}  案件 {row.case_id or '（已删除）'}"
                    f"  {row.reader}（{row.role or '未记角色'}）  {row.purpose}，"
                    f"{row.parties} 人{note}"
                )


def _verified(what: str, checked: Checked) -> None:
    from zaojie_cases.errors import StoreError  # noqa: PLC0415

    kinds = {"changed": "被改动或调换", "missing": "缺失"}
    if checked.faults:
        told = "、".join(f"第 {f.number} 条{kinds[f.kind]}" for f in checked.faults[:20])
        raise StoreError(
            f"{what}不可信：{told}，共 {len(checked.faults)} 处。"
            "请保留现场，与备份比对，并报告负责人"
        )
    if checked.noted_found is False:
        raise StoreError(
            f"{what}里没有您抄下的链尾：整条链可能被重写过。请保留现场，与备份比对，并报告负责人"
        )
    typer.echo(
        f"{what} {checked.links} 条，没有改动。链尾：{checked.head}（请抄存，下次用 --noted 核对）"
    )


def grant(
    service_role: Annotated[str, typer.Option(help="服务连接数据库用的角色")],
    vault_role: Annotated[str, typer.Option(help="打开保险库用的角色")] = "zaojie_vault",
    apply: Annotated[bool, typer.Option("--apply", help="直接执行；不加则只打印")] = False,
) -> None:
    """打印或执行 PostgreSQL 授权：服务只能封存，只有保险库角色能打开。"""
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415
    from zaojie_cases.vault import grants  # noqa: PLC0415

    statements = grants.grants(service_role, vault_role)
    if not apply:
        typer.echo("\n".join(f"{statement};" for statement in statements))
        return
    with Store(Settings().store_url) as store:
        store.upgrade()
        with store.session() as session:
            count = grants.apply(session, statements)
    typer.echo(f"已执行 {count} 条授权语句。以后升级数据库后请再执行一次。")
