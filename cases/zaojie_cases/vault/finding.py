"""Finding the case that a person means."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.store.tables import CaseRow


def case_id_of_either(session: Session, given: str) -> str:
    """Return the id of the case with the id ``given``, or with this number at its source.

    Raises InputError if there is none, or if several sources use the number.
    """
    found = session.scalar(select(CaseRow.case_id).where(CaseRow.case_id == given))
    if found is not None:
        return found
    same = session.execute(
        select(CaseRow.case_id, CaseRow.source_system).where(CaseRow.source_case_no == given)
    ).all()
    if not same:
        raise InputError("没有这个编号的案件：请核对 case_id 或来源系统里的编号", field="CASE")
    if len(same) > 1:
        listed = "、".join(f"{case_id}（{system}）" for case_id, system in same)
        raise InputError(f"几个来源都有这个编号，请改用 case_id：{listed}", field="CASE")
    return str(same[0].case_id)
