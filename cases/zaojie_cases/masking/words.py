"""Word data of masking: name characters, cue words, and the everyday lexicon of jieba."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log
from typing import cast

import yaml

_DATA = files("zaojie_cases.masking") / "data"
_NAME_TAGS = frozenset({"nr", "nrt", "nrfg"})
_EVERYDAY = 1000
"""Count that a word of everyday.yaml is given."""
_RARE, _RARE_NAME = 8, 30
"""Entries of jieba's dictionary counted less often are mostly fragments of novels."""


def _load(name: str) -> dict[str, object]:
    return cast("dict[str, object]", yaml.safe_load((_DATA / name).read_text("utf-8")))


@dataclass(frozen=True)
class Names:
    """What names are made of."""

    common: frozenset[str]
    rare: frozenset[str]
    compound: frozenset[str]
    spoken: frozenset[str]
    pure: frozenset[str]
    doubtful: frozenset[str]
    usual: frozenset[str]
    never: frozenset[str]


@cache
def names() -> Names:
    """Return the surname and given-name characters."""
    surnames, given = _load("surnames.yaml"), _load("given.yaml")
    usual = frozenset("".join(str(given["usual"]).split()))
    return Names(
        common=frozenset("".join(str(surnames["common"]).split())),
        rare=frozenset("".join(str(surnames["rare"]).split())),
        compound=frozenset(str(surnames["compound"]).split()),
        spoken=frozenset("".join(str(surnames["spoken"]).split())),
        doubtful=frozenset("".join(str(surnames["doubtful"]).split())),
        pure=frozenset("".join(str(surnames["pure"]).split())),
        usual=usual,
        never=frozenset("".join(str(given["never"]).split())) - usual,
    )


@dataclass(frozen=True)
class LongNames:
    """What names of other languages are made of."""

    sounds: str
    elements: frozenset[str]
    tails: str


@cache
def long_names() -> LongNames:
    """Return the sounds and elements of names without a Chinese surname."""
    data = _load("long_names.yaml")
    elements = frozenset(word for word in str(data["elements"]).split() if len(word) > 1)
    sounds = "".join(sorted(set("".join(str(data["sounds"]).split()))))
    return LongNames(sounds, elements, str(data["tails"]))


@cache
def cues() -> Mapping[str, Mapping[str, str]]:
    """Return side -> word -> class of the cue words."""
    sides = cast("dict[str, dict[str, str]]", _load("cues.yaml"))
    return {
        side: {word: kind for kind, words in kinds.items() for word in words.split()}
        for side, kinds in sides.items()
    }


def _is_word(word: str, count: int, tag: str) -> bool:
    """Say whether an entry of jieba's dictionary is an everyday word.

    Its tag ``nr`` holds names and ordinary words alike (高峰, 张贴): of those, two-character
    ones count unless they look like a name through and through (李娜).
    """
    if tag not in _NAME_TAGS:
        return count >= _RARE
    like_a_name = word[0] in names().pure and word[1] in names().usual
    return len(word) == 2 and count >= _RARE_NAME and not like_a_name


@cache
def _dictionary() -> list[tuple[str, int, str]]:
    text = (files("jieba") / "dict.txt").read_text("utf-8")
    entries = re.findall(r"^(\S{1,4}) (\d+) (\S+)$", text, re.MULTILINE)
    return [(word, int(count), tag) for word, count, tag in entries]


@cache
def lexicon() -> Mapping[str, float]:
    """Return everyday words of two to four characters with their log frequency."""
    words = {w: log(n) for w, n, tag in _dictionary() if len(w) > 1 and _is_word(w, n, tag)}
    return words | dict.fromkeys(str(_load("everyday.yaml")["words"]).split(), log(_EVERYDAY))


@cache
def tags() -> Mapping[str, str]:
    """Return the part of speech of everyday words of one to four characters."""
    found = {w: tag for w, n, tag in _dictionary() if len(w) == 1 or _is_word(w, n, tag)}
    return {word: "n" if tag in _NAME_TAGS else tag[:2] for word, tag in found.items()}


@cache
def things() -> frozenset[str]:
    """Return what looks like a name and is none: brands, sayings, relatives."""
    return frozenset(str(_load("everyday.yaml")["things"]).split())


@cache
def joined() -> frozenset[str]:
    """Return the pairs of characters that stand side by side in some everyday word."""
    return frozenset(word[at : at + 2] for word in lexicon() for at in range(len(word) - 1))


@cache
def given_names() -> list[str]:
    """Return the two-character given names of the persons in jieba's dictionary."""
    pure = names().pure
    entries = _dictionary()
    return [w[1:] for w, _, tag in entries if tag in _NAME_TAGS and len(w) == 3 and w[0] in pure]


@cache
def given_odds() -> Mapping[str, int]:
    """Return character -> -2..2: how much likelier it is in a given name than elsewhere.

    Counted over the persons and the words of jieba's dictionary; the list of usual
    characters, which knows today's names, lifts a character to 1 at least.
    """
    in_names = Counter("".join(given_names()))
    in_words: Counter[str] = Counter()
    for word, count, tag in _dictionary():
        if tag not in _NAME_TAGS:
            for char in word:
                in_words[char] += count
    people, text = in_names.total(), in_words.total()
    odds = {}
    for char in in_words.keys() | in_names.keys() | names().usual:
        ratio = log((in_names[char] + 1) / people) - log((in_words[char] + 500) / text)
        level = max(-2, min(2, round(ratio / 1.2)))
        odds[char] = max(level, 1) if char in names().usual else level
    return odds


@cache
def weights() -> Mapping[str, float]:
    """Return feature -> weight of the name model; ``bias`` and two limits among them."""
    text = (_DATA / "name_weights.json").read_text("utf-8")
    return cast("Mapping[str, float]", json.loads(text))
