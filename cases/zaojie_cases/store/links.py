"""What the store keeps of linking, as it is read, and what a clerk says of a pair.

Every question here is about a case or a pair of cases. There is none about a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.ledger_entries import Linked
from zaojie_cases.linking.clusters import Pair, pair_of
from zaojie_cases.linking.matter import Decision, LaterKey
from zaojie_cases.store.link_keys import keys_of, parts_of
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkRow
from zaojie_cases.store.tables import CaseRow
from zaojie_cases.store.trails import signed


def linked(session: Session, case_ids: Collection[str]) -> dict[str, Linked]:
    """Return keys and decisions of those of the cases that have any."""
    keys: dict[str, list[str]] = defaultdict(list)
    later: dict[str, list[LaterKey]] = defaultdict(list)
    decided: dict[str, list[Decision]] = defaultdict(list)
    for ids in parts_of(list(case_ids)):
        for case_id, key, known_at in session.execute(keys_of(ids)):
            if known_at is None:
                keys[case_id].append(key)
            else:
                later[case_id].append(LaterKey(key, known_at))
        for row in session.scalars(_decisions_on(ids)):
            for one, other in ((row.one_id, row.other_id), (row.other_id, row.one_id)):
                if one in ids:
                    decided[one].append(Decision(other, row.same, row.at))
    return {
        case_id: Linked(tuple(keys[case_id]), tuple(later[case_id]), tuple(decided[case_id]))
        for case_id in {*keys, *later, *decided}
    }


def _decisions_on(ids: list[str]) -> Select[LinkDecisionRow]:
    either = or_(LinkDecisionRow.one_id.in_(ids), LinkDecisionRow.other_id.in_(ids))
    return select(LinkDecisionRow).where(either).order_by(LinkDecisionRow.decision_id)


def decide(
    session: Session, one: str, other: str, *, same: bool, who: str, why: str, at: datetime
) -> bool:
    """Write a clerk's word on a pair, the reason masked; return whether it is new.

    Just the word that holds for the pair is not written again. Raises InputError for an
    unknown case or an empty word.
    """
    if one == other:
        raise InputError("两个案件编号相同：请给出两件不同的登记", field="case_id")
    who, why = signed(who, why, "确认或分开要写明是谁、为什么：请填写 --by 和 --why")
    pair = pair_of(one, other)
    chosen = select(CaseRow.case_id).where(CaseRow.case_id.in_(pair)).order_by(CaseRow.case_id)
    if len(session.scalars(chosen.with_for_update()).all()) < len(pair):
        raise InputError("案件库里没有这个编号的案件：请核对编号", field="case_id")
    holds = _word_on(session, pair)
    if holds is not None and (holds.same, holds.who, holds.why) == (same, who, why):
        return False
    session.add(
        LinkDecisionRow(one_id=pair[0], other_id=pair[1], same=same, who=who, why=why, at=at)
    )
    session.flush()
    return True


def _word_on(session: Session, pair: Pair) -> LinkDecisionRow | None:
    """Return the decision that holds for a pair, if there is one."""
    of_pair = (LinkDecisionRow.one_id == pair[0], LinkDecisionRow.other_id == pair[1])
    latest_first = LinkDecisionRow.decision_id.desc()
    return session.scalar(select(LinkDecisionRow).where(*of_pair).order_by(latest_first).limit(1))


def decisions_of(session: Session) -> dict[Pair, LinkDecisionRow]:
    """Return the decision that holds for each decided pair."""
    rows = session.scalars(select(LinkDecisionRow).order_by(LinkDecisionRow.decision_id))
    return {(row.one_id, row.other_id): row for row in rows}


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
    for ids in parts_of(case_ids):
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
