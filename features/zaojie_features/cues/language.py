"""The pattern language of the cue files: literal text with gaps, choices and word lists.

text        the text itself          .       0 to 8 of the clause, none of 、没未无不别莫勿
[a|b|]      one of; may be empty     …       0 to 14 characters of the sentence
{name}      a word of a list         ^  $    start and end of a clause
@           a stretch that is not read: a masked person, a trait
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from zaojie_cases.normalise import fold

FILLER = "\ue000"
"""Stands for a stretch that is not read."""
_PRONOUNS = str.maketrans("她它妳", "他他你")
_SHORT, _LONG = r"[^,。、;!?\n没未无不别莫勿]{0,8}?", r"[^。;!?\n]{0,14}?"
_START = r"(?<![^,。;:!?\n“”、])"
_SYMBOLS = {".": _SHORT, "…": _LONG, "^": _START, "$": r"(?![^,。;:!?\n“”、])", "@": FILLER}
_MARKS = frozenset("[]|{}")

Lists = Mapping[str, tuple["Sequence", ...]]
Fragment = str | tuple["Sequence", ...]
"""A piece of a regular expression, or a choice."""
Fragments = tuple[Fragment, ...]


def alike(text: str) -> str:
    """Return folded ``text`` in which a pronoun does not tell who somebody is."""
    return fold(text).translate(_PRONOUNS)


class PatternError(ValueError):
    """A pattern is wrong; the message is a Chinese sentence without the pattern's text."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A parsed pattern, and words one of which any text that it finds must hold."""

    fragments: Fragments
    needs: frozenset[str]
    literal: str = ""
    """The whole pattern, if it is text alone."""

    def check(self) -> None:
        """Raise ``PatternError`` if the pattern could match anywhere, or begins with a gap."""
        if not all(self.needs):
            raise PatternError("没有必需的文字，会到处命中")
        for _ in self.openings():
            pass

    def openings(self) -> Iterator[tuple[str, Fragments]]:
        """Yield what the pattern may begin with (two characters, or one), and the pattern."""
        return _openings(self.fragments)


def _openings(fragments: Fragments) -> Iterator[tuple[str, Fragments]]:
    if not fragments or fragments[0] in (_SHORT, _LONG):
        raise PatternError("不能以点开头，也不能整条都可省略")
    head, rest = fragments[0], fragments[1:]
    if isinstance(head, tuple):
        for option in head:
            yield from _openings((*option.fragments, *rest))
    elif head == _START:
        yield from ((key, (head, *after)) for key, after in _openings(rest))
    elif rest and isinstance(rest[0], tuple):
        for option in rest[0]:
            yield from _openings((head, *option.fragments, *rest[1:]))
    elif rest and isinstance(rest[0], str) and rest[0] not in _SYMBOLS.values():
        yield head[-1] + rest[0][-1], fragments
    else:
        yield head[-1], fragments


def parse(pattern: str, lists: Lists) -> Sequence:
    """Return ``pattern`` parsed; ``lists`` are the word lists that it may name.

    Raises ``PatternError`` for unbalanced brackets or an unknown list.
    """
    return _Reader(alike(pattern), lists).sequence(closing="")


class _Reader:
    def __init__(self, text: str, lists: Lists) -> None:
        self._text, self._lists, self._at = text, lists, 0

    def sequence(self, closing: str) -> Sequence:
        """Read up to one of ``closing`` ("" is the end of the pattern)."""
        fragments: list[Fragment] = []
        words, run = [frozenset({""})], ""
        while self._at < len(self._text) and self._text[self._at] not in closing:
            char = self._text[self._at]
            self._at += 1
            if char not in _MARKS and char not in _SYMBOLS:
                run += char
                fragments.append(re.escape(char))
                continue
            words.append(frozenset({run}))
            run = ""
            if char in _SYMBOLS:
                fragments.append(_SYMBOLS[char])
                continue
            options = self._options(char)
            fragments.append(options)
            words.append(frozenset().union(*(option.needs for option in options)))
        literal = run if len(run) == len(fragments) else ""
        return Sequence(tuple(fragments), max([*words, frozenset({run})], key=_selective), literal)

    def _options(self, mark: str) -> tuple[Sequence, ...]:
        if mark == "{":
            return self._named()
        if mark != "[":
            raise PatternError("括号没有配对：“]”“}”“|”前面没有开头的括号")
        options = []
        while True:
            options.append(self.sequence(closing="|]"))
            if self._at >= len(self._text):
                raise PatternError("方括号没有配对：缺少“]”")
            self._at += 1
            if self._text[self._at - 1] == "]":
                return tuple(options)

    def _named(self) -> tuple[Sequence, ...]:
        end = self._text.find("}", self._at)
        name = self._text[self._at : end]
        if end < 0:
            raise PatternError("花括号没有配对：缺少“}”")
        if name not in self._lists:
            raise PatternError(f"没有名为 {name} 的词表")
        self._at = end + 1
        return self._lists[name]


def _selective(words: frozenset[str]) -> tuple[int, int]:
    return min(map(len, words)), -len(words)


_Trie = dict[Fragment, "_Trie"]


def regex_of(patterns: Iterable[Fragments]) -> str:
    """Return the regular expression of any of ``patterns``, common beginnings shared."""
    trie: _Trie = {}
    for fragments in patterns:
        node = trie
        for fragment in fragments:
            node = node.setdefault(fragment, {})
        node[""] = {}
    return _render(trie)


@cache
def _choice(options: tuple[Sequence, ...]) -> str:
    return regex_of(option.fragments for option in options)


def _render(node: _Trie) -> str:
    parts = {f if isinstance(f, str) else _choice(f): child for f, child in node.items()}
    singles = sorted(p for p, child in parts.items() if len(p) == 1 and not child.keys() - {""})
    branches = [
        part + _render(child) for part, child in parts.items() if part not in ("", *singles)
    ]
    if singles:
        branches.append(f"[{''.join(singles)}]" if len(singles) > 1 else singles[0])
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and "" not in parts else f"(?:{'|'.join(branches)})"
    return f"{body}?" if "" in parts else body
