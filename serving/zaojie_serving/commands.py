"""Commands of the service: ``zaojie serve``, ``zaojie key`` and ``zaojie shadow``.

What they need is imported when they run, so that ``zaojie --help`` stays quick.
"""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this room to ``app``."""
    keys = typer.Typer(no_args_is_help=True)
    keys.command("new", help="发放一个密钥；只显示这一次。")(_key_new)
    keys.command("revoke", help="撤销一个密钥，立即生效。")(_key_revoke)
    app.add_typer(keys, name="key", help="发放和撤销接口密钥。")
    app.command("serve", help="启动评分服务：收案件、发预警，首页看今日预警。")(_serve)
    app.command("shadow", help="比较 champion 与 challenger：等级、排序、概率差多少。")(_shadow)


def _serve(
    host: Annotated[
        str | None, typer.Option(help="监听地址，不填为 127.0.0.1（只限本机）。")
    ] = None,
    port: Annotated[int | None, typer.Option(help="监听端口，不填为 8000；0 为自动选择。")] = None,
    demo: Annotated[bool | None, typer.Option("--demo", help="演示：本机访问不验密钥。")] = None,
    mlflow_url: Annotated[
        str | None, typer.Option("--mlflow-url", help="MLflow 页面的地址，显示为首页上的链接。")
    ] = None,
) -> None:
    from zaojie_serving.server import serve, settings_of  # noqa: PLC0415

    serve(settings_of(host=host, port=port, demo=demo, mlflow_url=mlflow_url))


def _key_new(
    name: Annotated[str, typer.Option(help="给谁用，例如 hotline12345；会记在预警的经过里。")],
) -> None:
    from zaojie_serving.server import keys, settings_of  # noqa: PLC0415

    with keys(settings_of()) as found:
        typer.echo(found.new(name))
    typer.echo("请立即妥善保存：密钥只显示这一次，库里只存摘要。", err=True)


def _key_revoke(name: Annotated[str, typer.Option(help="密钥名称。")]) -> None:
    from zaojie_serving.server import keys, settings_of  # noqa: PLC0415

    with keys(settings_of()) as found:
        found.revoke(name)
    typer.echo("已撤销。")


def _shadow() -> None:
    from rich.console import Console  # noqa: PLC0415

    from zaojie_serving.server import settings_of  # noqa: PLC0415
    from zaojie_serving.shadow_show import show_shadow  # noqa: PLC0415

    show_shadow(settings_of(), Console())
