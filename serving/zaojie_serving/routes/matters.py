"""Group matters: what many registrations of one place are about, for programs and on a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from zaojie_cases.errors import ZaojieError
from zaojie_cases.hotspots import close_matter, list_matters, show_matter
from zaojie_cases.hotspots.tables import GroupMatterRow
from zaojie_serving.cursors import CursorQuery, Cursors, Moment
from zaojie_serving.errors import NotFoundError
from zaojie_serving.forms import FormDep, checked
from zaojie_serving.matter_answers import GroupMatterAnswer, GroupMattersAnswer, answer_of
from zaojie_serving.pages import Pages
from zaojie_serving.parts import CallerDep, Parts, PartsDep
from zaojie_serving.routes.shared import Refusals, refusal, versioned
from zaojie_serving.word_requests import ClosingInput, RowId

router = versioned("group-matters", "群体事项")
page = APIRouter(include_in_schema=False)

MatterId = Annotated[str, Path(description="群体事项编号", max_length=128)]

SHOWN = 30
"""Matters on the page, the latest growth first."""
DAYS_SHOWN = 21
"""Days drawn on the page, up to the last registration."""
_UNKNOWN = refusal(404, "没有这个群体事项")
_REPEATED: Refusals = {200: {"model": GroupMatterAnswer, "description": "重复发送，没有改动"}}
_PURPOSE = "群体事项只用于合并答复，不改变任何案件的评分，不得用于评价个人。"
_CURSORS = Cursors(tuple[Moment, RowId])


@router.get(
    "",
    summary="需要统一答复的群体事项",
    description=f"最近有新登记的在前；翻页时原样带上 next_cursor。{_PURPOSE}",
)
def get_matters(
    parts: PartsDep,
    region: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9]{2}([0-9]{2}){0,2}0{0,6}$",
            description="区划代码，县级或以上；没有地点的事项不在任何区划内",
        ),
    ] = None,
    is_open: Annotated[
        bool | None,
        Query(alias="open", description="true 只看待答复，false 只看已关闭，不填都看"),
    ] = None,
    cursor: CursorQuery = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数")] = 50,
) -> GroupMattersAnswer:
    """List group matters, a page at a time."""
    within = region.ljust(12, "0") if region else None
    state = None if is_open is None else "open" if is_open else "closed"
    after = _CURSORS.place(cursor)
    with parts.store.reading() as session:
        return _page(session, state=state, within=within, after=after, limit=limit)


def _page(session: Session, *, limit: int, **wanted: Any) -> GroupMattersAnswer:  # noqa: ANN401
    found = list_matters(session, most=limit + 1, **wanted)
    page = found[:limit]
    return GroupMattersAnswer(
        matters=[answer_of(matter) for matter in page],
        next_cursor=(
            _CURSORS.after((page[-1].last_seen, page[-1].matter_id)) if len(found) > limit else None
        ),
    )


@router.get("/{matter_id}", responses=_UNKNOWN, summary="查看群体事项", description=_PURPOSE)
def get_matter(matter_id: MatterId, parts: PartsDep) -> GroupMatterAnswer:
    """Show one group matter."""
    with parts.store.reading() as session:
        return _matter(session, matter_id)


@router.post(
    "/{matter_id}/closing",
    status_code=201,
    responses=_REPEATED | _UNKNOWN,
    summary="关闭群体事项",
    description="写明依据，例如已统一答复；之后又有新的集中登记时会重新打开。",
)
def post_closing(
    matter_id: MatterId,
    body: ClosingInput,
    parts: PartsDep,
    caller: CallerDep,
    response: Response,
) -> GroupMatterAnswer:
    """Close a group matter."""
    answer, is_new = _close(parts, matter_id, body, caller)
    response.status_code = 201 if is_new else 200
    return answer


def _matter(session: Session, matter_id: str) -> GroupMatterAnswer:
    if session.get(GroupMatterRow, matter_id) is None:
        raise NotFoundError("没有这个编号的群体事项，请核对编号。")
    return answer_of(show_matter(session, matter_id))


def _close(
    parts: Parts, matter_id: str, word: ClosingInput, caller: str
) -> tuple[GroupMatterAnswer, bool]:
    """Close a matter; tell whether that is news."""
    with parts.store.session() as session:
        _matter(session, matter_id)
        is_new = close_matter(session, matter_id, by=word.signed(caller), why=word.why)
        return _matter(session, matter_id), is_new


class MatterForm(ClosingInput):
    """The closing form of the page."""

    matter_id: RowId


@page.get("/matters", response_class=HTMLResponse)
def show_matters(request: Request, parts: PartsDep, closed: bool = False) -> HTMLResponse:
    """Show the group matters that need an answer, or those that were closed."""
    pages: Pages = request.app.state.pages
    return pages.matters(_content(parts, closed=closed))


@page.post("/matters", response_class=HTMLResponse)
def close_from_page(
    request: Request, parts: PartsDep, caller: CallerDep, form: FormDep
) -> Response:
    """Close a group matter from the page."""
    pages: Pages = request.app.state.pages
    try:
        word = checked(MatterForm, form)
        _close(parts, word.matter_id, word, caller)
    except ZaojieError as error:
        content = _content(parts, closed=False, trouble=error.message)
        return pages.matters(content, status=error.http_status)
    return RedirectResponse("/matters", status_code=303)


def _content(parts: Parts, *, closed: bool, trouble: str | None = None) -> dict[str, Any]:
    with parts.store.reading() as session:
        found = _page(session, limit=SHOWN, state="closed" if closed else "open")
    return {
        "cards": [{"matter": matter, "days": _days(matter)} for matter in found.matters],
        "more": found.next_cursor is not None,
        "closed": closed,
        "purpose": _PURPOSE,
        "trouble": trouble,
    }


def _days(matter: GroupMatterAnswer) -> list[dict[str, Any]]:
    """Return the last days, empty ones too, each with its height in twentieths."""
    counts = {one.day: one.count for one in matter.by_day}
    if not counts:
        return []
    first, last = min(counts), max(counts)
    number = min((last - first).days + 1, DAYS_SHOWN)
    days = [last - timedelta(days=back) for back in reversed(range(number))]
    top = max(counts.get(day, 0) for day in days)
    return [
        {"day": day, "count": n, "height": -(-20 * n // top)}
        for day in days
        for n in [counts.get(day, 0)]
    ]
