"""Pairs of registrations that may be the same dispute: a page of them, and a clerk's word.

Read in SQL, a page at a time: the command line's list is made of all pairs of the store.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from zaojie_cases.codes import category_name
from zaojie_cases.linking.clusters import pair_of
from zaojie_cases.linking.weights import load_weights
from zaojie_cases.masking import mask
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkRow
from zaojie_cases.store.links import decide
from zaojie_cases.store.tables import CaseRow
from zaojie_serving.errors import NotFoundError, RequestError
from zaojie_serving.findings import Finding
from zaojie_serving.link_answers import (
    LinkAnswer,
    LinkDecisionAnswer,
    LinkReasonAnswer,
    LinksAnswer,
    LinkState,
    RegistrationAnswer,
)
from zaojie_serving.word_requests import LinkDecisionInput

MOST_OF_CASE = 200
"""Pairs shown of one case, the most probable."""
_CURSOR = TypeAdapter(tuple[float, str, str])
_PairRow = Row[str, str, float, int | None]


class Wanted(NamedTuple):
    """Which pairs are asked for; what a clerk has decided is shown whatever its probability."""

    undecided: bool | None
    least: float


def page_of(session: Session, wanted: Wanted, cursor: str | None, limit: int) -> LinksAnswer:
    """Return the page after ``cursor``, most probable first; RequestError for a bad cursor."""
    pairs = _pairs()
    decided = pairs.c.decision_id.is_not(None)
    conditions = [or_(decided, pairs.c.chance >= wanted.least)]
    if wanted.undecided is not None:
        conditions.append(~decided if wanted.undecided else decided)
    if cursor is not None:
        conditions.append(_after(pairs, cursor))
    rows = _rows(session, pairs, conditions, limit + 1)
    page = rows[:limit]
    return LinksAnswer(
        links=_answers(session, page),
        next_cursor=_cursor_of(page[-1]) if len(rows) > limit else None,
    )


def links_of(session: Session, case_id: str) -> list[LinkAnswer]:
    """Return the pairs that a case is in; raise NotFoundError when there is no such case."""
    _require(session, {case_id}, lock=False)
    pairs = _pairs()
    member = or_(pairs.c.one == case_id, pairs.c.other == case_id)
    return _answers(session, _rows(session, pairs, [member], MOST_OF_CASE))


def take_word(
    session: Session, word: LinkDecisionInput, who: str, now: datetime
) -> tuple[LinkAnswer, bool]:
    """Keep a clerk's word; return the pair, and whether the word is new.

    The reason is masked first. Raises NotFoundError for an unknown case, InputError for a
    case and itself.
    """
    one, other = pair_of(*word.case_ids)
    _require(session, {one, other}, lock=True)
    said = (word.verdict == "same", who, mask(word.why).text)
    of_pair = and_(LinkDecisionRow.one_id == one, LinkDecisionRow.other_id == other)
    latest_first = LinkDecisionRow.decision_id.desc()
    holds = session.scalar(select(LinkDecisionRow).where(of_pair).order_by(latest_first).limit(1))
    is_new = holds is None or (holds.same, holds.who, holds.why) != said
    if is_new:
        same, who, why = said
        decide(session, one, other, same=same, who=who, why=why, at=now)
        session.flush()
    pairs = _pairs()
    this = and_(pairs.c.one == one, pairs.c.other == other)
    (answer,) = _answers(session, _rows(session, pairs, [this], 1))
    return answer, is_new


def _require(session: Session, case_ids: Collection[str], *, lock: bool) -> None:
    """Raise NotFoundError unless all cases exist; ``lock``: words on one pair take turns."""
    chosen = select(CaseRow.case_id).where(CaseRow.case_id.in_(case_ids)).order_by(CaseRow.case_id)
    found = session.scalars(chosen.with_for_update() if lock else chosen).all()
    if len(found) < len(case_ids):
        raise NotFoundError("没有这个编号的案件，请核对编号，或先登记案件。")


def _pairs() -> Subquery:
    """Select every pair: by the word that holds for it, else as the linker sees it."""
    said, found = LinkDecisionRow, LinkRow
    last = select(func.max(said.decision_id)).group_by(said.one_id, said.other_id)
    decided = select(
        said.one_id.label("one"),
        said.other_id.label("other"),
        case((said.same, 1.0), else_=0.0).label("chance"),
        said.decision_id.label("decision_id"),
    ).where(said.decision_id.in_(last))
    on_it = or_(
        and_(said.one_id == found.earlier_id, said.other_id == found.later_id),
        and_(said.one_id == found.later_id, said.other_id == found.earlier_id),
    )
    computed = select(
        found.earlier_id, found.later_id, found.probability, cast(null(), Integer)
    ).where(~exists().where(on_it))
    return union_all(decided, computed).subquery()


def _rows(
    session: Session, pairs: Subquery, conditions: Iterable[ColumnElement[bool]], limit: int
) -> list[Any]:
    surest_first = (pairs.c.chance.desc(), pairs.c.one, pairs.c.other)
    chosen = select(pairs).where(*conditions).order_by(*surest_first).limit(limit)
    return list(session.execute(chosen).all())


def _answers(session: Session, rows: Collection[_PairRow]) -> list[LinkAnswer]:
    ids = {case_id for row in rows for case_id in (row.one, row.other)}
    cases = session.scalars(select(CaseRow).where(CaseRow.case_id.in_(ids)))
    sides = {one.case_id: _side(one) for one in cases}
    found = select(LinkRow).where(LinkRow.earlier_id.in_(ids), LinkRow.later_id.in_(ids))
    levels = {pair_of(o.earlier_id, o.later_id): o.levels for o in session.scalars(found)}
    decisions = [row.decision_id for row in rows if row.decision_id is not None]
    said = select(LinkDecisionRow).where(LinkDecisionRow.decision_id.in_(decisions))
    words = {word.decision_id: word for word in session.scalars(said)}
    return [
        _answer(
            row.chance,
            (sides[row.one], sides[row.other]),
            levels.get(pair_of(row.one, row.other)),
            words.get(row.decision_id),
        )
        for row in rows
    ]


def _answer(
    chance: float,
    sides: tuple[RegistrationAnswer, RegistrationAnswer],
    levels: dict[str, Any] | None,
    word: LinkDecisionRow | None,
) -> LinkAnswer:
    earlier, later = sorted(sides, key=lambda side: (side.registered_at, side.case_id))
    reasons = load_weights().reasons(levels) if levels is not None else ()
    state = LinkState.UNDECIDED
    if word is not None:
        state = LinkState.CONFIRMED if word.same else LinkState.SEPARATED
    return LinkAnswer(
        probability=chance,
        state=state,
        earlier=earlier,
        later=later,
        reasons=[LinkReasonAnswer(text=one.says, weight=one.weight) for one in reasons],
        decision=LinkDecisionAnswer.model_validate(word) if word else None,
    )


def _side(row: CaseRow) -> RegistrationAnswer:
    return RegistrationAnswer(
        case_id=row.case_id,
        source_system=row.source_system,
        source_case_no=row.source_case_no,
        place=row.place or None,
        kind=category_name(row.category_code) if row.category_code else row.judicial_type,
        registered_at=row.registered_at,
    )


def _cursor_of(row: _PairRow) -> str:
    return base64.urlsafe_b64encode(_CURSOR.dump_json((row.chance, row.one, row.other))).decode()


def _after(pairs: Subquery, cursor: str) -> ColumnElement[bool]:
    try:
        chance, one, other = _CURSOR.validate_json(base64.urlsafe_b64decode(cursor))
    except ValueError as error:
        message = "游标不对，请原样使用上一页返回的 next_cursor。"
        finding = Finding(field="cursor", rule="cursor", message=message)
        raise RequestError(message, [finding]) from error
    same_one = and_(pairs.c.one == one, pairs.c.other > other)
    same_chance = and_(pairs.c.chance == chance, or_(pairs.c.one > one, same_one))
    return or_(pairs.c.chance < chance, same_chance)
