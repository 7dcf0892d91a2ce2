"""What stands beside a possible name, and which everyday words run across its edges."""

from __future__ import annotations

import re
from functools import cache

from zaojie_cases.masking.view import FILL, NAME_FILL
from zaojie_cases.masking.words import cues, joined, lexicon

_LONGEST_CUE = 5
_PLACE = re.compile(
    r"[东西南北中上下家小大新老一二三四五]{0,2}"
    r"(?:路|街|大道|大街|巷|弄|村|镇|乡|县|市|区|桥|山|湖|河|江|湾|塘|坝|坪|冲|屯|庄|寨|岭|垸|洲|小区|社区|花园|公寓|大厦|广场|公司|集团|有限"
    r"|企业|中学|小学|大学|医院|商店|超市|酒店|饭店|宾馆|厂|牌|族|版|型|式|站|派出所|法院|州|省|苑|府|城|口|组)"
)


def left_cue(view: str, start: int) -> str:
    """Return the class of what ends at ``start``: a cue class, ``start``, ``name`` or ``other``."""
    if start == 0 or view[start - 1] in "\n\r\t" or view[start - 1] == FILL:
        return "start"
    if view[start - 1] == NAME_FILL:
        return "name"
    if view[start - 1] not in _edges("left"):
        return "other"
    words = cues()["left"]
    for length in range(min(_LONGEST_CUE, start), 0, -1):
        if kind := words.get(view[start - length : start]):
            return "after_name" if kind == "list" and _after_name(view, start) else kind
    return "space" if view[start - 1].isspace() else "other"


@cache
def _edges(side: str) -> frozenset[str]:
    """Return the characters that the cues of ``side`` turn towards a name, and blanks."""
    return frozenset(word[-1 if side == "left" else 0] for word in cues()[side]) | {" "}


def _after_name(view: str, start: int) -> bool:
    return start >= 2 and view[start - 2] == NAME_FILL


def right_cue(view: str, end: int) -> str:
    """Return the class of what begins at ``end``."""
    if end >= len(view) or view[end] in "\n\r\t" or view[end] == FILL:
        return "end"
    if view[end] == NAME_FILL:
        return "name"
    if _PLACE.match(view, end):
        return "place"
    if view[end] not in _edges("right"):
        return "other"
    words = cues()["right"]
    for length in range(_LONGEST_CUE, 0, -1):
        if kind := words.get(view[end : end + length]):
            return kind
    return "space" if view[end].isspace() else "other"


def crossing(view: str, edge: int) -> float:
    """Return the log frequency of the commonest word that has ``edge`` inside it; 0 if none."""
    if edge == 0 or view[edge - 1 : edge + 1] not in joined():
        return 0.0
    words, best = lexicon(), 0.0
    for start in range(max(0, edge - 3), edge):
        for end in range(edge + 1, start + 5):
            best = max(best, words.get(view[start:end], 0.0))
    return best


def starting(view: str, start: int) -> tuple[float, int]:
    """Return log frequency and length of the commonest word that begins at ``start``."""
    if view[start : start + 2] not in joined():
        return 0.0, 0
    words = lexicon()
    return max((words.get(view[start : start + size], 0.0), size) for size in (2, 3, 4))


def ending(view: str, end: int) -> int:
    """Return the length of the longest everyday word that ends at ``end``; 0 if none."""
    if end < 2 or view[end - 2 : end] not in joined():
        return 0
    words = lexicon()
    return next((n for n in (4, 3, 2) if n <= end and view[end - n : end] in words), 0)
