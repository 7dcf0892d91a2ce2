"""A narrative made ready for matching, and its sentences.

Each stretch that is not read, a placeholder of masking or a word of a trait, becomes one
character, so that neither its length nor what it says can change what is found around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from zaojie_features.cues.finder import Span
from zaojie_features.cues.language import FILLER, regex_of

_SENTENCE = re.compile(
    r"(?:“[^“”\n]{0,80}”|[^。;!?\n])+?(?:(?<=[。!?]”)(?![,。;!?、])|[。;!?\n]+|$)"
)

_ROLES = "(?:被)?(?:申请|投诉|反映|举报)人|来电人|来访人|报警人|其反映的"
"""What registers call the parties: their words (申请, 请人, 来电) say nothing of the case."""


@dataclass(frozen=True, slots=True)
class View:
    """``text`` is what is matched; ``place`` leads back to the narrative."""

    text: str
    cuts: tuple[int, ...]
    """Places in ``text`` just behind a stretch drawn together."""
    gaps: tuple[int, ...]
    """How many characters are missing in front of each."""

    def place(self, span: Span) -> Span:
        """Return where ``span`` of ``text`` stands in the narrative."""
        return self._back(span[0]), self._back(span[1] - 1) + 1

    def _back(self, at: int) -> int:
        k = bisect_right(self.cuts, at)
        return at + self.gaps[k - 1] if k else at


def split(text: str) -> list[Span]:
    """Return the sentences of folded ``text``; a mark inside quotation marks ends none."""
    return [found.span() for found in _SENTENCE.finditer(text)]


@cache
def _unread() -> re.Pattern[str]:
    """What masking leaves, and the words of traits of people in the record's own data."""
    path = files("zaojie_cases") / "data" / "neutral.yaml"
    blocked = yaml.safe_load(path.read_text(encoding="utf-8"))["blocked"]
    words = {word for group in blocked.values() for word in group if len(word) > 1}
    traits = regex_of(tuple(map(re.escape, word)) for word in sorted(words))
    return re.compile(rf"〔[^〔〕]{{1,12}}〕|当事人[甲乙丙丁戊己庚辛壬癸]+\d*|{_ROLES}|{traits}")


def view_of(text: str, kept: Container[str]) -> View:
    """Return folded ``text`` with what is not read drawn together; words of ``kept`` stay."""
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
    return View("".join(parts), tuple(cuts), tuple(gaps))
