"""A masked narrative cut into plain and highlighted stretches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Stretch = tuple[int, int]


class Piece(NamedTuple):
    """A stretch of text; ``mark`` is the kind of the reason that rests on it, or None."""

    text: str
    mark: str | None


def pieces_of(text: str, reasons: Sequence[tuple[str, Iterable[Stretch]]]) -> list[Piece]:
    """Return ``text`` in pieces; of several reasons on one place the first one marks it."""
    marks: list[str | None] = [None] * len(text)
    for kind, spans in reversed(reasons):
        for start, end in spans:
            inside = slice(max(start, 0), min(end, len(text)))
            marks[inside] = [kind] * len(range(*inside.indices(len(text))))
    pieces: list[Piece] = []
    begin = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or marks[position] != marks[begin]:
            pieces.append(Piece(text[begin:position], marks[begin]))
            begin = position
    return pieces
