"""Writing the masked text: tokens for numbers, stable pseudonyms for names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, product

from zaojie_cases.masking.spans import LABELS, Span, SpanType
from zaojie_cases.masking.view import STEMS, fold, used_pseudonyms


def _letters(used: set[str]) -> Iterator[str]:
    """Yield 甲, 乙, ..., 癸, 甲甲, 甲乙, ... without those in ``used``."""
    for length in count(1):
        for letters in map("".join, product(STEMS, repeat=length)):
            if letters not in used:
                yield letters


def render(text: str, spans: Sequence[Span]) -> str:
    """Return ``text`` with each of the sorted ``spans`` replaced."""
    letters = _letters(used_pseudonyms(text))
    pseudonyms: dict[str, str] = {}
    pieces, position = [], 0
    for span in spans:
        if span.type is SpanType.NAME:
            name = fold(text[span.start : span.end])
            if name not in pseudonyms:
                pseudonyms[name] = f"当事人{next(letters)}"
            token = pseudonyms[name]
        else:
            token = f"〔{LABELS[span.type]}〕"
        pieces += [text[position : span.start], token]
        position = span.end
    return "".join([*pieces, text[position:]])
