"""Hot spots as registrations come in: each is put to a matter, and a growing matter is raised.

An answer rests on what came before it and on nothing else; memory is bounded by the window.
Registrations are counted, never persons, and no score knows of any of this.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from zaojie_cases.history import places_of
from zaojie_cases.hotspots.area import Area, Ids, Text, Weigh
from zaojie_cases.hotspots.growth import Growth
from zaojie_cases.hotspots.parameters import Parameters, parameters
from zaojie_cases.hotspots.texts import BUCKETS, digest, opening, pairs_of

NOWHERE = ""
"""The area of registrations without a place."""
Step = Literal["raised", "reopened", "updated"]


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration; ``narrative`` is masked, ``place`` as :attr:`Case.place` has it."""

    case_id: str
    registered_at: datetime
    place: str | None
    narrative: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one registration, at the moment when it was known.

    ``matter_id`` is None for one older than the window or without text. ``step`` tells what
    it did to a group matter: raised or reopened it, or came on top of it; ``growth`` is
    there if there were enough registrations to judge.
    """

    case_id: str
    matter_id: str | None
    area: str
    as_of: datetime
    step: Step | None = None
    growth: Growth | None = None


def area_of(place: str | None) -> str:
    """Return where one matter is looked for: the county; A for A7; NOWHERE without a place."""
    if not place:
        return NOWHERE
    return places_of(place)[2 if place.isdigit() else 1]


class Detector:
    """Give it registrations in order; it answers one :class:`Decision` each.

    A registration that comes late is counted on its own day and judged today.
    """

    def __init__(self, rules: Parameters | None = None, clock: datetime | None = None) -> None:
        self._rules = rules or parameters()
        self._areas: dict[str, Area] = defaultdict(lambda: Area(self._rules))
        self._counts = np.zeros(BUCKETS, np.int32)
        self._total = 0
        self._group: dict[str, datetime | None] = {}
        self.clock = clock
        """The latest registration so far."""

    def add(self, registration: Registration) -> Decision:
        """Put ``registration`` to a matter and judge whether that is a group matter now."""
        clock = self._move(registration.registered_at)
        home = area_of(registration.place)
        self._forget()
        text = self._read(registration)
        if text is None:
            return Decision(registration.case_id, None, home, clock)
        area, matter = self._matter_of(registration.case_id, home, text)
        self._remember(area, text, matter)
        return self._judge(registration.case_id, area, matter)

    def restore(self, registration: Registration, matter_id: str, area: str) -> None:
        """Take in ``registration`` as it was decided before; in the same order as then."""
        self._move(registration.registered_at)
        if text := self._read(registration):
            self._remember(area, text, matter_id)

    def set_group(self, matter_id: str, closed_at: datetime | None) -> None:
        """Tell that ``matter_id`` is a group matter: open, or closed at a moment."""
        self._group[matter_id] = closed_at

    def rarity(self, area: str) -> Weigh:
        """Return how heavy character pairs weigh in ``area``, as known now."""
        return self._weights(self._areas[area])

    def _move(self, moment: datetime) -> datetime:
        self.clock = moment if self.clock is None else max(self.clock, moment)
        return self.clock

    def _now(self) -> datetime:
        assert self.clock is not None  # there is a registration to be judged
        return self.clock

    def _start(self) -> datetime:
        return self._now() - timedelta(days=self._rules.window_days)

    def _read(self, registration: Registration) -> Text | None:
        """Return what is compared; None for a registration too old or too short."""
        if registration.registered_at <= self._start():
            return None
        said = opening(registration.narrative, self._rules.opening_characters)
        pairs = pairs_of(said)
        return Text(registration.registered_at, pairs, digest(said), "") if len(pairs.ids) else None

    def _matter_of(self, case_id: str, home: str, text: Text) -> tuple[str, str]:
        """Return area and id of the matter: the most alike one, or a new one at home.

        A registration without a place may belong to a matter of any area, and a matter
        that began without a place to any registration.
        """
        best = (0.0, "", "")
        for name in sorted(self._areas) if home == NOWHERE else (home, NOWHERE):
            area = self._areas[name]
            if found := area.nearest_matter(text.pairs, self._weights(area)):
                best = max(best, (found[1], name, found[0]))
        if best[0] >= self._rules.least_similarity:
            return best[1:]
        return home, "g" + hashlib.blake2b(case_id.encode(), digest_size=6).hexdigest()

    def _remember(self, area: str, text: Text, matter: str) -> None:
        self._areas[area].remember(replace(text, matter=matter))
        self._counts[text.pairs.ids] += 1
        self._total += 1

    def _forget(self) -> None:
        """Forget what left the window, in all areas: the weights rest on every one of them."""
        for area in self._areas.values():
            for text in area.forget_until(self._start()):
                self._total -= 1
                self._counts[text.pairs.ids] -= 1

    def _weights(self, area: Area) -> Weigh:
        """Weigh a pair by how rare it is in the area, leaning on everywhere for a small one."""
        prior, size, total = self._rules.prior_texts, len(area), self._total

        def weigh(ids: Ids) -> npt.NDArray[np.float64]:
            everywhere = (self._counts[ids] + 1) / (total + 1)
            share = (area.counts[ids] + 1 + prior * everywhere) / (size + 1 + prior)
            weights: npt.NDArray[np.float64] = np.maximum(0.0, -np.log(share))
            return weights

        return weigh

    def _judge(self, case_id: str, area: str, matter: str) -> Decision:
        clock, closed_at = self._now(), self._group.get(matter)
        is_group = matter in self._group
        if is_group and closed_at is None:
            return Decision(case_id, matter, area, clock, "updated")
        growth = self._areas[area].growth(matter, clock, closed_at)
        step: Step | None = "updated" if is_group else None
        if growth and growth.probability <= self._rules.chance:
            step = "reopened" if is_group else "raised"
            self._group[matter] = None
        return Decision(case_id, matter, area, clock, step, growth)
