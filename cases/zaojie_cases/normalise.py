"""A narrative made comparable, character for character, so that offsets stay valid.

Full-width and compatibility forms, capitals and traditional characters are folded one to
one; what must not move a score is blocked or read as a neutral word of equal length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

import opencc
import yaml

_PLACEHOLDER = r"〔[^〔〕]{1,12}〕|当事人[甲乙丙丁戊己庚辛壬癸]+\d*"
"""What masking leaves, and case numbers: they name, they do not tell. 当事人未到场 does."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of folded text without blocked spans; ``start`` is its place in the narrative."""

    start: int
    text: str


class _Neutral(TypedDict):
    blocked: dict[str, list[str]]
    same: dict[str, list[str]]
    patterns: dict[str, list[str]]
    lists: dict[str, list[str]]


@cache
def _neutral_words() -> _Neutral:
    text = (files("zaojie_cases") / "data" / "neutral.yaml").read_text(encoding="utf-8")
    loaded: _Neutral = yaml.safe_load(text)
    return loaded


@cache
def _simplified() -> dict[int, str]:
    """Traditional character -> simplified character, single characters only."""
    table = Path(str(opencc.__file__)).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    return {
        ord(pair[0]): pair[1].split(" ")[0]
        for pair in pairs
        if len(pair) == 2 and len(pair[0]) == 1 and len(pair[1].split(" ")[0]) == 1
    }


class _FoldTable(dict[int, str]):
    """Filled as characters are met: compatibility form, lower case, simplified."""

    def __missing__(self, code: int) -> str:
        char = unicodedata.normalize("NFKC", chr(code)).lower()
        char = char if len(char) == 1 else chr(code)
        self[code] = _simplified().get(ord(char), char)
        return self[code]


_FOLD = _FoldTable()


@cache
def _patterns() -> tuple[re.Pattern[str], dict[str, str]]:
    """Everything to look for (longest first, also with blanks inside), what is read otherwise."""
    words = _neutral_words()
    blocked = [word for group in words["blocked"].values() for word in group]
    same = {word: new for new, group in words["same"].items() for word in group}
    every = _any_of({*blocked, *same}, between=r"\s*")
    return re.compile("|".join([*_traits(), _PLACEHOLDER, every])), same


def _any_of(words: Iterable[str], between: str = "") -> str:
    """Return the regular expression of any of ``words``, longest first.

    The look at the first character alone is what makes hundreds of words quick.
    """
    ordered = sorted(words, key=lambda w: (-len(w), w))
    first = "".join(sorted({re.escape(word[0]) for word in ordered}))
    return f"(?=[{first}])(?:{'|'.join(between.join(map(re.escape, w)) for w in ordered)})"


@cache
def _traits() -> tuple[str, ...]:
    """Regular expressions of traits of people, such as an age or 系教师."""
    words = _neutral_words()
    lists = {f"{{{name}}}": _any_of(entries) for name, entries in words["lists"].items()}
    written = [pattern for group in words["patterns"].values() for pattern in group]
    named = re.compile("|".join(map(re.escape, lists)))
    return tuple(named.sub(lambda found: lists[found.group()], text) for text in written)


@cache
def unit() -> str:
    """Return the regular expression of one character, or of a stretch that is not read."""
    blocked = [word for group in _neutral_words()["blocked"].values() for word in group]
    words = _any_of(word for word in blocked if len(word) > 1)
    return f"(?:{'|'.join([*_traits(), _PLACEHOLDER, words])}|.)"


def fold(narrative: str) -> str:
    """Return ``narrative`` with each character folded to exactly one character."""
    return narrative.translate(_FOLD)


@lru_cache(maxsize=64)
def pieces(narrative: str) -> tuple[Piece, ...]:
    """Return the stretches of ``narrative`` that may be read, in order."""
    return tuple(_pieces(narrative))


def _pieces(narrative: str) -> Iterator[Piece]:
    text = fold(narrative)
    pattern, same = _patterns()
    start, parts = 0, []
    for found in pattern.finditer(text):
        word = "".join(found.group().split())
        if word in same:
            parts.append((start, found.start(), same[word].ljust(len(found.group()))))
            start = found.end()
            continue
        parts.append((start, found.start(), ""))
        yield from _joined(text, parts)
        start, parts = found.end(), []
    parts.append((start, len(text), ""))
    yield from _joined(text, parts)


def _joined(text: str, parts: list[tuple[int, int, str]]) -> Iterator[Piece]:
    whole = "".join(text[a:b] + new for a, b, new in parts)
    if whole.strip():
        yield Piece(parts[0][0], whole)
