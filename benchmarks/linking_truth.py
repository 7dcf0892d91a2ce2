"""Simulated registrations with the truth of which dispute each belongs to."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zaojie_cases.importing import read_records
from zaojie_cases.ledger_entries import Linked, entry_of
from zaojie_cases.linking import Seen, seen_of
from zaojie_cases.linking.keys import link_keys
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import Case, Party
from zaojie_cases.simulate import oracle_path, write_county

SIGHTINGS = 0.6
"""Share of registrations that another office repeats, or that have a look-alike."""
NAMED = 0.5
"""Share of repeated registrations whose source names the earlier ones."""


@dataclass(frozen=True)
class Truth:
    """Registrations in order of time, and the dispute of each."""

    seen: list[Seen]
    texts: list[str]
    dispute: dict[str, str]

    @property
    def pairs(self) -> int:
        """How many pairs of registrations are one dispute."""
        return sum(n * (n - 1) // 2 for n in Counter(self.dispute.values()).values())

    def same(self, one: str, other: str) -> bool:
        """Tell whether two cases are one dispute."""
        return self.dispute[one] == self.dispute[other]


def simulated(folder: Path, cases: int, seed: int) -> Truth:
    """Return a simulated county of ``cases`` registrations and what was seen beside them."""
    path = folder / f"county{seed}.jsonl.gz"
    write_county(path, cases=cases, seed=seed, sightings=SIGHTINGS)
    dispute_of = {line["case_no"]: line["dispute"] for line in _lines(oracle_path(path))}
    priors = {line["case_no"]: line["prior_case_nos"] for line in _lines(path)}
    rows = [row for row in read_records(path, load_mapping("county")) if row.case is not None]
    cases_of = {row.case.source_case_no: row.case for row in rows if row.case}
    rng, seen = random.Random(seed), []
    for row in rows:
        case = cases_of[row.source_id]
        named = [cases_of[n].case_id for n in priors[row.source_id] if n in cases_of]
        if named and rng.random() < NAMED:
            case = case.model_copy(update={"prior_case_ids": tuple(named)})
        seen.append(_seen(case, row.parties))
    return Truth(
        seen,
        [cases_of[row.source_id].narrative_masked for row in rows],
        {case.case_id: dispute_of[number] for number, case in cases_of.items()},
    )


def _seen(case: Case, parties: Sequence[Party]) -> Seen:
    linked = Linked(link_keys(case, parties, _token_of))
    return seen_of(entry_of(case, (), closing_tracked=True, linked=linked))


def _token_of(party: Party) -> str:
    """Stand in for the vault: equal identity, equal token."""
    return hashlib.sha256(repr(sorted(party.identity.items())).encode()).hexdigest()


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
