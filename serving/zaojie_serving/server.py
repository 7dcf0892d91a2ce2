"""Running the service in this process: its settings, its address, its end."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import typer
import uvicorn
from pydantic import ValidationError

from zaojie_cases.errors import ConfigError
from zaojie_cases.store import Store
from zaojie_serving.app import create_app
from zaojie_serving.errors import AddressError
from zaojie_serving.findings import findings_of
from zaojie_serving.keys import Keys
from zaojie_serving.settings import ServingSettings

GRACE_SECONDS = 10
"""How long requests in progress may take when the service is stopped."""


def settings_of(**options: str | int | bool | None) -> ServingSettings:
    """Return the settings; options that were given come before the environment.

    Raises ConfigError that names the wrong setting and never its value.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return ServingSettings.model_validate(given)
    except ValidationError as error:
        first = findings_of(error.errors())[0]
        raise ConfigError(f"设置不对：{first.message}", field=first.field) from error


@contextmanager
def keys(settings: ServingSettings) -> Iterator[Keys]:
    """Open the keys of the store of ``settings``."""
    with Store(settings.store_url) as store:
        store.upgrade()
        yield Keys(store)


def serve(settings: ServingSettings) -> None:
    """Serve until Ctrl-C or a signal to end; requests in progress are finished first.

    Raises AddressError when the address cannot be used, ConfigError when the service would
    be open to strangers.
    """
    with closing(listen(settings.host, settings.port)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings),
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
        raise AddressError(_why_not(error, port), field="port") from error


def _why_not(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65_535 else port - 1
        return (
            f"端口 {port} 已被占用。请停掉占用它的程序，或换一个端口，"
            f"例如 zaojie serve --port {other}。"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"没有权限使用端口 {port}。请换用 1024 以上的端口，例如 zaojie serve --port 8000。"
    return "这台机器不能使用所填的监听地址。请核对 --host；只在本机使用时填 127.0.0.1。"


def _greet(settings: ServingSettings, port: int) -> None:
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{port}"
    typer.echo(f"早解服务：{address}　接口文档：{address}/docs　按 Ctrl-C 停止。")
    if not settings.demo:
        typer.echo("每次请求都要带密钥；没有密钥请运行 zaojie key new --name 名称。")
