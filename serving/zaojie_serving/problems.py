"""Errors as ``application/problem+json`` (RFC 9457), each with a stable code and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from zaojie_cases.errors import ZaojieError
from zaojie_serving.errors import RequestError
from zaojie_serving.findings import Finding, findings_of

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """What one problem code means, and what to do."""

    title: str
    status: int
    advice: str


CATALOGUE: Mapping[str, Kind] = {
    "ZJ1000": Kind("输入的数据不对", 422, "请按 errors 中的说明改正后重发。"),
    "ZJ1100": Kind("来源映射不对", 422, "请检查映射文件与来源列是否一致。"),
    "ZJ1200": Kind("代码不在代码表中", 422, "请按接口文档的代码表填写后重发。"),
    "ZJ2000": Kind(
        "案件库暂时不能读写", 503, "请稍后重发；持续出现时请管理员检查磁盘空间和数据库。"
    ),
    "ZJ3000": Kind("模型包不可信或读不了", 503, "请管理员重新发布模型包（zaojie promote）。"),
    "ZJ4000": Kind("设置不对", 500, "请管理员检查设置、策略文件和目标文件。"),
    "ZJ5000": Kind("缺少可选部件", 501, "请管理员安装所需部件。"),
    "ZJ6400": Kind("请求读不懂", 400, "请检查请求头和请求体的写法，用 UTF-8 编码的 JSON 重发。"),
    "ZJ6401": Kind(
        "需要密钥", 401, "请在请求头 X-API-Key 中带上有效密钥；没有密钥请向管理员申请。"
    ),
    "ZJ6403": Kind("提交的来源不对", 403, "请在本系统的页面上重新填写并提交。"),
    "ZJ6404": Kind("没有找到", 404, "请核对地址和编号；接口列表见 /docs。"),
    "ZJ6405": Kind("这个地址不接受这种方法", 405, "请按接口文档换用正确的请求方法。"),
    "ZJ6409": Kind("案件已登记，内容不同", 409, "新情况请作为事件补充到原案件，不要改写登记内容。"),
    "ZJ6413": Kind("请求体太大", 413, "请分批发送，每批不超过 1000 条，并精简案情简述。"),
    "ZJ6415": Kind("请求体不是 JSON", 415, "请把 Content-Type 设为 application/json。"),
    "ZJ6422": Kind("请求内容不符合规定", 422, "请按 errors 中逐项说明改正后重发。"),
    "ZJ6500": Kind("服务内部出错", 500, "请稍后重发；持续出现时请把 request_id 告诉管理员。"),
    "ZJ6503": Kind(
        "还不能评分", 503, "请管理员先训练并发布模型（zaojie train，然后 zaojie promote）。"
    ),
}

_CODE_OF_STATUS = {400: "ZJ6400", 401: "ZJ6401", 404: "ZJ6404", 405: "ZJ6405"} | {
    413: "ZJ6413",
    415: "ZJ6415",
    422: "ZJ6422",
    503: "ZJ6503",
}


class Problem(BaseModel):
    """The body of every refusal."""

    type: str = Field(description="问题类型的地址，打开可看说明", examples=["/problems/ZJ6422"])
    code: str = Field(description="稳定代号", examples=["ZJ6422"])
    title: str = Field(description="哪一类问题", examples=["请求内容不符合规定"])
    status: int = Field(description="HTTP 状态码", examples=[422])
    detail: str = Field(description="出了什么事、该怎么办")
    request_id: str = Field(description="本次请求的编号，求助时请提供")
    errors: list[Finding] = Field(default=[], description="逐项说明；从不重复您发来的内容")


def problem(
    request: Request,
    code: str,
    *,
    detail: str | None = None,
    status: int | None = None,
    errors: Sequence[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the problem response for ``code``."""
    kind = CATALOGUE[code]
    body = Problem(
        type=f"/problems/{code}",
        code=code,
        title=kind.title,
        status=status or kind.status,
        detail=detail or kind.advice,
        request_id=request.state.request_id,
        errors=list(errors),
    )
    return JSONResponse(body.model_dump(), body.status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem."""
    app.add_exception_handler(ZaojieError, _on_own_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_own_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ZaojieError)
    headers = {"Retry-After": "5"} if error.http_status == 503 else None
    if error.http_status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    findings = error.findings if isinstance(error, RequestError) else ()
    code = error.code if error.code in CATALOGUE else "ZJ6500"
    return problem(
        request,
        code,
        detail=error.message,
        status=error.http_status,
        errors=findings,
        headers=headers,
    )


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    findings = findings_of(error.errors())
    content_type = request.headers.get("content-type", "")
    if request.method == "POST" and "json" not in content_type.lower():
        return problem(request, "ZJ6415")
    code = "ZJ6400" if any(f.rule == "json_invalid" for f in findings) else "ZJ6422"
    return problem(request, code, errors=findings)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODE_OF_STATUS.get(error.status_code, "ZJ6400")
    return problem(request, code, status=error.status_code, headers=error.headers)
