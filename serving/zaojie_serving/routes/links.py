"""Registrations that may be the same dispute, for programs and on a page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select

from zaojie_cases.errors import ZaojieError
from zaojie_cases.linking.pairs import Wanted
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import CaseRow
from zaojie_serving.cursors import CursorQuery
from zaojie_serving.forms import FormDep, checked
from zaojie_serving.link_answers import CaseLinksAnswer, LinkAnswer, LinksAnswer
from zaojie_serving.link_book import links_of, page_of, take_word
from zaojie_serving.pages import Pages
from zaojie_serving.parts import CallerDep, Parts, PartsDep
from zaojie_serving.routes.cases import CaseId
from zaojie_serving.routes.shared import Refusals, refusal, versioned
from zaojie_serving.word_requests import LinkDecisionInput

router = versioned("links", "同一纠纷")
of_case = versioned("cases", "同一纠纷")
page = APIRouter(include_in_schema=False)

LIKELY = 0.5
"""Less likely pairs are not worth a clerk's time unless asked for."""
SHOWN = 30
"""Pairs on the page; the next ones move up as these are decided."""
_UNKNOWN = refusal(404, "没有这个案件")
_REPEATED: Refusals = {200: {"model": LinkAnswer, "description": "重复发送，没有改动"}}


@router.get(
    "",
    summary="疑似同一纠纷的登记",
    description=(
        "成对列出，可能性大的在前；翻页时原样带上 next_cursor。"
        "只按案件查，不能按人查；不含案情简述。"
    ),
)
def get_links(
    parts: PartsDep,
    undecided: Annotated[
        bool | None, Query(description="true 只看待确认，false 只看已决定，不填都看")
    ] = None,
    min_probability: Annotated[
        float, Query(ge=0, le=1, description="待确认的最低可能性；已决定的不受此限")
    ] = LIKELY,
    cursor: CursorQuery = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页对数")] = 50,
) -> LinksAnswer:
    """List pairs, a page at a time."""
    with parts.store.reading() as session:
        return page_of(session, Wanted(undecided, min_probability), cursor, limit)


@of_case.get(
    "/{case_id}/links",
    responses=_UNKNOWN,
    summary="一件登记可能与哪些登记是同一纠纷",
    description="可能性大的在前，含可能性小的和已决定的，最多 200 对。",
)
def get_links_of_case(case_id: CaseId, parts: PartsDep) -> CaseLinksAnswer:
    """List the pairs of one case."""
    with parts.store.reading() as session:
        return CaseLinksAnswer(links=links_of(session, case_id))


@router.post(
    "/decisions",
    status_code=201,
    responses=_REPEATED | _UNKNOWN,
    summary="确认两件登记是同一纠纷，或把它们分开",
    description=(
        "人的决定优先于比对，以后再导入什么都不变；后一次决定代替前一次，前一次留有记录。"
        "同样的决定重复发送不会重复记录。下一次给其中任一案件评分时即生效。"
        "确认的两件登记分属两个县（市、区）、都还没有办结的，自动提议联合办理，编号见 joint_no。"
    ),
)
def post_decision(
    body: LinkDecisionInput, parts: PartsDep, caller: CallerDep, response: Response
) -> LinkAnswer:
    """Keep a clerk's word on a pair."""
    answer, is_new = _decide(parts, body, caller)
    response.status_code = 201 if is_new else 200
    return answer


def _decide(parts: Parts, word: LinkDecisionInput, caller: str) -> tuple[LinkAnswer, bool]:
    with parts.store.session() as session:
        return take_word(session, word, word.signed(caller), datetime.now(SHANGHAI))


@page.get("/links", response_class=HTMLResponse)
def show_links(request: Request, parts: PartsDep, decided: bool = False) -> HTMLResponse:
    """Show the pairs that wait for a clerk, or those that were decided."""
    pages: Pages = request.app.state.pages
    return pages.links(_content(parts, decided=decided))


@page.post("/links", response_class=HTMLResponse)
def decide_link(request: Request, parts: PartsDep, caller: CallerDep, form: FormDep) -> Response:
    """Take the word of a clerk from the page."""
    pages: Pages = request.app.state.pages
    try:
        _decide(parts, checked(LinkDecisionInput, form, many="case_ids"), caller)
    except ZaojieError as error:
        content = _content(parts, decided=False, trouble=error.message)
        return pages.links(content, status=error.http_status)
    return RedirectResponse("/links", status_code=303)


def _content(parts: Parts, *, decided: bool, trouble: str | None = None) -> dict[str, Any]:
    with parts.store.reading() as session:
        found = page_of(session, Wanted(not decided, LIKELY), None, SHOWN)
        ids = {side.case_id for link in found.links for side in (link.earlier, link.later)}
        told = select(CaseRow.case_id, CaseRow.narrative_masked).where(CaseRow.case_id.in_(ids))
        narratives = {row.case_id: row.narrative_masked for row in session.execute(told)}
    return {
        "links": found.links,
        "more": found.next_cursor is not None,
        "narratives": narratives,
        "decided": decided,
        "trouble": trouble,
    }
