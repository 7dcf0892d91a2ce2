"""Why a score is what it is: exact contributions, given to words and facts, in Chinese.

The trees' SHAP values are exact and cheap over few columns. What a text column gave is
shared among the words that pulled the same way, in proportion to their exact linear
contributions; everything sums to the calibrated log-odds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from zaojie_cases.codes import category_name, channel_name, scale_name, source_name
from zaojie_cases.errors import CodeError
from zaojie_features.allowlist import allow_list
from zaojie_features.text import BLOCKS, BlockName, TextRow, TextSpace, where
from zaojie_models.linear import LinearHead
from zaojie_models.score import Reason, TargetScore
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, BinaryModel

MOST_WORDS = 8
MOST_FACTS = 6
LEAST = 0.01
"""Log-odds; smaller contributions are only in the sum of the rest."""
Term = tuple[BlockName, str]
Pull = tuple[int, float]
"""A column of the text space and what it gave to the score."""

_NAMES = {
    "category": category_name,
    "category_group": category_name,
    "scale": scale_name,
    "channel": channel_name,
    "source": source_name,
}
_TITLES = {"place_rate": "本地以往占比", "area_rate": "片区以往占比"}


def binary_reasons(
    model: BinaryModel,
    columns: Sequence[float],
    contributions: Sequence[float],
    text: TextRow,
    space: TextSpace,
) -> tuple[Reason, ...]:
    """Return reasons in calibrated log-odds: base, words, facts, and one sum of the rest."""
    slope, offset = model.calibration.slope, model.calibration.offset
    base = Reason("base", "base", "同类案件的一般情况", slope * contributions[-1] + offset)
    by_column = dict(zip(model.columns, (slope * c for c in contributions[:-1]), strict=True))
    facts = [
        Reason("fact", name, _fact_text(name, value), by_column[name])
        for name, value in zip(model.columns, columns, strict=True)
        if name not in HEAD_COLUMNS and by_column[name] != 0.0
    ]
    words: list[Pull] = []
    for k, name in enumerate(HEAD_COLUMNS):
        if name not in by_column:  # a model of facts alone
            continue
        shared = share_among_words(model.head, k, by_column[name], model.block(text, k))
        words += shared
        if not shared and by_column[name]:
            facts.append(Reason("fact", name, "叙述的整体用语", by_column[name]))
    return _shorten(base, words, facts, space)


def linear_reasons(
    head: LinearHead, k: int, scale: float, text: TextRow, space: TextSpace
) -> tuple[Reason, ...]:
    """Return the words for and against class ``k``, in scaled decision units."""
    pulls = (scale * head.contributions(text, k)).tolist()
    base = Reason("base", "base", "该类的一般情况", scale * float(head.bias[k]))
    return _shorten(base, list(zip(text.columns.tolist(), pulls, strict=True)), [], space)


def with_places(targets: Sequence[TargetScore], narrative: str, form: str) -> list[TargetScore]:
    """Return ``targets`` with the places in ``narrative`` of the words of their reasons."""
    wanted = {_term_of(r.name) for t in targets for r in t.reasons if r.kind == "word"}
    places = where(narrative, form, wanted) if wanted else {}
    return [
        replace(
            target,
            reasons=tuple(
                replace(r, spans=places.get(_term_of(r.name), ())) if r.kind == "word" else r
                for r in target.reasons
            ),
        )
        for target in targets
    ]


def share_among_words(head: LinearHead, k: int, total: float, text: TextRow) -> list[Pull]:
    """Share ``total`` of text head ``k`` among the words that pulled the same way."""
    pulls = head.contributions(text, k)
    same = pulls * total > 0
    whole = float(pulls[same].sum())
    if whole == 0.0:
        return []
    shares = total * pulls[same] / whole
    return list(zip(text.columns[same].tolist(), shares.tolist(), strict=True))


def _term_of(name: str) -> Term:
    block, _, term = name.partition(":")
    return next(known for known in BLOCKS if known == block), term


def _word_reason(term: Term, contribution: float) -> Reason:
    block, name = term
    title = f"内容：{name}" if block == "subject" else f"“{name.replace(' ', '')}”"
    return Reason("word", f"{block}:{name}", title, contribution)


def _shorten(
    base: Reason, words: list[Pull], facts: list[Reason], space: TextSpace
) -> tuple[Reason, ...]:
    """Keep what moved the score most; put the rest into one line so that sums stay whole."""
    words = sorted(words, key=lambda pull: (-abs(pull[1]), pull[0]))
    facts = sorted(facts, key=_by_size)
    most_words = sum(abs(value) >= LEAST for _, value in words[:MOST_WORDS])
    most_facts = sum(abs(fact.contribution) >= LEAST for fact in facts[:MOST_FACTS])
    terms = space.terms()
    told = [_word_reason(terms[column], value) for column, value in words[:most_words]]
    small = [value for _, value in words[most_words:]]
    rest = math.fsum([*small, *(fact.contribution for fact in facts[most_facts:])])
    kept = sorted([*told, *facts[:most_facts]], key=_by_size)
    return (base, *kept, Reason("rest", "rest", "其余词语和情况合计", rest))


def _by_size(reason: Reason) -> tuple[float, str]:
    return -abs(reason.contribution), reason.name


@cache
def _titles() -> dict[str, tuple[str, str, str]]:
    return {f.name: (f.title, f.unit, f.purpose) for f in allow_list().features}


def _fact_text(name: str, value: float) -> str:
    if name in RATE_COLUMNS:
        return f"{_TITLES[name]}：{value:.1%}"
    title, unit, purpose = _titles()[name]
    if math.isnan(value):
        return f"{title}：{'未登记' if purpose == 'case' else '暂无记录'}"
    return f"{title}：{_value_text(name, value, unit)}"


def _value_text(name: str, value: float, unit: str) -> str:
    if name in _NAMES:
        return _code_name(name, int(value))
    if name == "weekday":
        return f"周{'一二三四五六日'[int(value)]}"
    if unit in {"0-1", "比"}:
        return f"{value:.0%}"
    if unit.startswith("ln(1+"):
        return f"{math.expm1(value):.0f}{unit[5:-1]}"
    amount = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
    return f"{amount}{unit if unit in {'天', '次', '件', '处', '字', '个', '句'} else ''}"


def _code_name(name: str, code: int) -> str:
    try:
        return _NAMES[name](f"{code:02d}" if code < 100 else f"{code:04d}")
    except CodeError:
        return "其他"
