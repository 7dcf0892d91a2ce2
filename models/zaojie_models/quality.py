"""What a person should know about the data behind a score."""

from __future__ import annotations

import re

from zaojie_cases.record import MAX_NARRATIVE
from zaojie_cases.snapshot import Snapshot
from zaojie_cases.values import UNKNOWN_MOMENT

SHORT = 10
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def quality_notes(snapshot: Snapshot) -> tuple[str, ...]:
    """Return Chinese sentences on what is thin or missing."""
    case = snapshot.case
    chinese = len(_CHINESE.findall(case.narrative_masked))
    notes = []
    if chinese == 0:
        notes.append("叙述里没有汉字，评分只看登记信息，不可靠。")
    elif chinese < SHORT:
        notes.append("叙述很短，评分把握不大，请补充经过。")
    if len(case.narrative_masked) >= MAX_NARRATIVE:
        notes.append("叙述过长，只用了前两万字。")
    if case.category_code is None:
        notes.append("未登记纠纷类别。")
    if case.place is None:
        notes.append("未登记地点，没有用到本地办理情况。")
    if case.registered_at == UNKNOWN_MOMENT:
        notes.append("未登记时间。")
    return tuple(notes)


def unusable(snapshot: Snapshot) -> str | None:
    """Return why nothing can be said, or None."""
    if not snapshot.case.narrative_masked.strip():
        return "叙述是空的，无法评分：按普通时限办理，请补充经过。"
    return None
