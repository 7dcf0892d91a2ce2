"""Pairs of registrations that may be one dispute, as people see them: read a page at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

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
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from zaojie_cases.codes import category_name
from zaojie_cases.linking.clusters import Pair, pair_of
from zaojie_cases.linking.weights import Reason, load_weights
from zaojie_cases.store.link_keys import parts_of
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkRow
from zaojie_cases.store.tables import CaseRow

Place = tuple[float, str, str]
"""Where a pair stands in the list: its probability, then its ids."""
_PairRow = Row[str, str, float, int | None]


class Wanted(NamedTuple):
    """Which pairs are asked for.

    ``undecided``: True for those that no clerk has decided, False for the others.
    ``decided_anyway``: what a clerk has decided is shown whatever its probability.
    """

    undecided: bool | None
    least: float
    decided_anyway: bool = True


@dataclass(frozen=True, slots=True)
class Side:
    """One registration, as little of it as is needed to recognise it."""

    case_id: str
    source_system: str
    source_case_no: str
    place: str | None
    kind: str | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class PairReport:
    """Two registrations: how likely they are one dispute, why, and what a clerk said.

    Without reasons they were never compared: a clerk alone says so.
    """

    earlier: Side
    later: Side
    probability: float
    reasons: tuple[Reason, ...]
    decided: LinkDecisionRow | None
    place: Place


def page_of(
    session: Session, wanted: Wanted, *, most: int, after: Place | None = None
) -> list[PairReport]:
    """Return ``most`` pairs that come ``after`` a place, the most probable first."""
    pairs = _pairs()
    conditions = _conditions(pairs, wanted)
    if after is not None:
        conditions.append(_after(pairs, after))
    return _reports(session, _rows(session, pairs, conditions, most))


def count_of(session: Session, wanted: Wanted) -> int:
    """Return how many pairs there are."""
    pairs = _pairs()
    chosen = select(func.count()).select_from(pairs).where(*_conditions(pairs, wanted))
    return session.scalar(chosen) or 0


def pairs_of(session: Session, case_id: str, most: int | None = None) -> list[PairReport]:
    """Return the pairs that a case is in, the most probable first, what is separated last."""
    pairs = _pairs()
    member = or_(pairs.c.one == case_id, pairs.c.other == case_id)
    return _reports(session, _rows(session, pairs, [member], most))


def decided_pair(session: Session, one: str, other: str) -> PairReport:
    """Return a pair that a clerk has decided."""
    pairs, (one, other) = _pairs(), pair_of(one, other)
    this = and_(pairs.c.one == one, pairs.c.other == other)
    (found,) = _reports(session, _rows(session, pairs, [this], 1))
    return found


def sides_of(session: Session, case_ids: Iterable[str]) -> dict[str, Side]:
    """Return the registrations by their ids."""
    found: dict[str, Side] = {}
    for ids in parts_of(sorted(case_ids)):
        rows = session.scalars(select(CaseRow).where(CaseRow.case_id.in_(ids)))
        found |= {row.case_id: _side(row) for row in rows}
    return found


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


def _conditions(pairs: Subquery, wanted: Wanted) -> list[ColumnElement[bool]]:
    decided = pairs.c.decision_id.is_not(None)
    likely = pairs.c.chance >= wanted.least
    conditions = [or_(decided, likely) if wanted.decided_anyway else likely]
    if wanted.undecided is not None:
        conditions.append(~decided if wanted.undecided else decided)
    return conditions


def _after(pairs: Subquery, place: Place) -> ColumnElement[bool]:
    chance, one, other = place
    same_one = and_(pairs.c.one == one, pairs.c.other > other)
    same_chance = and_(pairs.c.chance == chance, or_(pairs.c.one > one, same_one))
    return or_(pairs.c.chance < chance, same_chance)


def _rows(
    session: Session,
    pairs: Subquery,
    conditions: Iterable[ColumnElement[bool]],
    most: int | None,
) -> list[Any]:
    surest_first = (pairs.c.chance.desc(), pairs.c.one, pairs.c.other)
    chosen = select(pairs).where(*conditions).order_by(*surest_first).limit(most)
    return list(session.execute(chosen).all())


def _reports(session: Session, rows: Collection[_PairRow]) -> list[PairReport]:
    ids = {case_id for row in rows for case_id in (row.one, row.other)}
    sides, levels = sides_of(session, ids), _levels(session, [(row.one, row.other) for row in rows])
    words: dict[int, LinkDecisionRow] = {}
    for numbers in parts_of([row.decision_id for row in rows if row.decision_id is not None]):
        said = select(LinkDecisionRow).where(LinkDecisionRow.decision_id.in_(numbers))
        words |= {word.decision_id: word for word in session.scalars(said)}
    return [
        _report(
            row,
            (sides[row.one], sides[row.other]),
            levels.get(pair_of(row.one, row.other)),
            words.get(row.decision_id),
        )
        for row in rows
    ]


def _levels(session: Session, pairs: Collection[Pair]) -> dict[Pair, dict[str, Any]]:
    """Return the levels of those of the pairs, in their one order, that were compared."""
    found = {}
    both_ways = [way for pair in pairs for way in (pair, pair[::-1])]
    for part in parts_of(both_ways):
        of_pair = tuple_(LinkRow.earlier_id, LinkRow.later_id).in_(part)
        for link in session.scalars(select(LinkRow).where(of_pair)):
            found[pair_of(link.earlier_id, link.later_id)] = link.levels
    return found


def _report(
    row: _PairRow,
    sides: tuple[Side, Side],
    levels: dict[str, Any] | None,
    word: LinkDecisionRow | None,
) -> PairReport:
    earlier, later = sorted(sides, key=lambda side: (side.registered_at, side.case_id))
    reasons = load_weights().reasons(levels) if levels is not None else ()
    place = row.chance, row.one, row.other
    return PairReport(earlier, later, row.chance, reasons, word, place)


def _side(row: CaseRow) -> Side:
    return Side(
        row.case_id,
        row.source_system,
        row.source_case_no,
        row.place or None,
        category_name(row.category_code) if row.category_code else row.judicial_type,
        row.registered_at,
    )
