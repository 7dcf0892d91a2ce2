"""What a clerk sees of links: pairs of registrations, the dispute of one, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from zaojie_cases.codes import category_name
from zaojie_cases.errors import InputError
from zaojie_cases.linking.clusters import Pair, clusters_of
from zaojie_cases.linking.weights import Reason, load_weights
from zaojie_cases.record import Case
from zaojie_cases.store import Store
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkRow
from zaojie_cases.store.links import (
    IDS_AT_ONCE,
    computed_links,
    decisions_of,
    in_force,
    links_around,
)
from zaojie_cases.store.rows import read_records, select_record
from zaojie_cases.store.tables import CaseRow


@dataclass(frozen=True, slots=True)
class Side:
    """One registration, as little of it as is needed to recognise it."""

    case_id: str
    source: str
    place: str
    kind: str
    date: str


@dataclass(frozen=True, slots=True)
class PairReport:
    """Two registrations: how likely they are one dispute, why, and what a clerk said."""

    earlier: Side
    later: Side
    probability: float
    reasons: tuple[Reason, ...]
    decided: LinkDecisionRow | None


@dataclass(frozen=True, slots=True)
class DisputeReport:
    """The registrations that are one dispute with a case, and all pairs that the case is in."""

    registrations: tuple[Side, ...]
    pairs: tuple[PairReport, ...]


def pairs_to_see(
    store: Store, least: float, *, undecided: bool, most: int
) -> tuple[list[PairReport], int]:
    """Return the surest ``most`` pairs of at least probability ``least``, and how many there are.

    ``undecided`` leaves out those that a clerk has confirmed or separated.
    """
    with store.reading() as session:
        links, decisions = computed_links(session, least), decisions_of(session)
        chances = _chances(links, decisions)
        pairs = [
            pair
            for pair, chance in chances.items()
            if chance >= least and not (undecided and pair in decisions)
        ]
        pairs.sort(key=lambda pair: (-chances[pair], pair))
        return _reports(session, pairs[:most], chances, links, decisions), len(pairs)


def dispute_of(store: Store, case_id: str) -> DisputeReport:
    """Return the dispute of a case. Raises InputError if there is no such case."""
    with store.reading() as session:
        if session.get(CaseRow, case_id) is None:
            raise InputError("案件库里没有这个编号的案件：请核对编号", field="case_id")
        decisions, threshold = decisions_of(session), load_weights().threshold
        links = links_around(session, case_id, threshold, decisions)
        strong = {p: c for p, c in in_force(links, decisions).items() if c >= threshold}
        separated = [pair for pair, row in decisions.items() if not row.same]
        disputes = clusters_of(strong, separated)
        members = next((one for one in disputes if case_id in one), (case_id,))
        chances = _chances(links, decisions)
        pairs = sorted(
            (pair for pair in chances if case_id in pair),
            key=lambda pair: (-chances[pair], pair),
        )
        sides = _sides(session, members)
        return DisputeReport(
            tuple(sorted(sides.values(), key=lambda side: (side.date, side.case_id))),
            tuple(_reports(session, pairs, chances, links, decisions)),
        )


def _chances(
    links: Mapping[Pair, LinkRow], decisions: Mapping[Pair, LinkDecisionRow]
) -> dict[Pair, float]:
    """Return the probability of every pair to be shown: a separated one stays in sight at 0."""
    return dict.fromkeys(decisions, 0.0) | in_force(links, decisions)


def _reports(
    session: Session,
    pairs: Iterable[Pair],
    chances: Mapping[Pair, float],
    links: Mapping[Pair, LinkRow],
    decisions: Mapping[Pair, LinkDecisionRow],
) -> list[PairReport]:
    pairs, weights = list(pairs), load_weights()
    sides = _sides(session, {case_id for pair in pairs for case_id in pair})
    found = []
    for pair in pairs:
        first, second = sorted((sides[one] for one in pair), key=lambda s: (s.date, s.case_id))
        reasons = weights.reasons(links[pair].levels) if pair in links else ()
        found.append(PairReport(first, second, chances[pair], reasons, decisions.get(pair)))
    return found


def _sides(session: Session, case_ids: Iterable[str]) -> dict[str, Side]:
    wanted = sorted(case_ids)
    found: dict[str, Side] = {}
    for start in range(0, len(wanted), IDS_AT_ONCE):
        ids = wanted[start : start + IDS_AT_ONCE]
        chosen = select_record(CaseRow, Case).where(CaseRow.case_id.in_(ids))
        found |= {case.case_id: _side(case) for case in read_records(session, chosen, Case)}
    return found


def _side(case: Case) -> Side:
    kind = category_name(case.category_code) if case.category_code else case.judicial_type
    return Side(
        case.case_id,
        f"{case.source_system} {case.source_case_no}",
        case.place or "",
        kind or "",
        f"{case.registered_at:%Y-%m-%d %H:%M}",
    )
