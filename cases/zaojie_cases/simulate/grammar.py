"""Patterns of sentences, read once and said many times.

``[a|b]`` is a choice, also nested or empty; ``{name}`` is a slot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TypeAlias

_TOKEN = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to be filled."""

    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """A choice between plain texts, which most choices are."""

    texts: tuple[str, ...]


Part: TypeAlias = "str | Slot | Words | tuple[Pattern, ...]"
Pattern: TypeAlias = tuple[Part, ...]
"""Literal text, slots, and choices between patterns, in order."""


@cache
def pattern_of(text: str) -> Pattern:
    """Return ``text`` read as a pattern. Raises ``ValueError`` for odd brackets."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"odd braces in {text!r}")
    options, _ = _options(tokens[::-1], nested=False)
    if len(options) != 1:
        raise ValueError(f"odd brackets in {text!r}")
    return options[0]


def _options(tokens: list[str], *, nested: bool) -> tuple[tuple[Pattern, ...], list[str]]:
    """Read options up to the bracket that closes them; ``tokens`` is a stack."""
    options: list[list[Part]] = [[]]
    while tokens:
        token = tokens.pop()
        if token == "]":
            if not nested:
                raise ValueError("a bracket is not opened")
            return tuple(map(tuple, options)), tokens
        if token == "[":
            choice, tokens = _options(tokens, nested=True)
            options[-1].append(_plain(choice))
        elif token == "|":
            options.append([])
        else:
            options[-1].append(Slot(token[1:-1]) if token[0] == "{" else token)
    if nested:
        raise ValueError("a bracket is not closed")
    return tuple(map(tuple, options)), tokens


def _plain(choice: tuple[Pattern, ...]) -> Words | tuple[Pattern, ...]:
    """Return a choice as plain texts where it is one."""
    texts = [
        "".join(part for part in option if isinstance(part, str))
        for option in choice
        if all(isinstance(part, str) for part in option)
    ]
    return Words(tuple(texts)) if len(texts) == len(choice) else choice


def say(rng: Random, text: str, slots: Mapping[str, str]) -> str:
    """Return one saying of the pattern ``text`` with ``slots`` filled in."""
    said: list[str] = []
    _say(rng, pattern_of(text), slots, said)
    return "".join(said)


def _say(rng: Random, pattern: Pattern, slots: Mapping[str, str], said: list[str]) -> None:
    for part in pattern:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, Words):
            said.append(part.texts[int(rng.random() * len(part.texts))])
        elif isinstance(part, Slot):
            said.append(slots[part.name])
        else:
            _say(rng, part[int(rng.random() * len(part))], slots, said)
