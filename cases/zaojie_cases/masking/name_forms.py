"""Names in the forms that people use when they hide or soften them: 张某, 王x1, 老张, 李女士."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from zaojie_cases.masking.name_context import crossing, left_cue, starting
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.surnames import surname_pattern
from zaojie_cases.masking.words import cues, lexicon, names

_HIDING = re.compile(r"[某xX×*\d]")
_VERBS = frozenset("任向")
"""Surnames that before a title are mostly the verb: 任主任, 向书记反映."""
_SURE = frozenset({"role", "kin", "name", "after_name"})


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\d百千几]){surname_pattern()}(?:某{{1,3}}(?![日年月天时地处些种个公单省市县区镇])"
        r"(?:[甲乙丙丁戊己庚]|\d{1,2}(?!\d))?"
        r"|\d{1,2}某{1,2}[x×]?|[xX×*]{1,2}\d{0,2}(?![\dA-Za-z×*]))"
    )


@cache
def _numbered() -> re.Pattern[str]:
    return re.compile(rf"{surname_pattern()}\d{{1,2}}(?![\d年月日时点分元万千百个岁号米.%/\-])")


@cache
def _titled() -> re.Pattern[str]:
    titles = sorted(cues()["title"], key=len, reverse=True)
    first = "".join(sorted({title[0] for title in titles}))
    return re.compile(rf"{surname_pattern()}(?=[{first}])(?={'|'.join(titles)})")


@cache
def _introduced() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\u4e00-\u9fff])({surname_pattern()})[\u4e00-\u9fff]{{1,2}}"
        r"(?=先生|女士|小姐|[,:、( ]{1,2}(?:男|女)(?![方士性子孩儿]))"
    )


@cache
def _spoken() -> re.Pattern[str]:
    return re.compile(rf"[老小阿][{''.join(sorted(names().spoken))}](?![某\d])")


def _free(view: str, start: int) -> bool:
    """Say whether no everyday word runs into ``start`` from the left, or a cue outweighs it."""
    cued = left_cue(view, start) in _SURE
    return cued or (not crossing(view, start) and view[start] not in names().doubtful)


def _given_tail(view: str, end: int) -> int:
    """Return 1 if 某 at ``end`` is followed by the shown part of a given name: 邹某明."""
    shown = view[end : end + 1]
    if view[end - 1] != "某" or shown not in names().usual or shown in cues()["right"]:
        return 0
    return 0 if crossing(view, end + 1) or view[end : end + 2] in lexicon() else 1


def _hidden_names(view: str) -> Iterator[Span]:
    for hit in _hidden().finditer(view):
        if _free(view, hit.start()):
            yield Span(hit.start(), hit.end() + _given_tail(view, hit.end()), SpanType.NAME)
    for hit in _numbered().finditer(view):
        if left_cue(view, hit.start()) in _SURE and not crossing(view, hit.start()):
            yield Span(hit.start(), hit.end(), SpanType.NAME)


def find(view: str) -> Iterator[Span]:
    """Yield hidden names, surnames with a title, introduced names and spoken forms."""
    if _HIDING.search(view):
        yield from _hidden_names(view)
    for hit in _titled().finditer(view):
        verb = hit[0] in _VERBS and left_cue(view, hit.start()) not in _SURE
        if _free(view, hit.start()) and not starting(view, hit.start())[0] and not verb:
            yield Span(hit.start(), hit.end(), SpanType.NAME)
    for hit in _introduced().finditer(view):
        if _free(view, hit.start()):
            yield Span(hit.start(), hit.end(), SpanType.NAME)
    for hit in _spoken().finditer(view):
        if not any(crossing(view, edge) for edge in (hit.start(), hit.end())):
            yield Span(hit.start(), hit.end(), SpanType.NAME)
