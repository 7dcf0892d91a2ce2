"""Pairs of registrations that may be the same dispute: a page of them, and a clerk's word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import FiniteFloat
from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.joint import keep_word, running_joint
from zaojie_cases.linking import pairs
from zaojie_cases.linking.pairs import PairReport, Wanted
from zaojie_cases.store.tables import CaseRow
from zaojie_serving.cursors import Cursors
from zaojie_serving.errors import NotFoundError
from zaojie_serving.link_answers import (
    LinkAnswer,
    LinkDecisionAnswer,
    LinkReasonAnswer,
    LinksAnswer,
    LinkState,
    RegistrationAnswer,
)
from zaojie_serving.word_requests import LinkDecisionInput, RowId

MOST_OF_CASE = 200
"""Pairs shown of one case, the most probable."""
_CURSORS = Cursors(tuple[FiniteFloat, RowId, RowId])


def page_of(session: Session, wanted: Wanted, cursor: str | None, limit: int) -> LinksAnswer:
    """Return the page after ``cursor``, most probable first; RequestError for a bad cursor."""
    found = pairs.page_of(session, wanted, most=limit + 1, after=_CURSORS.place(cursor))
    page = found[:limit]
    return LinksAnswer(
        links=_answers(session, page),
        next_cursor=_CURSORS.after(page[-1].place) if len(found) > limit else None,
    )


def links_of(session: Session, case_id: str) -> list[LinkAnswer]:
    """Return the pairs that a case is in; raise NotFoundError when there is no such case."""
    _require(session, {case_id})
    return _answers(session, pairs.pairs_of(session, case_id, MOST_OF_CASE))


def take_word(
    session: Session, word: LinkDecisionInput, who: str, now: datetime
) -> tuple[LinkAnswer, bool]:
    """Keep a clerk's word; return the pair, and whether the word is new.

    Raises NotFoundError for an unknown case, InputError for a case and itself.
    """
    one, other = word.case_ids
    _require(session, {one, other})
    same = word.verdict == "same"
    kept = keep_word(session, one, other, same=same, who=who, why=word.why, at=now)
    (answer,) = _answers(session, [pairs.decided_pair(session, one, other)])
    return answer, kept.is_new


def _require(session: Session, case_ids: Collection[str]) -> None:
    """Raise NotFoundError unless all cases exist."""
    found = session.scalars(select(CaseRow.case_id).where(CaseRow.case_id.in_(case_ids))).all()
    if len(found) < len(case_ids):
        raise NotFoundError("没有这个编号的案件，请核对编号，或先登记案件。")


def _answers(session: Session, found: Sequence[PairReport]) -> list[LinkAnswer]:
    ids = {side.case_id for pair in found for side in (pair.earlier, pair.later)}
    joint = running_joint(session, ids)
    return [_answer(pair, joint) for pair in found]


def _answer(pair: PairReport, joint: dict[str, str]) -> LinkAnswer:
    word, state = pair.decided, LinkState.UNDECIDED
    if word is not None:
        state = LinkState.CONFIRMED if word.same else LinkState.SEPARATED
    one, other = (joint.get(side.case_id) for side in (pair.earlier, pair.later))
    return LinkAnswer(
        probability=pair.probability,
        state=state,
        earlier=RegistrationAnswer.model_validate(pair.earlier),
        later=RegistrationAnswer.model_validate(pair.later),
        reasons=[LinkReasonAnswer(text=one.says, weight=one.weight) for one in pair.reasons],
        decision=LinkDecisionAnswer.model_validate(word) if word else None,
        joint_no=one if one == other else None,
    )
