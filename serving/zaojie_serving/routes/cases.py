"""Cases and their time lines."""

from __future__ import annotations

from typing import Annotated

from fastapi import BackgroundTasks, Path, Response

from zaojie_serving.answers import CaseAnswer
from zaojie_serving.desk import Handled
from zaojie_serving.parts import CallerDep, Parts, PartsDep
from zaojie_serving.requests import CaseInput, EventInput
from zaojie_serving.routes.shared import Refusals, refusal, versioned

router = versioned("cases", "案件")

CaseId = Annotated[str, Path(description="案件编号（登记时返回的 case_id）", max_length=128)]


_REPEATED: Refusals = {200: {"model": CaseAnswer, "description": "重复发送，没有改动"}}
_UNKNOWN = refusal(404, "没有这个案件")


@router.post(
    "",
    status_code=201,
    responses=_REPEATED | refusal(409, "已登记，内容不同"),
    summary="登记案件并评分，必要时发出预警",
    description=(
        "案情简述先脱敏再保存。同一来源的同一编号重复发送不会重复登记。"
        "没有模型时照常登记，按普通时限办理。"
    ),
)
def post_case(
    body: CaseInput, parts: PartsDep, response: Response, later: BackgroundTasks
) -> CaseAnswer:
    """Register a case."""
    handled = parts.desk.register(body)
    _shadow(handled, parts, later)
    response.status_code = 201 if handled.is_new else 200
    response.headers["Location"] = f"/v1/cases/{handled.answer.case_id}"
    return handled.answer


@router.post(
    "/{case_id}/events",
    status_code=201,
    responses=_REPEATED | _UNKNOWN,
    summary="补充办理经过并重新评分",
    description="按此刻的情况重新评分：预警只会发出、升级或顺延，不会自动降级，一案一警。",
)
def post_event(
    case_id: CaseId,
    body: EventInput,
    parts: PartsDep,
    caller: CallerDep,
    response: Response,
    later: BackgroundTasks,
) -> CaseAnswer:
    """Put an event on the time line of a case."""
    handled = parts.desk.add_event(case_id, body, who=caller)
    _shadow(handled, parts, later)
    response.status_code = 201 if handled.is_new else 200
    return handled.answer


@router.get(
    "/{case_id}",
    responses=_UNKNOWN,
    summary="查看案件、最近评分和预警",
    description="案情简述是脱敏后的文字；评分理由的位置以它为准。",
)
def get_case(case_id: CaseId, parts: PartsDep) -> CaseAnswer:
    """Show a case in full."""
    return parts.desk.case(case_id)


def _shadow(handled: Handled, parts: Parts, later: BackgroundTasks) -> None:
    """Hand a scored case to the challenger when the answer has left."""
    if handled.trial is not None:
        later.add_task(parts.shadow.take, handled.trial)
