"""Words of a narrative by jieba, with a tokenizer of our own and a domain dictionary."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import jieba

from zaojie_cases.normalise import Piece

Term = tuple[str, int, int]
"""A word or n-gram with its ``[start, end)`` in the narrative."""

_HAS_TEXT = re.compile(r"[\u3400-\u9fffa-z0-9]")
_PART = re.compile(r"\S+")


@cache
def tokenizer() -> jieba.Tokenizer:
    """Return the tokenizer of Zaojie; other users of jieba in the process keep theirs."""
    jieba.setLogLevel(logging.WARNING)
    own = jieba.Tokenizer()
    own.initialize()
    lines = (files("zaojie_features") / "data" / "words.txt").read_text(encoding="utf-8")
    for line in lines.splitlines():
        word = line.split("#")[0].strip()
        if word:
            own.add_word(word)
    return own


def words_of(piece: Piece, *, segmented: bool) -> Iterator[Term]:
    """Yield the words of ``piece``; ``segmented`` text is cut at its spaces only."""
    if segmented:
        for part in _PART.finditer(piece.text):
            if _HAS_TEXT.search(part.group()):
                yield part.group(), piece.start + part.start(), piece.start + part.end()
        return
    at = piece.start
    for word in tokenizer().cut(piece.text):
        if _HAS_TEXT.search(word):
            yield word, at, at + len(word)
        at += len(word)
