"""Codes that are in no list, as far as a report may show them.

A column that is mapped to the wrong field may hold names or phone numbers. So a value is
shown only if it is a short code, or consists of everyday words and looks like no name; of
any other only its kind and length are told.
"""

from __future__ import annotations

import re

from zaojie_cases.masking import mask
from zaojie_cases.masking.surnames import surname_pattern
from zaojie_cases.masking.words import lexicon
from zaojie_cases.values import CellError, as_code

CODED = frozenset(
    {
        "source_code",
        "channel_code",
        "region_code",
        "grid_code",
        "category_code",
        "judicial_type",
        "scale_code",
    }
)
"""Fields whose values are codes of a table, whatever the mapping says."""

_SHORT_CODE = re.compile(r"[A-Za-z]{0,3}[-.]?\d{1,4}", re.ASCII)
_WORDS = re.compile(r"[\u4e00-\u9fff]{2,12}")
_LONGEST_NAME = 4
_KINDS = (
    (re.compile(r"\d+", re.ASCII), "位数字"),
    (re.compile(r"[\u4e00-\u9fff]+"), "个汉字"),
    (re.compile(r"[\x21-\x7e]+"), "个字母、数字或符号"),
)


def shown(value: object) -> str:
    """Return ``value`` if it may be shown, else its kind and length in （）; "" for none."""
    try:
        code = as_code(value)
    except CellError:
        return "（列表或损坏的值）"
    if not code or _SHORT_CODE.fullmatch(code):
        return code
    if _WORDS.fullmatch(code) and _is_everyday(code):
        return code
    kind = next((name for shape, name in _KINDS if shape.fullmatch(code)), "个字符")
    return f"（{len(code)} {kind}）"


def _is_everyday(text: str) -> bool:
    """Tell whether ``text`` is made of everyday words only and could be nobody's name."""
    like_a_name = len(text) <= _LONGEST_NAME and re.match(surname_pattern(), text)
    return not like_a_name and _is_made_of_words(text) and not mask(text).spans


def _is_made_of_words(text: str) -> bool:
    ends = {0}
    for end in range(2, len(text) + 1):
        if any(end - n in ends and text[end - n : end] in lexicon() for n in (2, 3, 4)):
            ends.add(end)
    return len(text) in ends
