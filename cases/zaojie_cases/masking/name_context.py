"""What stands beside a possible name: cue words, characters, words across its edges."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from zaojie_cases.masking.view import FILL, NAME_FILL
from zaojie_cases.masking.words import cues, joined, lexicon, tags

REACH_LEFT, REACH_RIGHT = 6, 13
"""Characters around the start of a candidate that its features look at."""

_LONGEST_CUE = 5
_COMMON_WORD, _DAILY_WORD = 6.0, 8.0
_STRONG = frozenset({"role", "kin"})
_SHAPE = str.maketrans(
    dict.fromkeys("0123456789", "0")
    | dict.fromkeys(map(chr, range(65, 91)), "A")
    | dict.fromkeys(map(chr, range(97, 123)), "A")
)
_PERSON_ENDS = dict.fromkeys("员师医友主户匠警官傅长工生民者商贩客播", "job") | dict.fromkeys(
    "爹妈娘爸哥姐弟妹嫂婶叔伯爷奶舅姨姑夫孙侄甥媳婿妻儿父母婆", "family"
)
"""Characters that end words for persons."""
_PLACE = re.compile(
    r"(?P<near>[东西南北中上下家小大新老一二三四五]{0,2})(?:路|街|大道|巷|弄|村|镇|乡|县|市|区|桥|山|湖|河|江|湾|塘|坝|坪|冲|屯|庄|寨|岭|垸|洲|小区|社区|花园|公寓|大厦|广场"
    r"|中学|小学|大学|医院|商店|超市|酒店|饭店|宾馆|厂|牌|族|版|型|式|站|派出所|法院|州|省|苑|府|城|口|组)"
)
_PLACE_AHEAD = re.compile(
    r"[^\W\d_在到去回住往从与和于把被的了因将对向为是叫让给跟同说称有系及]{1,3}?"
    r"(?:路(?!过|上|边)|街|大道|巷|村|镇|乡|县|市(?!民)|小区|社区|花园|公寓|大厦|广场|家园|新村)"
)
_FIRM_AHEAD = re.compile(
    r"[^\W\d_在任与和的向给将把被为于是系到从让叫说称有因欠]{0,4}?(?:有限|股份|\(?集团|控股|公司|事务所|实业|药业|合作社|养殖场|门店|专卖店|专柜|柜台)"
)


_AHEAD = frozenset(
    "路街道巷弄村镇乡县市区桥山湖河江湾塘坝坪冲屯庄寨岭垸洲园寓厦场学院店馆厂牌族版型式站所州省苑府城口组限份团司社"
)
"""Characters without which no place or firm is ahead."""


_SPLITS = ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1))
"""How many characters of a word stand before and after an edge inside it."""


@lru_cache(4)
def shaped(view: str) -> str:
    """Return ``view`` with every digit as 0 and every Latin letter as A, offsets unchanged."""
    return view.translate(_SHAPE)


def left_cue(view: str, start: int) -> str:
    """Return the class of what ends at ``start``: a cue class, ``start``, ``name`` or ``other``."""
    if start == 0:
        return "start"
    last = view[start - 1]
    if last not in _edges("left"):
        if last in "\n\r\t" or last == FILL:
            return "start"
        return "name" if last == NAME_FILL else _PERSON_ENDS.get(last, "other")
    words = cues()["left"]
    for length in range(min(_LONGEST_CUE, start), 0, -1):
        if kind := words.get(view[start - length : start]):
            listed = kind == "list" and start >= 2 and view[start - 2] == NAME_FILL
            return "after_name" if listed else kind
    return "space" if last == " " else _PERSON_ENDS.get(last, "other")


@cache
def _edges(side: str) -> frozenset[str]:
    """Return the characters that the cues of ``side`` turn towards a name, and blanks."""
    return frozenset(word[-1 if side == "left" else 0] for word in cues()[side]) | {" "}


def cue_ends() -> frozenset[str]:
    """Return the characters after which ``left_cue`` may say more than ``other``."""
    return _edges("left") | _PERSON_ENDS.keys() | set("\n\r\t" + FILL + NAME_FILL)


def right_cue(view: str, end: int) -> str:
    """Return the class of what begins at ``end``."""
    if end >= len(view):
        return "end"
    first = view[end]
    if first in _edges("right"):
        words = cues()["right"]
        for length in range(_LONGEST_CUE, 0, -1):
            if kind := words.get(view[end : end + length]):
                return kind
        return "space" if first == " " else "other"
    return (
        "end" if first in "\n\r\t" or first == FILL else "name" if first == NAME_FILL else "other"
    )


def ahead(view: str, end: int) -> str:
    """Return whether a place or a firm is named by what begins at ``end``: its kind or nothing."""
    if _AHEAD.isdisjoint(view[end : end + 7]):
        return ""
    if place := _PLACE.match(view, end):
        return "place" if not place["near"] else "near"
    if _FIRM_AHEAD.match(view, end):
        return "firm"
    return "far" if _PLACE_AHEAD.match(view, end) else ""


def crossing(view: str, edge: int) -> float:
    """Return the log frequency of the commonest word that has ``edge`` inside it; 0 if none."""
    if edge == 0 or view[edge - 1 : edge + 1] not in joined():
        return 0.0
    known, best = lexicon().get, 0.0
    for before, after in _SPLITS:
        if before <= edge and (weight := known(view[edge - before : edge + after], 0.0)) > best:
            best = weight
    return best


def crossed(view: str, edge: int) -> bool:
    """Say whether a common word has ``edge`` inside it and no word for a person ends there."""
    return crossing(view, edge) >= _COMMON_WORD and left_cue(view, edge) not in _STRONG


def starting(view: str, start: int) -> tuple[float, int]:
    """Return log frequency and length of the commonest word that begins at ``start``."""
    if view[start : start + 2] not in joined():
        return 0.0, 0
    known, best = lexicon().get, (0.0, 0)
    for size in (2, 3, 4):
        if (weight := known(view[start : start + size], 0.0)) > best[0]:
            best = weight, size
    return best


def speech_before(view: str, start: int) -> str:
    """Return the part of speech of the longest everyday word that ends at ``start``."""
    words = tags()
    for size in (4, 3, 2, 1):
        if size <= start and (tag := words.get(view[start - size : start])):
            return tag
    return ""


def speech_after(view: str, end: int) -> str:
    """Return the part of speech of the longest everyday word that begins at ``end``."""
    words = tags()
    for size in (4, 3, 2, 1):
        if tag := words.get(view[end : end + size]):
            return tag
    return ""


def ending(view: str, end: int) -> int:
    """Return the length of the longest everyday word that ends at ``end``; 0 if none."""
    if end < 2 or view[end - 2 : end] not in joined():
        return 0
    words = lexicon()
    return next((n for n in (4, 3, 2) if n <= end and view[end - n : end] in words), 0)


def bucket(log_frequency: float) -> str:
    """Return how common a word is: none, rare, common or daily."""
    if log_frequency == 0:
        return "none"
    if log_frequency >= _DAILY_WORD:
        return "daily"
    return "rare" if log_frequency < _COMMON_WORD else "common"


def left_features(view: str, start: int, cue: str, tag: str) -> list[str]:
    """Return the features of the left side of a name that begins at ``start``."""
    return [
        f"l1{view[max(0, start - 1) : start]}",
        f"l2{view[max(0, start - 2) : start]}",
        f"l3{view[max(0, start - 3) : start]}",
        f"lc{cue}:{min(ending(view, start), 2)}",
        f"lt{tag}",
        f"lx{bucket(crossing(view, start))}:{cue in _STRONG}",
    ]


def right_features(view: str, end: int, cue: str, tag: str) -> list[str]:
    """Return the features of the right side of a name that ends at ``end``."""
    return [
        f"r1{view[end : end + 1]}",
        f"r2{view[end : end + 2]}",
        f"r3{view[end : end + 3]}",
        f"rc{cue}:{min(starting(view, end)[1], 2)}",
        f"rt{tag}",
        f"rx{bucket(crossing(view, end))}",
        f"ra{ahead(view, end)}",
    ]
