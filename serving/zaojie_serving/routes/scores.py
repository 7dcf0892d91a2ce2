"""Scores without storing anything."""

from __future__ import annotations

from fastapi.responses import Response

from zaojie_serving.answers import ScoresAnswer
from zaojie_serving.batch import score_rows
from zaojie_serving.parts import PartsDep
from zaojie_serving.requests import ScoresRequest
from zaojie_serving.routes.shared import versioned

router = versioned("scores", "评分")


@router.post(
    "",
    response_model=ScoresAnswer,
    summary="评分 1 至 1000 条案件，不保存",
    description="逐条评分：有错的一条标为 refused 并说明原因，不影响其余各条。结果与请求一一对应。",
)
def post_scores(body: ScoresRequest, parts: PartsDep) -> Response:
    """Score each record by itself."""
    answer = score_rows(body.rows(), parts.champion, parts.ledger, parts.metrics)
    # Written out here, in a worker thread and row by row: in one piece, a thousand answers
    # would keep every other thread of the interpreter waiting.
    rows = ",".join(row.model_dump_json() for row in answer.results)
    return Response(f'{{"results":[{rows}]}}', media_type="application/json")
