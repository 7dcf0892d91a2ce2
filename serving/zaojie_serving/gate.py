"""Who may enter: a key, or a caller on this machine in a demonstration.

The gate stands before routing and before the body is read, so that a refused caller cannot
tell what exists, nor make the service work.
"""

from __future__ import annotations

import base64
import binascii
from ipaddress import ip_address

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from zaojie_cases.errors import ConfigError, StoreError
from zaojie_serving.keys import Keys
from zaojie_serving.problems import problem
from zaojie_serving.settings import ServingSettings

DEMO_CALLER = "演示"
CONSOLE = frozenset({"/", "/links", "/matters"})
"""Pages for people, whose browser shows the key as a password."""

_OPEN = (
    "/livez",
    "/readyz",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/problems",
    "/static-offline-docs",
)
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def check_exposure(settings: ServingSettings, keys: Keys) -> None:
    """Raise ConfigError when the service would be open to strangers."""
    if is_loopback(settings.host):
        return
    if settings.demo:
        raise ConfigError(
            "--demo 不验密钥，只能在本机使用。请去掉 --demo，或把 --host 改为 127.0.0.1。",
            field="host",
        )
    if not keys.exist():
        raise ConfigError(
            "对外地址必须先有密钥。请先运行 zaojie key new --name 名称，再启动服务；"
            "只在本机使用时可用 --host 127.0.0.1。",
            field="host",
        )


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this machine and nothing else."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


class Gate:
    """Lets callers through whose key is valid; notes their name in ``request.state.caller``."""

    def __init__(self, app: ASGIApp, *, keys: Keys, demo: bool) -> None:
        self._app = app
        self._keys = keys
        self._demo = demo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or refuse it."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            caller = await self._caller(request)
        except StoreError as error:
            answer = problem(
                request, error.code, detail=error.message, headers={"Retry-After": "5"}
            )
            await answer(scope, receive, send)
            return
        if caller is None:
            scheme = "Basic" if scope["path"] in CONSOLE else "Bearer"
            headers = {"WWW-Authenticate": f'{scheme} realm="zaojie"'}
            await problem(request, "ZJ6401", headers=headers)(scope, receive, send)
            return
        request.state.caller = caller
        await self._app(scope, receive, send)

    async def _caller(self, request: Request) -> str | None:
        if self._demo and _is_local(request):
            return DEMO_CALLER
        key = _key_in(request.headers, console=request.url.path in CONSOLE)
        return await run_in_threadpool(self._keys.name_of, key) if key else None


def _is_open(path: str) -> bool:
    return any(path == start or path.startswith(f"{start}/") for start in _OPEN)


def _is_local(request: Request) -> bool:
    """Tell whether a person on this machine asks: no proxy between, no foreign name for us.

    The second check keeps a web page elsewhere from reaching us through a name that it
    points to this machine.
    """
    if request.client is None or not is_loopback(request.client.host):
        return False
    if any(name in request.headers for name in _FORWARDING):
        return False
    return request.url.hostname in _LOCAL_NAMES


def _key_in(headers: Headers, *, console: bool) -> str | None:
    """Return the key that the caller shows; a browser shows it to the console as a password."""
    if key := headers.get("x-api-key"):
        return key
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic" and console:
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
