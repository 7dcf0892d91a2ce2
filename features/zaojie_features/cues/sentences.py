"""Sentences of a folded narrative, each with what is not read drawn together.

A placeholder of masking, or a trait of a person, becomes one character, so that neither its
length nor what it says can change what is found around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from zaojie_cases.normalise import unit
from zaojie_features.cues.finder import Span
from zaojie_features.cues.language import FILLER

_SENTENCE = re.compile(
    r"(?:“[^“”\n]{0,80}”|[^。;!?\n])+?(?:(?<=[。!?]”)(?![,。;!?、])|[。;!?\n]+|$)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence; ``text`` is what is matched, ``place`` leads back to the narrative."""

    text: str
    start: int
    cuts: tuple[int, ...]
    gaps: tuple[int, ...]

    def place(self, span: Span) -> Span:
        """Return where ``span`` of ``text`` stands in the narrative."""
        start, end = (at + self.start + self._shift(at) for at in (span[0], span[1] - 1))
        return start, end + 1

    def _shift(self, at: int) -> int:
        k = bisect_right(self.cuts, at)
        return self.gaps[k - 1] if k else 0


def split(text: str) -> list[Span]:
    """Return the sentences of folded ``text``; a mark inside quotation marks ends none."""
    return [found.span() for found in _SENTENCE.finditer(text)]


@cache
def _unread() -> re.Pattern[str]:
    return re.compile(unit().removesuffix("|.)") + ")")


def drawn_together(text: str, start: int, kept: frozenset[str]) -> Sentence:
    """Return ``text``, which begins at ``start``, as a sentence; words of ``kept`` stay."""
    parts: list[str] = []
    cuts: list[int] = []
    gaps: list[int] = []
    last = length = 0
    for found in _unread().finditer(text):
        if found.group() in kept:
            continue
        parts += [text[last : found.start()], FILLER]
        length += found.start() - last + 1
        last = found.end()
        cuts.append(length)
        gaps.append(last - length)
    parts.append(text[last:])
    return Sentence("".join(parts), start, tuple(cuts), tuple(gaps))
