"""Names without a Chinese surname: 阿卜杜拉·买买提, 扎西顿珠, 巴特尔, 古丽."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches
from zaojie_cases.masking.words import long_names

_DOT = "[·•・‧∙.]"
_FIELD = re.compile(
    r"(?:姓名|户名|我叫|名叫|联系人)[::是为]{0,2} ?([\u4e00-\u9fff]{2,4})(?=[,。;、)( \n]|$)"
)
_PROVERBIAL = re.compile(
    r"(?:张三|李四|王五|赵六|孙七|周八|吴九)(?![年月日天岁个人次万千百十元米分点号楼])"
)


@cache
def _dotted() -> re.Pattern[str]:
    sound = f"[{long_names().sounds}]"
    return re.compile(rf"(?=({sound}{{1,7}}(?:{_DOT}{sound}{{1,7}}){{1,3}}))")


@cache
def _elements() -> re.Pattern[str]:
    known = "|".join(sorted(long_names().elements, key=len, reverse=True))
    heads = "".join(sorted({element[0] for element in long_names().elements}))
    return re.compile(rf"(?=[{heads}])(?=((?:{known}){{1,4}}[{long_names().tails}]?))({known})")


@cache
def _sounds() -> re.Pattern[str]:
    return re.compile(rf"[{long_names().sounds}]{{3,9}}")


def find(view: str) -> Iterator[Span]:
    """Yield 张三 and 李四, and the value of a field 姓名."""
    yield from matches(_PROVERBIAL, view, SpanType.NAME)
    yield from matches(_FIELD, view, SpanType.NAME, group=1)


def dotted_names(view: str) -> Iterator[tuple[int, int]]:
    """Yield stretches such as 阿卜杜拉·买买提, from every place where one could start."""
    if any(dot in view for dot in _DOT[1:-1]):
        for hit in _dotted().finditer(view):
            yield hit.span(1)


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
