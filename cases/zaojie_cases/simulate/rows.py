"""One line of the file: a registration as an office's system would export it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from zaojie_cases.codes import judicial_types_for
from zaojie_cases.record import EventKind
from zaojie_cases.simulate import hazards as hz
from zaojie_cases.simulate.draw import pick_weighted
from zaojie_cases.simulate.narrative import Setting, Span, tell
from zaojie_cases.simulate.people import Person
from zaojie_cases.simulate.presets import Preset
from zaojie_cases.simulate.registrations import Registration
from zaojie_cases.simulate.timeline import Happening, events_of, outcomes_of

LIMIT_DAYS = 30
"""Days in which a dispute has to be dealt with."""
MISSING = {"involved_count": 0.06, "amount_yuan": 0.10, "occurred_on": 0.15}
"""Share of cells left empty; an amount is then still in the narrative."""
REPORTERS = {
    "grid": ("grid_worker", "01", "01"),
    "hotline": ("hotline", "05", "0399"),
    "police": ("police", "08", "0303"),
    "committee": ("mediator", "07", "02"),
    "letter": ("party", "02", "0304"),
}
"""Voice -> actor role, channel code, source code."""
Outcomes = list[tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class Written:
    """A line of the file, and what is known of it that the line does not say."""

    row: dict[str, Any]
    events: list[Happening]
    """The events that the line holds."""
    spans: tuple[Span, ...]


def row_of(rng: Random, found: Registration, preset: Preset) -> Written:
    """Return the line of ``found`` as known at the export; later things are not in it."""
    dispute, facts = found.dispute, found.facts
    reporter, channel, source = REPORTERS[found.voice]
    told = tell(rng, facts, found.voice, dispute.scene, _setting(found, preset))
    events = [e for e in _events(rng, found, reporter) if e.recorded_at <= preset.exported_at]
    row: dict[str, Any] = {
        "case_no": found.number,
        "simulated": True,
        "registered_at": text_of(found.moment),
        "occurred_on": str(found.moment.date() - timedelta(days=int(rng.expovariate(0.25)))),
        "channel_code": channel,
        "source_code": source,
        "region_code": dispute.village.region_code,
        "grid_code": dispute.grid_code,
        "category_code": facts.category,
        "judicial_type": _judicial_type(facts.category),
        "scale_code": facts.scale_code,
        "involved_count": facts.involved,
        "amount_yuan": facts.amount_yuan,
        "narrative": told.text,
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
                "at": text_of(event.at),
                "recorded_at": text_of(event.recorded_at),
                "actor_role": event.actor_role,
            }
            for event in events
        ],
        "outcomes": [
            {"code": code, "observed_at": text_of(observed_at)}
            for code, observed_at in _reported(rng, found, preset)
        ],
    }
    for column, share in MISSING.items():
        if rng.random() < share * preset.missing:
            row[column] = None
    return Written(row, events, told.spans)


def text_of(moment: datetime) -> str:
    """Return a moment as the file writes it."""
    return moment.isoformat(timespec="seconds")


def _setting(found: Registration, preset: Preset) -> Setting:
    dispute = found.dispute
    return Setting(
        moment=found.moment,
        village=dispute.village,
        applicant=dispute.applicant,
        respondent=dispute.respondent,
        traits=dispute.traits,
        late=preset.is_late(found.moment),
    )


@cache
def _judicial_type(category: str) -> str | None:
    """Return the first judicial type that the category can stand for."""
    return next(iter(judicial_types_for(category)), None)


def _events(rng: Random, found: Registration, reporter: str) -> list[Happening]:
    """Return the time line; a routed matter is handed on within days."""
    if found.fate is not None:
        return events_of(rng, found.moment, found.fate.course, found.fate.steps, reporter)
    moved = found.moment + timedelta(hours=rng.uniform(2, 70))
    moved = moved.replace(microsecond=0)
    first = Happening(found.moment, found.moment, EventKind.REGISTERED, reporter)
    return [first, Happening(moved, moved, EventKind.TRANSFERRED, "dispatcher")]


def _reported(rng: Random, found: Registration, preset: Preset) -> Outcomes:
    """Return the outcomes that are in the file: some never are, some are late, few are false."""
    fate = found.fate
    if fate is None:
        return []
    true = outcomes_of(found.moment, fate.course, fate.steps, fate.harm, fate.again)
    said = [o for o in true if o[0] not in hz.REPORTED or rng.random() >= preset.noise]
    if rng.random() < preset.noise * sum(hz.FALSE.values()):
        days = timedelta(days=hz.FALSE_DAYS * rng.random())
        false = (pick_weighted(rng, hz.FALSE), (found.moment + days).replace(microsecond=0))
        said = sorted([*said, false], key=lambda outcome: outcome[1])
    known = ((code, at, at + _lag(rng, preset) if code in hz.REPORTED else at) for code, at in said)
    return [(code, at) for code, at, told_at in known if told_at <= preset.exported_at]


def _lag(rng: Random, preset: Preset) -> timedelta:
    return timedelta(days=rng.expovariate(1.0) * preset.report_days)


def _party(role: str, person: Person) -> dict[str, str]:
    return {
        f"{role}_name": person.name,
        f"{role}_sex": person.sex,
        f"{role}_id_no": person.id_no,
        f"{role}_phone": person.phone,
        f"{role}_address": person.address,
    }
