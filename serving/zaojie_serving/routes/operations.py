"""For those who keep the service running, and the pages of the problem types."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from sqlalchemy import text

from zaojie_serving.errors import NotFoundError
from zaojie_serving.pages import Pages
from zaojie_serving.parts import PartsDep
from zaojie_serving.problems import CATALOGUE
from zaojie_serving.routes.shared import NOT_READY

router = APIRouter(tags=["运行"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The service can score."""

    status: Literal["ready"] = "ready"
    bundle_version: str = Field(description="在用的模型包版本")
    refused: str | None = Field(description="最新指定的模型包被拒收的原因；此时仍用旧包")


class ProblemType(BaseModel):
    """What a problem code means."""

    code: str = Field(description="稳定代号")
    title: str = Field(description="哪一类问题")
    status: int = Field(description="通常的 HTTP 状态码")
    advice: str = Field(description="怎么办")


@router.get("/livez", summary="进程是否活着", description="只说明进程在应答。")
async def livez() -> Alive:
    """Tell that the process answers."""
    return Alive()


@router.get(
    "/readyz",
    responses=NOT_READY,
    summary="是否可以评分",
    description="案件库可读、模型包在用即为就绪；换包期间不会变为未就绪。",
)
def readyz(parts: PartsDep) -> Ready:
    """Tell whether the store can be read and a bundle is in use."""
    with parts.store.reading() as session:
        session.execute(text("SELECT 1"))
    scorer = parts.champion.require()
    refusal = parts.champion.refusal
    return Ready(bundle_version=scorer.version, refused=refusal.reason if refusal else None)


@router.get(
    "/metrics",
    response_class=Response,
    summary="Prometheus 指标",
    description="文本格式；不含个人信息。",
)
def metrics(parts: PartsDep) -> Response:
    """Show the figures for Prometheus."""
    return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems/{code}", include_in_schema=False)
def problem_type(code: str, request: Request) -> Response:
    """Explain a problem: a page for browsers, JSON for programs."""
    kind = CATALOGUE.get(code)
    if kind is None:
        raise NotFoundError("没有这个问题代号，请核对。")
    found = ProblemType(code=code, title=kind.title, status=kind.status, advice=kind.advice)
    if "text/html" in request.headers.get("accept", ""):
        pages: Pages = request.app.state.pages
        return pages.problem(found.model_dump())
    return Response(found.model_dump_json(), media_type="application/json")
