"""One line of the file: a registration as an office's system would export it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from zaojie_cases.codes import judicial_types_for
from zaojie_cases.record import EventKind
from zaojie_cases.simulate.narrative import Setting, tell
from zaojie_cases.simulate.people import Person
from zaojie_cases.simulate.timeline import Happening, events_of, outcomes_of, steps_of
from zaojie_cases.simulate.year import Registration

LIMIT_DAYS = 30
"""Days in which a dispute has to be dealt with."""
MISSING = {"involved_count": 0.06, "amount_yuan": 0.10, "occurred_on": 0.15}
"""Share of cells left empty; an amount is then still in the narrative."""
REPORTERS = {
    "grid": ("grid_worker", "01", "01"),
    "hotline": ("hotline", "05", "0399"),
    "police": ("police", "08", "0303"),
    "committee": ("mediator", "07", "02"),
}
"""Voice -> actor role, channel code, source code."""


def row_of(rng: np.random.Generator, found: Registration, exported_at: datetime) -> dict[str, Any]:
    """Return the line of ``found`` as known at ``exported_at``; later things are not in it."""
    dispute, facts = found.dispute, found.facts
    reporter, channel, source = REPORTERS[found.voice]
    setting = Setting(found.moment, dispute.village, dispute.applicant, dispute.respondent)
    events, outcomes = _aftermath(rng, found, reporter)
    row: dict[str, Any] = {
        "case_no": found.number,
        "simulated": True,
        "registered_at": _text(found.moment),
        "occurred_on": str(found.moment.date() - timedelta(days=int(rng.exponential(4.0)))),
        "channel_code": channel,
        "source_code": source,
        "region_code": dispute.village.region_code,
        "grid_code": dispute.grid_code,
        "category_code": facts.category,
        "judicial_type": _judicial_type(facts.category),
        "scale_code": facts.scale_code,
        "involved_count": facts.involved,
        "amount_yuan": facts.amount_yuan,
        "narrative": tell(rng, facts, found.voice, dispute.scene, setting),
        "due_on": str(found.moment.date() + timedelta(days=LIMIT_DAYS)),
        "committee_id": dispute.committee.code,
        "committee_kind": dispute.committee.kind,
        "prior_reports": facts.prior_reports,
        "prior_case_nos": list(found.priors),
        **_party("applicant", dispute.applicant),
        **_party("respondent", dispute.respondent),
        "events": [
            {
                "kind": event.kind.value,
                "at": _text(event.at),
                "recorded_at": _text(event.recorded_at),
                "actor_role": event.actor_role,
            }
            for event in events
            if event.recorded_at <= exported_at
        ],
        "outcomes": [
            {"code": code, "observed_at": _text(observed_at)}
            for code, observed_at in outcomes
            if observed_at <= exported_at
        ],
    }
    for column, share in MISSING.items():
        if rng.random() < share:
            row[column] = None
    return row


@cache
def _judicial_type(category: str) -> str | None:
    """Return the first judicial type that the category can stand for."""
    return next(iter(judicial_types_for(category)), None)


def _aftermath(
    rng: np.random.Generator, found: Registration, reporter: str
) -> tuple[list[Happening], list[tuple[str, datetime]]]:
    """Return events and outcomes; a routed matter is handed on within days and has none."""
    if found.fate is None:
        moved = found.moment + timedelta(hours=float(rng.uniform(2, 70)))
        moved = moved.replace(microsecond=0)
        first = Happening(found.moment, found.moment, EventKind.REGISTERED, reporter)
        return [first, Happening(moved, moved, EventKind.TRANSFERRED, "dispatcher")], []
    course = found.fate.course
    steps = steps_of(rng, found.moment, course)
    events = events_of(rng, found.moment, course, steps, reporter)
    return events, outcomes_of(found.moment, course, steps, found.fate.harm, found.fate.again)


def _party(role: str, person: Person) -> dict[str, str]:
    return {
        f"{role}_name": person.name,
        f"{role}_sex": person.sex,
        f"{role}_id_no": person.id_no,
        f"{role}_phone": person.phone,
        f"{role}_address": person.address,
    }


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
