"""What surrounds every request: its number, its size limit, its log line, its last resort."""

from __future__ import annotations

import time
from uuid import uuid4

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from zaojie_serving.logs import place_of
from zaojie_serving.metrics import Metrics
from zaojie_serving.problems import problem

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Guard:
    """Numbers, limits, logs and measures requests, and answers what nobody else caught.

    Nothing that the caller sent is logged: the route's template stands for the path, and an
    error is logged by its kind and place. The request's number is always our own.
    """

    def __init__(
        self, app: ASGIApp, *, max_body: int, logger: FilteringBoundLogger, metrics: Metrics
    ) -> None:
        self._app = app
        self._max_body = max_body
        self._logger = logger
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answer = _Answer(send, request_id=uuid4().hex)
        scope.setdefault("state", {})["request_id"] = answer.request_id
        request = Request(scope, receive)
        try:
            if int(_declared_length(scope)) > self._max_body:
                too_large = problem(request, "ZJ6413", headers={"Connection": "close"})
                await too_large(scope, receive, answer.send)
            else:
                await self._app(scope, _limited(receive, self._max_body), answer.send)
        except Exception as error:
            self._logger.error(
                "unhandled",
                request_id=answer.request_id,
                kind=type(error).__name__,
                place=place_of(error),
            )
            if answer.status is None:
                await problem(request, "ZJ6500")(scope, receive, answer.send)
        finally:
            self._note(scope, answer, time.perf_counter() - began)

    def _note(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        status = answer.status or 499  # the caller left before an answer began
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        self._logger.info(
            "request",
            request_id=answer.request_id,
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


class _Answer:
    """Passes the answer on, adds headers to it, remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in _SAFE.items():
                headers.setdefault(name, value)
        await self._send(message)


def _declared_length(scope: Scope) -> str:
    length = Headers(scope=scope).get("content-length", "0")
    return length if length.isascii() and length.isdigit() else "0"


def _limited(receive: Receive, most: int) -> Receive:
    """Count the body as it arrives: a length may be missing or wrong."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return counted
