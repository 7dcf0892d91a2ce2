"""What the routers of the versioned API have in common."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from zaojie_serving.problems import MEDIA_TYPE, Problem

# The gate checks the key before routing; these two tell the documents page how to send it.
_SHOWN = [
    Security(APIKeyHeader(name="X-API-Key", auto_error=False, description="密钥")),
    Security(HTTPBearer(auto_error=False, description="密钥作为 Bearer 令牌")),
]
Refusals = dict[int | str, dict[str, Any]]


def refusal(status: int, text: str) -> Refusals:
    """Return how the documents describe one refusal."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"model": Problem, "description": text, "content": {MEDIA_TYPE: schema}}}


NOT_READY = refusal(503, "暂时不能服务")


def versioned(name: str, tag: str) -> APIRouter:
    """Return a router for ``/v1/<name>``.

    The whole path is the router's own, so that logs and figures show it.
    """
    refusals = (
        refusal(400, "请求读不懂")
        | refusal(401, "需要密钥")
        | refusal(413, "请求体太大")
        | refusal(422, "请求内容不符合规定")
        | NOT_READY
    )
    return APIRouter(prefix=f"/v1/{name}", tags=[tag], responses=refusals, dependencies=_SHOWN)
