"""What a clerk sees of links on the command line: the list of pairs, the dispute of a case."""

from __future__ import annotations

from dataclasses import dataclass

from zaojie_cases.errors import InputError
from zaojie_cases.linking.clusters import clusters_of
from zaojie_cases.linking.pairs import (
    PairReport,
    Side,
    Wanted,
    count_of,
    page_of,
    pairs_of,
    sides_of,
)
from zaojie_cases.linking.weights import load_weights
from zaojie_cases.store import Store
from zaojie_cases.store.links import decisions_of, in_force, links_around
from zaojie_cases.store.tables import CaseRow


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
    wanted = Wanted(True if undecided else None, least, decided_anyway=False)
    with store.reading() as session:
        return page_of(session, wanted, most=most), count_of(session, wanted)


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
        sides = sides_of(session, members).values()
        return DisputeReport(
            tuple(sorted(sides, key=lambda side: (side.registered_at, side.case_id))),
            tuple(pairs_of(session, case_id)),
        )
