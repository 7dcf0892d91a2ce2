"""Narratives from a grammar: the same facts in the voice of whoever writes them down.

The wordings live in ``data/``: scenes, matters, voices, wordings, traits and cues, each of
scenes and cues once more for the late days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random
from typing import Any, NamedTuple

from zaojie_cases.simulate.draw import pick, read_data
from zaojie_cases.simulate.facts import Facts, Mention
from zaojie_cases.simulate.grammar import say
from zaojie_cases.simulate.people import Person, draw_name, name_stock
from zaojie_cases.simulate.places import Village

SHORTEST, LONGEST = 30, 600
"""Characters of a narrative."""
FIRST_TIME_SAID = 0.3
"""Share of first registrations whose narrative says that it is the first."""
SLIP = 0.06
"""Chance that a hasty hand mistakes a character that it can mistake."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_MARKS = ("。", "。", "。", "；", "，")
_data = cache(read_data)


@dataclass(frozen=True, slots=True)
class Setting:
    """Who, where and when a narrative is about, and which wordings its time knows."""

    moment: datetime
    village: Village
    applicant: Person
    respondent: Person
    traits: tuple[str, ...]
    late: bool


class Span(NamedTuple):
    """Where a narrative speaks of a cue: ``text[start:end]``."""

    mention: Mention
    start: int
    end: int


class Told(NamedTuple):
    """A narrative, and where it speaks of each cue."""

    text: str
    spans: tuple[Span, ...]


class _Sentence(NamedTuple):
    text: str
    mention: Mention | None = None


def draw_scene(rng: Random, facts: Facts) -> str:
    """Return what a dispute is about; the parties stay open as ``{a}`` and ``{b}``."""
    scenes = _data("scenes_late.yaml" if facts.new_kind else "scenes.yaml")
    slots = _Slots(rng, {"a": "{a}", "b": "{b}"})
    return say(rng, pick(rng, scenes[facts.category]), slots)


def tell(rng: Random, facts: Facts, voice: str, scene: str, setting: Setting) -> Told:
    """Return a narrative that states every fact of ``facts``, 30 to 600 characters."""
    words = _data("voices.yaml")[voice]
    while True:  # a text that comes out too long or too short is told anew
        told = _joined(rng, _sentences(rng, facts, words, scene, setting))
        if SHORTEST <= len(told.text) <= LONGEST:
            slips: Mapping[str, str] = words.get("slips", {})
            return told._replace(text=_hasty(rng, told.text, slips)) if slips else told


def _sentences(
    rng: Random, facts: Facts, words: Mapping[str, Any], scene: str, setting: Setting
) -> list[_Sentence]:
    slots = _slots_of(rng, facts, words, setting)
    slots["scene"] = scene.replace("{a}", slots["a"]).replace("{b}", slots["b"])
    slots["matter"] = say(rng, pick(rng, _data("matters.yaml")[facts.category]), slots)
    head = [_Sentence(say(rng, pick(rng, words["opening"]), slots))]
    if "account" in words:
        head.append(_Sentence(say(rng, pick(rng, words["account"]), slots)))
    body = list(_statements(rng, facts, setting, slots))
    rng.shuffle(body)
    closing = _Sentence(say(rng, pick(rng, words["closing"]), slots))
    length = sum(len(sentence.text) + 1 for sentence in (*head, *body, closing))
    for remark in _remarks(rng, words, slots):
        length += len(remark) + 1
        if length > LONGEST:
            break
        body.insert(int(rng.random() * (len(body) + 1)), _Sentence(remark))
    return [*head, *body, closing]


def _statements(rng: Random, facts: Facts, setting: Setting, slots: _Slots) -> Iterator[_Sentence]:
    """Yield one sentence per stated fact, and per trait."""
    words = _data("wordings.yaml")
    told = [words["relations"][facts.relation]]
    if facts.amount_yuan is not None:
        told.append(words["amount"])
    if facts.scale_code != "01":
        told.append(words["crowd"])
    if facts.prior_reports:
        told.append(words["again"])
    elif rng.random() < FIRST_TIME_SAID:
        told.append(words["first_time"])
    for patterns in told:
        yield _Sentence(say(rng, pick(rng, patterns), slots))
    for trait in setting.traits:
        yield _Sentence(say(rng, pick(rng, _data("traits.yaml")[trait]), slots.with_person()))
    cues = _data("cues_late.yaml" if setting.late else "cues_main.yaml")
    for mention in facts.cues:
        pattern = pick(rng, cues[mention.cue][mention.scope])
        yield _Sentence(say(rng, pattern, slots.with_actor()), mention)


def _remarks(rng: Random, voice: Mapping[str, Any], slots: _Slots) -> Iterator[str]:
    """Yield side remarks of the voice, and now and then a good deal of background."""
    details = _data("wordings.yaml")["details"]
    for pattern in rng.sample(voice["filler"], rng.randint(*voice["fillers"])):
        yield say(rng, pattern, slots)
    if rng.random() < voice["wordy"]:
        for pattern in rng.sample(details, rng.randint(1, len(details) // 2)):
            yield say(rng, pattern, slots)


def _joined(rng: Random, sentences: list[_Sentence]) -> Told:
    parts: list[str] = []
    spans: list[Span] = []
    at = 0
    for order, (text, mention) in enumerate(sentences, start=1):
        if mention is not None:
            spans.append(Span(mention, at, at + len(text)))
        parts += text, pick(rng, _MARKS) if order < len(sentences) else "。"
        at += len(text) + 1
    return Told("".join(parts), tuple(spans))


def _hasty(rng: Random, text: str, slips: Mapping[str, str]) -> str:
    """Return ``text`` with slips of the pen, character for character."""
    return "".join(slips[char] if char in slips and rng.random() < SLIP else char for char in text)


class _Slots(dict[str, str]):
    """Fixed slots of one narrative; any other slot is drawn anew each time it is used."""

    def __init__(self, rng: Random, fixed: Mapping[str, str]) -> None:
        super().__init__(fixed)
        self._rng = rng

    def __missing__(self, key: str) -> str:
        draw = _DRAWN.get(key)
        return draw(self._rng) if draw else str(pick(self._rng, name_stock()[key]))

    def with_actor(self) -> _Slots:
        """Return slots with {x} who acts and {y} whom it hits: mostly the respondent acts."""
        acts, suffers = ("b", "a") if self._rng.random() < 0.8 else ("a", "b")
        return _Slots(self._rng, {**self, "x": self[acts], "y": self[suffers]})

    def with_person(self) -> _Slots:
        """Return slots with {p}, one of the parties."""
        return _Slots(self._rng, {**self, "p": self[pick(self._rng, "ab")]})


def _slots_of(rng: Random, facts: Facts, words: Mapping[str, Any], setting: Setting) -> _Slots:
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
        "since": str(facts.days_since_last),
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
        fixed[role] = say(rng, label, fixed)
    return _Slots(rng, fixed)


def _between(low: int, high: int) -> Callable[[Random], str]:
    return lambda rng: str(low + int(rng.random() * (high - low + 1)))


def _code(rng: Random, length: int) -> str:
    return "".join(pick(rng, _LETTERS) for _ in range(length))


_DRAWN: dict[str, Callable[[Random], str]] = {
    "k": _between(2, 9),
    "n": _between(10, 60),
    "age": _between(20, 79),
    "gap": _between(3, 30),
    "year": _between(2012, 2023),
    "mon": _between(1, 12),
    "day": _between(1, 28),
    "group_no": lambda rng: f"第{int(rng.random() * 12) + 1}组",
    "worker": lambda rng: draw_name(rng, pick(rng, "12")),
    "plate": lambda rng: f"赣Z·{_code(rng, 5)}",
    "wx": lambda rng: f"zj_{_code(rng, 8).lower()}",
}
