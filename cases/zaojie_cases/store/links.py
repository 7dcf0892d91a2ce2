"""What the store keeps of linking: keys made at write time, links, decisions.

Every question here is about a case or a pair of cases. There is none about a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Select, delete, insert, or_, select
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.ledger_entries import Linked
from zaojie_cases.linking.clusters import Pair, pair_of
from zaojie_cases.linking.keys import TokenOf, link_keys
from zaojie_cases.linking.matter import Decision
from zaojie_cases.masking import mask
from zaojie_cases.record import Case, Party
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkKeyRow, LinkRow
from zaojie_cases.store.tables import CaseRow

IDS_AT_ONCE = 500
"""Ids in one statement: SQLite allows 32,766 variables, older builds 999."""


def keep_keys(
    session: Session, entries: Iterable[tuple[Case, Collection[Party]]], token_of: TokenOf
) -> None:
    """Write the link keys of the cases that come with parties, in place of older ones.

    Keys are made while identity is at hand: at import, and when the vault turns its key.
    """
    made = {
        case.case_id: link_keys(case, parties, token_of) for case, parties in entries if parties
    }
    known = {case_id: one.keys for case_id, one in linked(session, made).items()}
    changed = [case_id for case_id, keys in made.items() if keys != known.get(case_id, ())]
    if not changed:
        return
    for ids in _parts(changed):
        session.execute(delete(LinkKeyRow).where(LinkKeyRow.case_id.in_(ids)))
    rows = [{"case_id": one, "link_key": key} for one in changed for key in made[one]]
    if rows:
        session.execute(insert(LinkKeyRow), rows)


def linked(session: Session, case_ids: Collection[str] | None = None) -> dict[str, Linked]:
    """Return keys and decisions of the cases that have any; of all cases without ids."""
    keys: dict[str, list[str]] = defaultdict(list)
    decided: dict[str, list[Decision]] = defaultdict(list)
    for ids in [None] if case_ids is None else _parts(list(case_ids)):
        for case_id, key in session.execute(_keys_of(ids)):
            keys[case_id].append(key)
        for row in session.scalars(_decisions_on(ids)):
            for one, other in ((row.one_id, row.other_id), (row.other_id, row.one_id)):
                if ids is None or one in ids:
                    decided[one].append(Decision(other, row.same, row.at))
    return {
        case_id: Linked(tuple(keys.get(case_id, ())), tuple(decided.get(case_id, ())))
        for case_id in {*keys, *decided}
    }


def _keys_of(ids: list[str] | None) -> Select[str, str]:
    chosen = select(LinkKeyRow.case_id, LinkKeyRow.link_key).order_by(LinkKeyRow.link_key)
    return chosen if ids is None else chosen.where(LinkKeyRow.case_id.in_(ids))


def _decisions_on(ids: list[str] | None) -> Select[LinkDecisionRow]:
    chosen = select(LinkDecisionRow).order_by(LinkDecisionRow.decision_id)
    if ids is None:
        return chosen
    either = or_(LinkDecisionRow.one_id.in_(ids), LinkDecisionRow.other_id.in_(ids))
    return chosen.where(either)


def decide(
    session: Session, one: str, other: str, *, same: bool, who: str, why: str, at: datetime
) -> None:
    """Write a clerk's word on a pair; the reason is masked first.

    Raises InputError for an unknown case or an empty word.
    """
    if one == other:
        raise InputError("两个案件编号相同：请给出两件不同的登记", field="case_id")
    if not who.strip() or not why.strip():
        raise InputError("确认或分开要写明是谁、为什么：请填写 --by 和 --why", field="why")
    for case_id in (one, other):
        if session.get(CaseRow, case_id) is None:
            raise InputError("案件库里没有这个编号的案件：请核对编号", field="case_id")
    first, second = pair_of(one, other)
    session.add(
        LinkDecisionRow(
            one_id=first,
            other_id=second,
            same=same,
            who=who.strip(),
            why=mask(why.strip()).text,
            at=at,
        )
    )


def decisions_of(session: Session) -> dict[Pair, LinkDecisionRow]:
    """Return the decision that holds for each decided pair."""
    rows = session.scalars(select(LinkDecisionRow).order_by(LinkDecisionRow.decision_id))
    return {(row.one_id, row.other_id): row for row in rows}


def computed_links(session: Session, least: float) -> dict[Pair, LinkRow]:
    """Return the links of at least probability ``least`` as the linker sees them."""
    rows = session.scalars(select(LinkRow).where(LinkRow.probability >= least))
    return {pair_of(row.earlier_id, row.later_id): row for row in rows}


def links_around(
    session: Session, case_id: str, least: float, decisions: Mapping[Pair, LinkDecisionRow]
) -> dict[Pair, LinkRow]:
    """Return all links of a case, and those of at least ``least`` that lead on from it.

    Also by way of confirmed pairs: whatever can be one dispute with the case.
    """
    confirmed = [pair for pair, row in decisions.items() if row.same]
    found = _links_of(session, [case_id], 0.0)
    reached, edge = {case_id}, {case_id}
    while edge:
        found |= (links := _links_of(session, list(edge), least))
        pairs = [*links, *(pair for pair in confirmed if edge & set(pair))]
        edge = {one for pair in pairs for one in pair} - reached
        reached |= edge
    return found


def _links_of(session: Session, case_ids: list[str], least: float) -> dict[Pair, LinkRow]:
    found: dict[Pair, LinkRow] = {}
    for ids in _parts(case_ids):
        either = or_(LinkRow.earlier_id.in_(ids), LinkRow.later_id.in_(ids))
        rows = session.scalars(select(LinkRow).where(either, LinkRow.probability >= least))
        found |= {pair_of(row.earlier_id, row.later_id): row for row in rows}
    return found


def in_force(
    links: Mapping[Pair, LinkRow], decisions: Mapping[Pair, LinkDecisionRow]
) -> dict[Pair, float]:
    """Return the probability of every link in force: confirmed is 1, separated is out."""
    chances = {pair: row.probability for pair, row in links.items()}
    chances |= {pair: 1.0 for pair, row in decisions.items() if row.same}
    return {pair: p for pair, p in chances.items() if pair not in decisions or decisions[pair].same}


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
