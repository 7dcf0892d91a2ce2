"""The same dispute seen by another office, and look-alikes that are another dispute.

An option of the simulated county: registrations beside those of the year, with the truth of
which dispute each belongs to. They are never scored: nobody follows them up.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from zaojie_cases.simulate.draw import pick, pick_weighted, stream
from zaojie_cases.simulate.facts import Facts
from zaojie_cases.simulate.mix import draw_facts
from zaojie_cases.simulate.narrative import draw_scene
from zaojie_cases.simulate.people import draw_person
from zaojie_cases.simulate.presets import VOICES, Period, Preset
from zaojie_cases.simulate.registrations import Registration
from zaojie_cases.simulate.rows import row_of

Row = dict[str, Any]

KINDS = {
    "seen_again": 0.56,
    "repost": 0.16,
    "same_day": 0.14,
    "same_parties": 0.11,
    "same_letter": 0.03,
}
"""What comes beside a registration: twice the same dispute, twice another one."""
AT_ONCE, LAG_DAYS = 0.3, 30.0
"""Share that another office writes down within two days; mean days of the others."""
LATEST_LAG = 330
PARTIES = {"both": 0.42, "names": 0.2, "applicant": 0.18, "name_only": 0.08, "none": 0.12}
"""What is known of the parties: all; no identity number; one; one without a number; nobody."""
PLACES = {"grid": 0.3, "village": 0.25, "town": 0.2, "neighbour": 0.1, "county": 0.1, "none": 0.05}
"""How the other office writes the place; neighbour and county are other regions."""
NEIGHBOUR_COUNTY = "369902"
"""A county that does not exist either."""
OTHER_SCENE = 0.35
"""Share that tells other particulars of the same matter."""
JUDICIAL_ONLY, OTHER_CATEGORY = 0.25, 0.15
AMOUNT_TYPO, DATE_TYPO = 0.2, 0.3
_OWN_NUMBERS = 10**14
_COPIED = ("转办：", "重复件：", "同一事项再次来件：", "")
_ROLES = ("applicant", "respondent")
_IDENTITY = ("name", "sex", "id_no", "phone", "address")


@dataclass(order=True, frozen=True, slots=True)
class _Later:
    """A line that will be written when its time has come."""

    at: datetime
    case_no: str
    row: Row = field(compare=False)
    dispute: str = field(compare=False)


class Sightings:
    """Adds to the lines of the year; the truth of each is told as (row, dispute)."""

    def __init__(self, share: float, seed: int, preset: Preset) -> None:
        self._share = share
        self._preset = preset
        self._rng = stream(seed, "sightings")
        self._later: list[_Later] = []
        self._count = 0

    def among(self, rows: Iterable[tuple[Registration, Row]]) -> Iterator[tuple[Row, str]]:
        """Yield the rows and what was seen beside them by then, in order of time."""
        for found, row in rows:
            yield from self._until(found.moment)
            dispute = found.priors[0] if found.priors else found.number
            yield row, dispute
            if found.fate is not None and self._rng.random() < self._share:
                self._see(found, row, dispute)

    def rest(self) -> Iterator[tuple[Row, str]]:
        """Yield what was seen after the last registration."""
        yield from self._until(self._preset.exported_at)

    def _until(self, moment: datetime) -> Iterator[tuple[Row, str]]:
        while self._later and self._later[0].at < moment:
            later = heapq.heappop(self._later)
            yield later.row, later.dispute

    def _see(self, found: Registration, row: Row, dispute: str) -> None:
        rng, kind = self._rng, pick_weighted(self._rng, KINDS)
        self._count += 1
        number = f"S{_OWN_NUMBERS + self._count}"
        is_other = kind.startswith("same_")
        at = _moment(rng, found.moment, same_day=kind == "same_day")
        told = replace(found, number=number, moment=at, priors=(), fate=None)
        change: Callable[[Random, Registration, Row], tuple[Registration, Row]] = {
            "seen_again": _seen_again,
            "repost": _repost,
            "same_day": _same_day,
            "same_parties": _same_parties,
            "same_letter": _same_letter,
        }[kind]
        changed, more = change(rng, told, row)
        own = stream(number, rng.getrandbits(32))
        new = row_of(own, changed, self._preset).row | more
        heapq.heappush(self._later, _Later(at, number, new, number if is_other else dispute))


def _moment(rng: Random, first: datetime, *, same_day: bool) -> datetime:
    if same_day:
        return first + timedelta(seconds=rng.randrange(60, 7200))
    at_once = rng.random() < AT_ONCE
    days = 2.0 * rng.random() if at_once else min(LAG_DAYS * rng.expovariate(1.0), LATEST_LAG)
    return first + timedelta(seconds=int(days * 86_400) + 60)


def _seen_again(rng: Random, told: Registration, row: Row) -> tuple[Registration, Row]:
    """Another office: other words, other number, other columns filled."""
    others = {voice: share for voice, share in VOICES.items() if voice != told.voice}
    dispute = told.dispute
    if rng.random() < OTHER_SCENE:
        dispute = replace(dispute, scene=draw_scene(rng, told.facts))
    if rng.random() < 0.15:
        dispute = replace(dispute, applicant=dispute.respondent, respondent=dispute.applicant)
    told = replace(told, voice=pick_weighted(rng, others), dispute=dispute)
    told = replace(told, facts=_misread(rng, told.facts))
    return told, {
        **_place(rng, row),
        **_without(pick_weighted(rng, PARTIES)),
        **_category(rng, told.facts),
        "occurred_on": _day(rng, row["occurred_on"]),
        "prior_reports": None,
    }


def _repost(rng: Random, told: Registration, row: Row) -> tuple[Registration, Row]:
    """The same letter sent once more, here or to a neighbouring county."""
    text = pick(rng, _COPIED) + row["narrative"]
    cut = int(len(text) * rng.uniform(0.35, 1.0))
    parties = pick(rng, ("both", "name_only", "none"))
    return told, {**_place(rng, row), **_without(parties), "narrative": text[:cut]}


def _same_day(rng: Random, told: Registration, row: Row) -> tuple[Registration, Row]:
    """Another dispute of the same kind at the same committee on the same day."""
    village = told.dispute.village
    people = [draw_person(rng, village.name, urban=village.urban) for _ in _ROLES]
    scene = draw_scene(rng, told.facts)
    dispute = replace(told.dispute, applicant=people[0], respondent=people[1], scene=scene)
    amount = told.facts.amount_yuan
    facts = replace(told.facts, amount_yuan=amount and float(round(amount * rng.uniform(0.4, 2))))
    more = _without(pick_weighted(rng, PARTIES))
    return replace(told, dispute=dispute, facts=facts), more | {"occurred_on": row["occurred_on"]}


def _same_parties(rng: Random, told: Registration, row: Row) -> tuple[Registration, Row]:
    """The same two people about something else."""
    facts = told.facts
    while facts.category[:2] == told.facts.category[:2] or not facts.cues:
        facts = draw_facts(rng, told.moment.month, Period(), mentions=1.0)
    dispute = replace(told.dispute, scene=draw_scene(rng, facts))
    voice = pick_weighted(rng, VOICES)
    more = _place(rng, row) if rng.random() < 0.3 else {}
    return replace(told, dispute=dispute, facts=facts, voice=voice), more


def _same_letter(rng: Random, told: Registration, row: Row) -> tuple[Registration, Row]:
    """Other people elsewhere who copy the wording of a letter for a dispute of their own."""
    village = told.dispute.village
    people = [draw_person(rng, village.name, urban=village.urban) for _ in _ROLES]
    dispute = replace(told.dispute, applicant=people[0], respondent=people[1])
    text: str = row["narrative"]
    for role, person in zip(_ROLES, people, strict=True):
        text = text.replace(row[f"{role}_name"], person.name)
        text = text.replace(row[f"{role}_phone"], person.phone)
        text = text.replace(row[f"{role}_id_no"], person.id_no)
    region = pick(rng, (NEIGHBOUR_COUNTY, row["region_code"][:6]))
    order = rng.randint(1, 8)
    facts = told.facts
    if facts.amount_yuan is not None:
        amount = float(round(facts.amount_yuan * rng.uniform(0.3, 3.0)))
        text = text.replace(f"{facts.amount_yuan:.0f}元", f"{amount:.0f}元")
        facts = replace(facts, amount_yuan=amount)
    more = _without(pick_weighted(rng, PARTIES)) | {"narrative": text, "grid_code": None}
    return replace(told, dispute=dispute, facts=facts), more | {
        "region_code": f"{region}10{order}20{order}"
    }


def _misread(rng: Random, facts: Facts) -> Facts:
    """Another office has another amount now and then: a slip of the keys or a rounding."""
    if facts.amount_yuan is None or rng.random() >= AMOUNT_TYPO:
        return facts
    factor = pick(rng, (10.0, 0.1, 0.9, 1.1, 1.5))
    return replace(facts, amount_yuan=float(max(round(facts.amount_yuan * factor), 10)))


def _day(rng: Random, stated: str | None) -> str | None:
    if stated is None or rng.random() < 0.15:
        return None
    slip = rng.randint(1, 3) * pick(rng, (-1, 1)) if rng.random() < DATE_TYPO else 0
    return str(date.fromisoformat(stated) + timedelta(days=slip))


def _category(rng: Random, facts: Facts) -> Row:
    if rng.random() < JUDICIAL_ONLY:
        return {"category_code": None}
    if rng.random() < OTHER_CATEGORY:
        return {"category_code": facts.category[:2]}
    return {}


def _place(rng: Random, row: Row) -> Row:
    """Return the place as the other office writes it."""
    region: str = row["region_code"]
    order = rng.randint(1, 8)
    written: dict[str, Row] = {
        "grid": {},
        "village": {"grid_code": None},
        "town": {"grid_code": None, "region_code": f"{region[:9]}000"},
        "neighbour": {"grid_code": None, "region_code": f"{region[:9]}{200 + order}"},
        "county": {"grid_code": None, "region_code": f"{NEIGHBOUR_COUNTY}10{order}201"},
        "none": {"grid_code": None, "region_code": None},
    }
    return written[pick_weighted(rng, PLACES)]


def _without(known: str) -> Row:
    """Return the columns of identity that are empty."""
    empty: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "both": ((), ()),
        "names": (("id_no",), ("id_no",)),
        "applicant": ((), _IDENTITY),
        "name_only": (("id_no", "phone"), _IDENTITY),
        "none": (_IDENTITY, _IDENTITY),
    }
    return {
        f"{role}_{column}": None
        for role, columns in zip(_ROLES, empty[known], strict=True)
        for column in columns
    }
