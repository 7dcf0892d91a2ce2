"""Finding many patterns of many names in one pass over a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import chain
from operator import add
from typing import NamedTuple

from zaojie_features.cues.language import Fragments, Sequence, regex_of

Span = tuple[int, int]


class _Start(NamedTuple):
    """How a match of ``name`` may begin: the literal ``head``, then one of ``tails``."""

    name: str
    head: str
    tails: tuple[Fragments, ...]


class _Probe(NamedTuple):
    name: str
    head: str
    tail: re.Pattern[str]


class Finder:
    """Patterns by name. One look at a character and its neighbour says what can begin there.

    A regular expression is compiled when a text first needs it. Where a pattern begins with a
    choice of words, what follows them is compiled once, not per word.
    """

    def __init__(self, patterns: Mapping[str, Collection[Sequence]]) -> None:
        self._starts: dict[str, list[_Start]] = defaultdict(list)
        for name, sequences in patterns.items():
            self._add(name, sequences)
        self._probes: dict[str, list[_Probe]] = {key: [] for key in self._starts}
        self._tails: dict[tuple[Fragments, ...], re.Pattern[str]] = {}

    def _add(self, name: str, sequences: Collection[Sequence]) -> None:
        whole: dict[str, list[Fragments]] = defaultdict(list)
        after: dict[tuple[Sequence, ...], list[Fragments]] = defaultdict(list)
        for sequence in sequences:
            head, rest = sequence.fragments[0], sequence.fragments[1:]
            if isinstance(head, tuple) and rest and all(option.literal for option in head):
                after[head].append(rest)
                continue
            for key, fragments in sequence.openings():
                whole[key].append(fragments)
        for key, found in whole.items():
            self._starts[key].append(_Start(name, "", tuple(found)))
        for words, tails in after.items():
            for word in words:
                self._starts[word.literal[:2]].append(_Start(name, word.literal, tuple(tails)))

    def find(self, text: str) -> dict[str, list[Span]]:
        """Return the matches of each name that has any: leftmost, longest, not overlapping."""
        found: dict[str, list[Span]] = {}
        table = self._probes
        pairs = map(add, text, chain(text[1:], " "))
        keys = [(at, k) for at, pair in enumerate(pairs) for k in (pair[0], pair) if k in table]
        for at, key in keys:
            for name, head, tail in table[key] or self._compiled(key):
                if text.startswith(head, at) and (match := tail.match(text, at + len(head))):
                    found.setdefault(name, []).append((at, match.end()))
        return {name: _apart(spans) for name, spans in found.items()}

    def _compiled(self, key: str) -> list[_Probe]:
        self._probes[key] = [
            _Probe(name, head, self._tail(tails)) for name, head, tails in self._starts[key]
        ]
        return self._probes[key]

    def _tail(self, tails: tuple[Fragments, ...]) -> re.Pattern[str]:
        if tails not in self._tails:
            self._tails[tails] = re.compile(regex_of(tails))
        return self._tails[tails]


def _apart(spans: list[Span]) -> list[Span]:
    """Return ``spans`` leftmost and longest first, without those that overlap one before."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])) if len(spans) > 1 else spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept
