"""Names without a Chinese surname: 阿卜杜拉·买买提, 扎西顿珠, 巴特尔, 古丽."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement, product

from zaojie_cases.masking.name_context import right_cue, starting
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches
from zaojie_cases.masking.words import given_odds, joined, long_names, names

_DOT = "[·•・‧∙.]"
_DOTTED = re.compile(rf"{_DOT}(?<=[\u4e00-\u9fff].)[\u4e00-\u9fff]")
_SPELT = frozenset("不都买")
"""Characters that end a Chinese name but write sounds: 阿不都, 买买提."""
_FIELD = re.compile(
    r"(?:姓名|户名|我叫|名叫|联系人)[::是为]{0,2} ?"
    r"(?!本人|同上|不详|保密|匿名|未知)([\u4e00-\u9fff]{2,4})(?=[,。;、)( \n]|$)"
)
_HIDING = re.compile(r"[某*×]")
_LETTERED = re.compile(
    r"(?<![A-Za-z\d])[A-Z]某{1,3}(?![\u4e00-\u9fff]?[市县区镇乡村街路厂店司院校局银行])"
    r"|(?<=[方人名给:为叫是])[*×]{1,2}[\u4e00-\u9fff]{1,2}(?=[,。;、)( \n“”\"]|$)"
)
"""A letter in place of the surname (Y某), or stars (*强)."""
_PROVERBIAL = re.compile(
    r"(?<!主)(?:张三|李四|王五|赵六|孙七|周八|吴九)(?![年月日天岁个人次万千百十元米分点号楼])"
)


@cache
def _dotted() -> re.Pattern[str]:
    return re.compile(rf"[\u4e00-\u9fff]{{1,7}}(?:{_DOT}[\u4e00-\u9fff]{{1,8}}){{1,3}}")


@cache
def _elements() -> re.Pattern[str]:
    known = "|".join(sorted(long_names().elements, key=len, reverse=True))
    heads = "".join(sorted({element[0] for element in long_names().elements}))
    return re.compile(rf"(?=[{heads}])(?=((?:{known}){{1,4}}[{long_names().tails}]?))({known})")


@cache
def _sounds() -> re.Pattern[str]:
    return re.compile(rf"[{long_names().sounds}]{{3,9}}")


def find(view: str) -> Iterator[Span]:
    """Yield 张三 and 李四, Y某 and *强, and the value of a field 姓名."""
    for hit in _PROVERBIAL.finditer(view):
        if not _goes_on(view, hit.end()):
            yield Span(*hit.span(), SpanType.NAME)
    if _HIDING.search(view):
        yield from matches(_LETTERED, view, SpanType.NAME)
    yield from matches(_FIELD, view, SpanType.NAME, group=1)


def _goes_on(view: str, end: int) -> bool:
    """Say whether a longer name seems to go on at ``end``: 张三丰, but not 张三说."""
    is_given = given_odds().get(view[end : end + 1], 0) > 0
    return is_given and right_cue(view, end) == "other" and not starting(view, end)[1]


def dotted_names(view: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, form) of stretches such as 阿卜杜拉·买买提, with every possible edge."""
    if not _DOTTED.search(view):
        return
    sounds = frozenset(long_names().sounds)
    for hit in _dotted().finditer(view):
        edges = [at for at in range(*hit.span()) if view[at] in _DOT]
        bounds = [hit.start() - 1, *edges, hit.end()]
        for first, last in combinations_with_replacement(range(len(edges)), 2):
            starts = range(bounds[first] + 1, edges[first])
            ends = range(edges[last] + 2, bounds[last + 2] + 1)
            for start, end in product(starts, ends):
                inside = set(view[start:end]) - set(_DOT)
                chinese = "." not in view[start:end] and names().never.isdisjoint(inside - _SPELT)
                foreign = inside <= sounds
                more = view[end : end + 1] in sounds and view[end : end + 2] not in joined()
                begun = (
                    view[start - 1 : start] in sounds and view[start - 2 : start] not in joined()
                )
                cut = foreign and (more or begun)
                if (foreign or chinese) and not cut:
                    yield start, end, f"dotted{foreign}"


def element_names(view: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, form) of what is made of known elements; the form counts them."""
    for hit in _elements().finditer(view):
        size = min(len(hit[1]), 5)
        several = "one" if hit[1] == hit[2] else "many"
        yield hit.start(1), hit.end(1), f"element{several}{size}"


def sound_names(view: str) -> Iterator[tuple[int, int]]:
    """Yield stretches of characters that write the sounds of other languages, from each start."""
    for hit in _sounds().finditer(view):
        for size in range(3, len(hit[0]) + 1):
            yield hit.start(), hit.start() + size
