"""Risk cues with their scope: affirmed, or denied, heard, past, settled, about another.

In the spirit of ConText (Harkema et al., 2009): a phrase counts unless a scope phrase stands
in the same clause on the side that the scope looks at, and near enough. Phrases, scopes and
the red rules are data (``data/cues.yaml``) that a mediator can edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NotRequired, TypedDict

import yaml

from zaojie_cases.normalise import fold, unit

Span = tuple[int, int]
Side = Literal["before", "after"]
REACH = 40
"""Characters of its clause on either side of a phrase in which a scope is looked for."""
_CLAUSE = re.compile(r"[^,。;!?、,\n]+")
"""Clauses of folded text: full-width marks are half-width there, save the full stop."""


class _CueEntry(TypedDict):
    title: str
    feature: bool
    phrases: list[str]


class _ScopeEntry(TypedDict):
    side: Side
    within: NotRequired[int]
    phrases: list[str]
    unless: NotRequired[list[str]]


class _RuleEntry(TypedDict):
    cues: list[str]
    needs: list[str]
    title: str
    help: str


class _Lexicon(TypedDict):
    cues: dict[str, _CueEntry]
    scopes: dict[str, _ScopeEntry]
    rules: dict[str, _RuleEntry]


@dataclass(frozen=True, slots=True)
class Hit:
    """One phrase of a cue in a narrative; ``scope`` is "affirmed" where nothing limits it."""

    cue: str
    span: Span
    scope: str


@dataclass(frozen=True, slots=True)
class RedRule:
    """A rule that fired, what it leads to, and the places in the narrative it rests on."""

    name: str
    title: str
    help: str
    spans: tuple[Span, ...]


@cache
def lexicon() -> _Lexicon:
    """Return the cue file."""
    text = (files("zaojie_features") / "data" / "cues.yaml").read_text(encoding="utf-8")
    loaded: _Lexicon = yaml.safe_load(text)
    return loaded


def feature_cues() -> tuple[str, ...]:
    """Names of the cues that are features (the others only lead to help)."""
    return tuple(name for name, cue in lexicon()["cues"].items() if cue["feature"])


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    ordered = sorted(phrases, key=lambda p: (-len(p), p))
    some = f"{unit()}{{1,6}}?"
    return re.compile("|".join(re.escape(fold(p)).replace(r"\.", some) for p in ordered))


@dataclass(frozen=True, slots=True)
class _Scope:
    name: str
    side: Side
    within: int | None
    pattern: re.Pattern[str]
    unless: frozenset[str]

    def holds(self, before: str, after: str) -> bool:
        """Tell whether a scope phrase stands near enough to what is between the two."""
        side = before if self.side == "before" else after
        return any(
            self.within is None
            or (len(side) - m.end() if self.side == "before" else m.start()) <= self.within
            for m in self.pattern.finditer(side)
            if m.group() not in self.unless
        )


@cache
def _patterns() -> tuple[dict[str, re.Pattern[str]], tuple[_Scope, ...]]:
    found = lexicon()
    cues = {name: _pattern(cue["phrases"]) for name, cue in found["cues"].items()}
    scopes = tuple(
        _Scope(
            name,
            scope["side"],
            scope.get("within"),
            _pattern([*scope["phrases"], *scope.get("unless", [])]),
            frozenset(map(fold, scope.get("unless", []))),
        )
        for name, scope in found["scopes"].items()
    )
    return cues, scopes


def find_cues(narrative: str) -> Iterator[Hit]:
    """Yield every cue phrase of ``narrative`` with its scope."""
    cues, scopes = _patterns()
    for clause in _CLAUSE.finditer(fold(narrative)):
        text = clause.group()
        for name, pattern in cues.items():
            for found in pattern.finditer(text):
                start, end = found.span()
                before, after = text[max(0, start - REACH) : start], text[end : end + REACH]
                scope = next((s.name for s in scopes if s.holds(before, after)), "affirmed")
                yield Hit(name, (clause.start() + start, clause.start() + end), scope)


def red_rules(hits: list[Hit]) -> tuple[RedRule, ...]:
    """Return the red rules that the affirmed ``hits`` of one narrative fire."""
    spans: dict[str, list[Span]] = {}
    for hit in hits:
        if hit.scope == "affirmed":
            spans.setdefault(hit.cue, []).append(hit.span)
    return tuple(
        RedRule(
            name,
            rule["title"],
            rule["help"],
            tuple(s for cue in [*rule["cues"], *rule["needs"]] for s in spans.get(cue, [])),
        )
        for name, rule in lexicon()["rules"].items()
        if all(need in spans for need in rule["needs"])
        and any(cue in spans for cue in rule["cues"])
    )
