"""The text as the recognisers see it: folded, with what is settled blanked out.

Folding maps one character to one character (full-width to half-width, traditional to
simplified), so every offset in the view is an offset in the original. Settled stretches
(spans already found, tokens of an earlier masking, case numbers) become runs of a private
character that no recogniser matches. A masked text therefore looks the same to the
recognisers as the original did at the end of its own masking: masking is idempotent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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


def view_of(text: str) -> str:
    """Return the view of a text nothing has been found in yet."""
    view = fold(text.replace(FILL, " ").replace(NAME_FILL, " "))
    if "〔" in view or "当事人" in view:
        view = _TOKEN.sub(lambda hit: (NAME_FILL if hit[1] else FILL) * len(hit[0]), view)
    return _KEPT.sub(lambda hit: FILL * len(hit[0]), view)


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
