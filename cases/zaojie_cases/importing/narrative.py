"""The narrative of a row: joined, freed of what is no text, cut to length."""

from __future__ import annotations

import re
import string

from zaojie_cases.mapping import Source
from zaojie_cases.readers import Cells
from zaojie_cases.record import MAX_NARRATIVE
from zaojie_cases.values import as_text, is_nothing, without_controls

_SENTENCE_ENDS = "。！？!?…；;"
_LINE_END = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_HALF_OF_A_CHARACTER = re.compile("[\ud800-\udfff]")

_PAUSE = re.compile(r"[\s。！？!?…；;，,、]")
_LOOK_BACK = 500
_HALF = string.ascii_letters + string.digits + string.whitespace + "@._+-"
_LOOSE_END = _HALF + "".join(
    chr(ord(char) + 0xFEE0) for char in string.ascii_letters + string.digits
)


def join_texts(source: Source, cells: Cells) -> str:
    """Return the columns of ``source`` in one clean text, those that hold nothing left out."""
    joined = ""
    for column in source.columns:
        part = clean(_text_of(cells.get(column)))
        if is_nothing(part):
            continue
        if joined:
            ended = joined[-1] in _SENTENCE_ENDS and source.join in _SENTENCE_ENDS
            joined += part if ended else source.join + part
        else:
            joined += part
    return joined


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else as_text(value)


def clean(text: str) -> str:
    """Return ``text`` with plain line ends and without what is no text; emoji stay."""
    plain = without_controls(_LINE_END.sub("\n", text))
    return _HALF_OF_A_CHARACTER.sub("", plain).strip()


def shorten(text: str) -> str:
    """Return the beginning of ``text``, at most ``MAX_NARRATIVE`` characters.

    The cut is at a pause, or before a number or Latin word that it would part, so that half
    of a phone number is not left behind where masking cannot recognise it.
    """
    if len(text) <= MAX_NARRATIVE:
        return text
    tail = text[MAX_NARRATIVE - _LOOK_BACK : MAX_NARRATIVE]
    pauses = [found.end() for found in _PAUSE.finditer(tail)]
    kept = text[: MAX_NARRATIVE - _LOOK_BACK + pauses[-1]] if pauses else text[:MAX_NARRATIVE]
    return kept.rstrip(_LOOSE_END)
