"""Full names in running text: candidates from surnames, scored by a small linear model.

The features of a candidate are those of its start, of its given name and of its end; each
part is a small key of plain values, whose weight is looked up once and remembered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import cache

from zaojie_cases.masking.name_context import crossing, ending, left_cue, right_cue, starting
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.surnames import kinds, surname_pattern
from zaojie_cases.masking.view import FILL, NAME_FILL
from zaojie_cases.masking.words import given_odds, lexicon, names, weights

Key = tuple[str | int | bool, ...]

_STRONG = frozenset({"role", "kin"})
_NAMED = frozenset({"role", "kin", "verb", "name", "after_name"})
_PLACE_ENDS = frozenset("路街村镇乡县市区巷弄站院校厂店局线湖岭苑坪冲坝垸寨府塘桥湾咀栏郡")
_OTHER_SENSE = re.compile(
    r"[现曾历兼担调升转今月年日]任|[职务立位始起源业由属对关等处基]于|[\d几数十百千两]万"
    r"|.?曾(?:担?任|先后|经|在|就|获|于|向|被|多次)"
)
"""Verbs, adverbs and numbers that end in, or begin with, what would be the surname."""
_ORGANISATION = re.compile(
    r"[^\W\d_在任与和的向给将把被为于是系到从让叫说称有]{0,8}?(?:有限|股份|集团|公司|事务所)"
)
_COMMON_WORD = 6.0
_UNKNOWN = -1
"""Odds of a character that jieba's dictionary does not have."""
_REACH = 8
"""Characters around a candidate that its features look at."""


def _bucket(log_frequency: float) -> str:
    if log_frequency == 0:
        return "none"
    return "rare" if log_frequency < _COMMON_WORD else "common"


@cache
def _starts() -> re.Pattern[str]:
    return re.compile(rf"(?=({surname_pattern()})[\u4e00-\u9fff])")


def candidates(view: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end of the surname) wherever a full name could begin."""
    never = names().never
    for hit in _starts().finditer(view):
        start = hit.start()
        doubtful = hit[1] in names().doubtful and left_cue(view, start) not in _NAMED
        if view[hit.end(1)] in never or doubtful or _OTHER_SENSE.match(view, max(0, start - 1)):
            continue
        yield start, hit.end(1)


def endings(view: str, given: int) -> Iterator[int]:
    """Yield where a name could end whose given name begins at ``given``."""
    never = names().never
    for end in range(given + 1, min(given + 3, len(view) + 1)):
        last = view[end - 1]
        if last in never or last in _PLACE_ENDS or not "\u4e00" <= last <= "\u9fff":
            return
        yield end


def start_key(view: str, start: int, given: int) -> Key:
    """Return what speaks for and against a name that begins at ``start``."""
    cue = left_cue(view, start)
    weight, size = starting(view, start)
    return (
        kinds()[view[start:given]],
        given_odds().get(view[given], _UNKNOWN),
        _bucket(crossing(view, start)),
        cue,
        min(ending(view, start), 2),
        _bucket(weight),
        size,
    )


def start_features(key: Key) -> tuple[str, ...]:
    """Return the feature names of a start key."""
    kind, initial, cross, cue, before, word, size = key
    return (
        f"surname={kind}:{initial}",
        f"cross_left={cross}:{cue in _STRONG}",
        f"left={cue}:{before}",
        f"word={word}:{size}:{kind}",
    )


def given_key(view: str, given: int, end: int) -> Key:
    """Return how much ``view[given:end]`` looks like a given name."""
    odds = given_odds()
    first = odds.get(view[given], _UNKNOWN)
    if end - given == 1:
        return first, odds.get(view[end : end + 1], -3)
    return first, odds.get(view[end - 1], _UNKNOWN), view[given:end] in lexicon()


def given_features(key: Key) -> tuple[str, ...]:
    """Return the feature names of a given-name key."""
    if len(key) == 2:
        return f"single={key[0]}", f"next={key[1]}"
    return f"pair={key[0]}:{key[1]}", f"given_word={key[2]}"


def end_key(view: str, end: int) -> Key:
    """Return what speaks for and against a name that ends at ``end``."""
    after = min(starting(view, end)[1], 2)
    return right_cue(view, end), after, _bucket(crossing(view, end))


def end_features(key: Key) -> tuple[str, ...]:
    """Return the feature names of an end key."""
    return f"right={key[0]}:{key[1]}", f"cross_right={key[2]}"


def repeated(times: int) -> str:
    """Return the feature of a candidate that stands in the text so many times."""
    return f"again={min(times, 3)}"


@cache
def _weight(features: Callable[[Key], tuple[str, ...]], key: Key) -> float:
    table = weights()
    return sum(table.get(feature, 0.0) for feature in features(key))


@cache
def _best(*groups: str) -> float:
    """Return the most that the features of ``groups`` can add."""
    best = dict.fromkeys(groups, 0.0)
    for feature, weight in weights().items():
        group = feature.partition("=")[0]
        if group in best:
            best[group] = max(best[group], weight)
    return sum(best.values())


def _scored(view: str, near_settled: bool) -> Iterator[tuple[float, int, int]]:
    """Yield (score, start, end) of the candidates that a repetition could still lift above 0."""
    bias = weights()["bias"]
    edge = _best("right", "cross_right", "again")
    body = edge + max(_best("single", "next"), _best("pair", "given_word"))
    for start, given in candidates(view):
        if near_settled and not _near(view, start):
            continue
        value = bias + _weight(start_features, start_key(view, start, given))
        if value + body <= 0:
            continue
        for end in endings(view, given):
            total = value + _weight(given_features, given_key(view, given, end))
            if total + edge > 0:
                yield total + _weight(end_features, end_key(view, end)), start, end


def _near(view: str, start: int) -> bool:
    window = view[max(0, start - _REACH) : start + _REACH]
    return FILL in window or NAME_FILL in window


def find(view: str, near_settled: bool = False) -> Iterator[Span]:
    """Yield full names; of overlapping candidates the likeliest.

    ``near_settled``: look only where something has been settled since the last look.
    """
    scored = list(_scored(view, near_settled))
    times = Counter(view[start:end] for _, start, end in scored)
    taken: set[int] = set()
    for value, start, end in sorted(scored, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if value + weights()[repeated(times[view[start:end]])] <= 0:
            continue
        if _ORGANISATION.match(view, end) and left_cue(view, start) not in _STRONG:
            continue
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            yield Span(start, end, SpanType.NAME)


def find_known(view: str, known: Collection[str]) -> Iterator[Span]:
    """Yield further places of names already found, where no everyday word runs across."""
    for name in known:
        start = view.find(name) if len(name) > 1 else -1
        while start >= 0:
            end = start + len(name)
            if not crossing(view, start) and not crossing(view, end):
                yield Span(start, end, SpanType.NAME)
            start = view.find(name, end)
