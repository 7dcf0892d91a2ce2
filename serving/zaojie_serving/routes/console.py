"""The console: today's warnings on one page."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from zaojie_cases import codes
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store.tables import CaseRow
from zaojie_models.score import Level
from zaojie_serving.alerts import State
from zaojie_serving.highlight import pieces_of
from zaojie_serving.pages import Pages
from zaojie_serving.parts import Parts, PartsDep
from zaojie_serving.tables import WarningRow
from zaojie_serving.warning_list import counts_by_level, standing

router = APIRouter(include_in_schema=False)

MOST_SHOWN = 200
_TARGETS = {
    "harm": "伤害",
    "breakdown": "调解破裂",
    "recurrence": "反复发生",
    "overdue": "超期未结",
    "attention": "多人关注",
}
_CLOCKS = (
    ("sign_by", "签收"),
    ("contact_by", "联系"),
    ("plan_by", "方案"),
    ("review_by", "复核"),
)


@router.get("/", response_class=HTMLResponse)
def console(request: Request, parts: PartsDep) -> HTMLResponse:
    """Show the standing warnings: level, reasons, addressee, clocks."""
    pages: Pages = request.app.state.pages
    return pages.console(_content(parts, datetime.now(SHANGHAI)))


def _content(parts: Parts, now: datetime) -> dict[str, Any]:
    midnight = datetime.combine(now.date(), time(), SHANGHAI)
    with parts.store.reading() as session:
        rows = standing(session, MOST_SHOWN)
        today = counts_by_level(session, WarningRow.issued_at >= midnight)
        open_now = counts_by_level(session, WarningRow.state != State.CLOSED.value)
    cards = [_card(warning, case, now) for warning, case in rows]
    scorer, refusal = parts.champion.current, parts.champion.refusal
    return {
        "now": now,
        "levels": [
            {
                "code": level.value,
                "name": level.label,
                "today": today.get(level, 0),
                "open": open_now.get(level, 0),
                "cards": [card for card in cards if card["level"] is level],
            }
            for level in Level
            if level is not Level.NONE
        ],
        "hidden": sum(open_now.values()) - len(cards),
        "version": scorer.version if scorer else None,
        "trouble": refusal.reason if refusal else (None if scorer else parts.champion.why_not()),
        "mlflow_url": str(parts.settings.mlflow_url) if parts.settings.mlflow_url else None,
    }


def _card(warning: WarningRow, case: CaseRow, now: datetime) -> dict[str, Any]:
    clocks = [(name, getattr(warning, field)) for field, name in _CLOCKS]
    return {
        "level": Level(warning.level),
        "state": State(warning.state).label,
        "warning": warning,
        "case_no": case.source_case_no,
        "category": codes.category_name(case.category_code) if case.category_code else "未分类",
        "pieces": pieces_of(
            case.narrative_masked, [(r["kind"], r["spans"]) for r in warning.reasons]
        ),
        "reasons": [
            {"label": _label(reason["kind"], reason["target"]), "text": reason["text"]}
            for reason in warning.reasons
        ],
        "clocks": [
            {"name": name, "at": at, "late": _is_late(warning, name, at, now)}
            for name, at in clocks
            if at is not None
        ],
        "expired": warning.valid_until < now,
    }


def _label(kind: str, target: str | None) -> str:
    """Return what a reason is, in Chinese: a rule, or a word or fact and what it points to."""
    name = {"rule": "触发规则", "word": "案情用语", "fact": "办理情况"}[kind]
    return f"{name}（{_TARGETS.get(target, target)}）" if target else name


def _is_late(warning: WarningRow, name: str, at: datetime, now: datetime) -> bool:
    """Tell whether a step is overdue; signing and contact are known to be done or not."""
    done = {"签收": {State.SIGNED, State.CONTACTED}, "联系": {State.CONTACTED}}
    return at < now and State(warning.state) not in done.get(name, set())
