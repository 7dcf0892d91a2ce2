"""The text as the recognisers see it: folded, with what is settled shrunk to one character.

Folding maps one character to one character (full-width to half-width, traditional to
simplified). A settled stretch (a span already found, a token of an earlier masking, a case
number) becomes a single private character that no recogniser matches. The page of a masked
text is therefore, character for character, the page of the original at the end of its own
masking: masking is idempotent.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from zaojie_cases.masking.spans import LABELS, Span, SpanType

NAME_FILL = "\ue001"
"""Stands for a name: a neighbour joined by 和 or 、 is likely a name too."""
FILL = "\ue000"
"""Stands for everything else that is settled."""

GAP = rf"[^\d\n。;{FILL}{NAME_FILL}]"
"""A character that may stand between a word like 电话 and its number."""

STEMS = "甲乙丙戊己庚壬癸"
"""Letters of pseudonyms. 丁 and 辛 are surnames: 当事人丁 could not be told from a name."""

_TOKEN = re.compile(rf"〔(?:{'|'.join(LABELS.values())})〕|当事人([{STEMS}]+)")
_KEPT = re.compile(
    r"[〔(\[【]\d{4}[〕)\]】][\u4e00-\u9fff\d]{0,14}?第?\d{1,7}(?:[-—]\d{1,4})?号(?:之[一二三四五六七八九十])?"
)


@cache
def _fold_table() -> dict[int, int]:
    table = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    table[0x3000] = 0x20
    table[0xA0] = 0x20
    lines = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8").splitlines()
    for line in lines:
        traditional, _, simplified = line.partition("\t")
        target = simplified.split(" ")[0]
        if len(traditional) == len(target) == 1 and traditional != target:
            table[ord(traditional)] = ord(target)
    return table


def fold(text: str) -> str:
    """Return ``text`` with half-width ASCII and simplified characters, offsets unchanged."""
    return text.translate(_fold_table())


class Page:
    """One text in the course of its masking: ``view`` for the recognisers, ``spans`` found."""

    def __init__(self, text: str) -> None:
        self.view = fold(text.replace(FILL, " ").replace(NAME_FILL, " "))
        self.folded = self.view
        self.spans: list[Span] = []
        self._origin = list(range(len(text) + 1))
        if "〔" in self.view or "当事人" in self.view:
            self._shrink((*hit.span(), bool(hit[1])) for hit in _TOKEN.finditer(self.view))
        self._shrink((*hit.span(), False) for hit in _KEPT.finditer(self.view))

    def settle(self, found: Iterable[Span]) -> None:
        """Take ``found`` (places in ``view``; the longest of those that overlap) as settled."""
        taken, position = list[tuple[int, int, bool]](), 0
        for span in sorted(found, key=_longest_first):
            stretch = self.view[span.start : span.end]
            if span.start < position or FILL in stretch or NAME_FILL in stretch:
                continue
            position = span.end
            taken.append((span.start, span.end, span.type is SpanType.NAME))
            begin, end = self._origin[span.start], self._origin[span.end - 1] + 1
            self.spans.append(Span(begin, end, span.type))
        if taken:
            self._shrink(taken)

    def changed(self, since: int) -> list[int]:
        """Return where in ``view`` the spans stand that were found after the first ``since``."""
        return [bisect_left(self._origin, span.start) for span in self.spans[since:]]

    def names(self) -> Iterator[str]:
        """Yield the names found so far, folded."""
        for span in self.spans:
            if span.type is SpanType.NAME:
                yield self.folded[span.start : span.end]

    def _shrink(self, stretches: Iterable[tuple[int, int, bool]]) -> None:
        """Replace each (start, end, whether it is a name) of the view by one character."""
        pieces, origin, position = list[str](), list[int](), 0
        for start, end, is_name in stretches:
            pieces += [self.view[position:start], NAME_FILL if is_name else FILL]
            origin += self._origin[position : start + 1]
            position = end
        if pieces:
            self.view = "".join([*pieces, self.view[position:]])
            self._origin = origin + self._origin[position:]


def _longest_first(span: Span) -> tuple[int, int]:
    return span.start, -span.end


def matches(pattern: re.Pattern[str], view: str, kind: SpanType, group: int = 0) -> Iterator[Span]:
    """Yield a span of ``kind`` for each match of ``pattern`` (or of its ``group``)."""
    for hit in pattern.finditer(view):
        yield Span(hit.start(group), hit.end(group), kind)


def before(view: str, position: int, width: int) -> str:
    """Return up to ``width`` characters left of ``position``, none from beyond a settled run."""
    window = view[max(0, position - width) : position]
    return window[max(window.rfind(FILL), window.rfind(NAME_FILL)) + 1 :]


def used_pseudonyms(text: str) -> set[str]:
    """Return the pseudonym letters that ``text`` already bears."""
    return {hit[1] for hit in _TOKEN.finditer(text) if hit[1]}
