"""Commands of the service: ``zaojie serve`` and ``zaojie key``."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError

from zaojie_cases.errors import ConfigError
from zaojie_cases.store import Store
from zaojie_serving.errors import AddressError
from zaojie_serving.findings import findings_of
from zaojie_serving.keys import Keys
from zaojie_serving.settings import ServingSettings

GRACE_SECONDS = 10
"""How long requests in progress may take when the service is stopped."""


def register(app: typer.Typer) -> None:
    """Add the commands of this room to ``app``."""
    keys = typer.Typer(no_args_is_help=True)
    keys.command("new")(_key_new)
    keys.command("revoke")(_key_revoke)
    app.add_typer(keys, name="key", help="发放和撤销接口密钥。")
    app.command("serve", help="启动评分服务。")(_serve)


def _serve(
    host: Annotated[
        str | None, typer.Option(help="监听地址，不填为 127.0.0.1（只限本机）。")
    ] = None,
    port: Annotated[int | None, typer.Option(help="监听端口，不填为 8000；0 为自动选择。")] = None,
    demo: Annotated[bool | None, typer.Option("--demo", help="演示：本机访问不验密钥。")] = None,
    mlflow_url: Annotated[
        str | None, typer.Option("--mlflow-url", help="MLflow 页面的地址，显示为链接。")
    ] = None,
) -> None:
    """Start the service and stay until Ctrl-C."""
    import uvicorn  # noqa: PLC0415 - slow, and only this command needs it

    from zaojie_serving.app import create_app  # noqa: PLC0415

    settings = _settings(host=host, port=port, demo=demo, mlflow_url=mlflow_url)
    with closing(listen(settings.host, settings.port)) as listener:
        app = create_app(settings)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,  # it would show query values; the service logs by itself
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        _greet(settings, listener.getsockname()[1])
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            typer.echo("服务已停止。")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at the address; raise AddressError with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise AddressError(_why_not_listening(error, port), field="port") from error


def _why_not_listening(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"端口 {port} 已被占用。请停掉占用它的程序，或换一个端口，"
            f"例如 zaojie serve --port {port + 1 if port < 65_535 else port - 1}。"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"没有权限使用端口 {port}。请换用 1024 以上的端口，例如 zaojie serve --port 8000。"
    return "这台机器不能使用所填的监听地址。请核对 --host，本机使用填 127.0.0.1。"


def _greet(settings: ServingSettings, port: int) -> None:
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{port}"
    typer.echo(f"早解服务：{address}　接口文档：{address}/docs　按 Ctrl-C 停止。")
    if not settings.demo:
        typer.echo("每次请求都要带密钥；没有密钥请运行 zaojie key new --name 名称。")


def _key_new(
    name: Annotated[str, typer.Option(help="给谁用，例如 hotline12345。")],
) -> None:
    """发放一个密钥；只显示这一次。"""
    with _keys() as keys:
        typer.echo(keys.new(name))
    typer.echo("请立即妥善保存：密钥只显示这一次，库里只存摘要。", err=True)


def _key_revoke(name: Annotated[str, typer.Option(help="密钥名称。")]) -> None:
    """撤销一个密钥，立即生效。"""
    with _keys() as keys:
        keys.revoke(name)
    typer.echo("已撤销。")


@contextmanager
def _keys() -> Iterator[Keys]:
    with Store(_settings().store_url) as store:
        store.upgrade()
        yield Keys(store)


def _settings(**options: str | int | bool | None) -> ServingSettings:
    """Return the settings; options that were given come before the environment."""
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return ServingSettings.model_validate(given)
    except ValidationError as error:
        first = findings_of(error.errors())[0]
        raise ConfigError(f"设置不对：{first.message}", field=first.field) from error
