"""The letters of pseudonyms in masked texts: which there are, and giving others for them.

A letter is one or more characters long, and what follows it in the text may look like more
of it: 当事人甲己经 is 当事人甲 with a slip of the pen, or one who is called 甲己.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from zaojie_cases.masking.view import STEMS

_RUN = re.compile(f"当事人([{STEMS}]+)")


def letters_in(texts: Iterable[str]) -> set[str]:
    """Return all letters that ``texts`` may bear, in whatever way they are read."""
    runs = {run for text in texts for run in _RUN.findall(text)}
    return {run[i:j] for run in runs for i in range(len(run)) for j in range(i + 1, len(run) + 1)}


def relettered(text: str, letters: Mapping[str, str]) -> str:
    """Return ``text`` with those of its letters that are keys of ``letters`` replaced."""

    def replaced(hit: re.Match[str]) -> str:
        own = _read(hit[1], letters)
        return f"当事人{letters[own]}{hit[1].removeprefix(own)}" if own else hit[0]

    return _RUN.sub(replaced, text)


def counterparts(text: str, other: str, letters: Collection[str]) -> dict[str, str]:
    """Return which letter of ``other`` stands for which of the ``letters`` in ``text``.

    Empty unless the two texts are the same but for the letters, one for one.
    """
    parts, others = _RUN.split(text), _RUN.split(other)
    if parts[::2] != others[::2]:
        return {}
    found: dict[str, str] = {}
    for run, there in zip(parts[1::2], others[1::2], strict=True):
        own = _read(run, letters)
        letter = there.removesuffix(run.removeprefix(own))
        fits = letter + run.removeprefix(own) == there
        if not fits or bool(own) != bool(letter) or found.setdefault(own, letter) != letter:
            return {}
    found.pop("", None)
    return found if len(set(found.values())) == len(found) else {}


def _read(run: str, letters: Collection[str]) -> str:
    """Return the longest of ``letters`` that ``run`` begins with, "" for none."""
    return next((run[:end] for end in range(len(run), 0, -1) if run[:end] in letters), "")
