"""Narratives from a grammar: the same facts in the voice of whoever writes them down.

The wordings live in ``data/scenes.yaml``, ``wordings.yaml`` and ``voices.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from zaojie_cases.simulate.draw import pick, read_data
from zaojie_cases.simulate.facts import Facts
from zaojie_cases.simulate.people import Person, draw_name, name_stock
from zaojie_cases.simulate.places import Village

LONGEST = 600
FIRST_TIME_SAID = 0.3
"""Share of first registrations whose narrative says that it is the first."""
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Setting:
    """Who, where and when a narrative is about."""

    moment: datetime
    village: Village
    applicant: Person
    respondent: Person


def expand(rng: np.random.Generator, pattern: str) -> str:
    """Return ``pattern`` with every ``[x|y]``, also nested ones, replaced by one choice."""
    while "[" in pattern:
        pattern = _CHOICE.sub(lambda found: pick(rng, found[1].split("|")), pattern)
    return pattern


def draw_scene(rng: np.random.Generator, category: str) -> str:
    """Return what a dispute is about; the parties stay open as ``{a}`` and ``{b}``."""
    scene = expand(rng, pick(rng, _data("scenes.yaml")[category]))
    slots = _Slots(rng, {"a": "{a}", "b": "{b}"})
    return scene.format_map(slots)


def tell(rng: np.random.Generator, facts: Facts, voice: str, scene: str, setting: Setting) -> str:
    """Return a narrative that states every fact of ``facts``, 30 to 600 characters."""
    words = _data("voices.yaml")[voice]
    slots = _slots_of(rng, facts, words, setting)
    slots["scene"] = scene.format_map(slots)
    opening = _say(rng, words["opening"], slots)
    body = list(_statements(rng, facts, slots))
    rng.shuffle(body)
    closing = _say(rng, words["closing"], slots)
    for remark in _remarks(rng, words, slots):
        if sum(map(len, (opening, *body, remark, closing))) + len(body) + 3 <= LONGEST:
            body.insert(int(rng.random() * (len(body) + 1)), remark)
    return _join(rng, [opening, *body, closing])


def _statements(rng: np.random.Generator, facts: Facts, slots: _Slots) -> Iterator[str]:
    """Yield one sentence per stated fact."""
    words = _data("wordings.yaml")
    yield _say(rng, words["relations"][facts.relation], slots)
    if facts.amount_yuan is not None:
        yield _say(rng, words["amount"], slots)
    if facts.scale_code != "01":
        yield _say(rng, words["crowd"], slots)
    if facts.prior_reports:
        yield _say(rng, words["again"], slots)
    elif rng.random() < FIRST_TIME_SAID:
        yield _say(rng, words["first_time"], slots)
    for cue, scope in facts.cues.items():
        yield _say(rng, words["cues"][cue][scope], slots.with_actor())


def _remarks(rng: np.random.Generator, voice: Mapping[str, Any], slots: _Slots) -> Iterator[str]:
    """Yield side remarks of the voice, and now and then a good deal of background."""
    details = _data("wordings.yaml")["details"]
    least, most = voice["fillers"]
    yield from _some(rng, voice["filler"], int(rng.integers(least, most + 1)), slots)
    if rng.random() < voice["wordy"]:
        yield from _some(rng, details, int(rng.integers(1, len(details) // 2)), slots)


def _some(
    rng: np.random.Generator, patterns: list[str], count: int, slots: _Slots
) -> Iterator[str]:
    for index in rng.permutation(len(patterns))[:count]:
        yield _say(rng, [patterns[index]], slots)


def _say(rng: np.random.Generator, patterns: list[str], slots: _Slots) -> str:
    return expand(rng, pick(rng, patterns)).format_map(slots)


def _join(rng: np.random.Generator, sentences: list[str]) -> str:
    marks = ("。", "。", "。", "；", "，")
    parts = [sentence + pick(rng, marks) for sentence in sentences[:-1]]
    return "".join(parts) + sentences[-1] + "。"


_data = cache(read_data)


class _Slots(dict[str, str]):
    """Fixed slots of one narrative; any other slot is drawn anew each time it is used."""

    def __init__(self, rng: np.random.Generator, fixed: Mapping[str, str]) -> None:
        super().__init__(fixed)
        self._rng = rng

    def __missing__(self, key: str) -> str:
        draw = _DRAWN.get(key)
        return draw(self._rng) if draw else str(pick(self._rng, name_stock()[key]))

    def with_actor(self) -> _Slots:
        """Return slots with {x} who acts and {y} whom it hits: mostly the respondent acts."""
        acts, suffers = ("b", "a") if self._rng.random() < 0.8 else ("a", "b")
        return _Slots(self._rng, {**self, "x": self[acts], "y": self[suffers]})


def _slots_of(
    rng: np.random.Generator, facts: Facts, words: Mapping[str, Any], setting: Setting
) -> _Slots:
    moment, a, b = setting.moment, setting.applicant, setting.respondent
    fixed = {
        "village": setting.village.name,
        "md": f"{moment.month}月{moment.day}日",
        "hour": str(moment.hour),
        "minute": f"{moment.minute:02d}",
        "year_now": str(moment.year),
        "involved": str(facts.involved),
        "prior": str(facts.prior_reports),
        "times": str(facts.prior_reports + 1),
        "gap": str(facts.days_since_last),
        "amount": f"{facts.amount_yuan or 0:.0f}",
    }
    for role, person in (("a", a), ("b", b)):
        fixed |= {
            f"{role}_name": person.name,
            f"{role}_sur": person.name[0],
            f"{role}_phone": person.phone,
            f"{role}_id": person.id_no,
            f"{role}_address": person.address,
        }
    labels = pick(rng, words["labels"])
    for role, label in zip("ab", labels, strict=True):
        fixed[role] = expand(rng, label).format_map(fixed)
    return _Slots(rng, fixed)


def _between(low: int, high: int) -> Callable[[np.random.Generator], str]:
    return lambda rng: str(low + int(rng.random() * (high - low + 1)))


def _code(rng: np.random.Generator, length: int) -> str:
    return "".join(pick(rng, _LETTERS) for _ in range(length))


_DRAWN: dict[str, Callable[[np.random.Generator], str]] = {
    "k": _between(2, 9),
    "n": _between(10, 60),
    "year": _between(2012, 2024),
    "mon": _between(1, 12),
    "day": _between(1, 28),
    "group_no": lambda rng: f"第{int(rng.random() * 12) + 1}组",
    "worker": lambda rng: draw_name(rng, pick(rng, "12")),
    "plate": lambda rng: f"赣Z·{_code(rng, 5)}",
    "wx": lambda rng: f"zj_{_code(rng, 8).lower()}",
}
