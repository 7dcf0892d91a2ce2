"""Why a score is what it is: exact contributions, given to words and facts, in Chinese.

The trees' SHAP values are exact and cheap over few columns. What a text column gave is
shared among the words that pulled the same way, in proportion to their exact linear
contributions; everything sums to the calibrated log-odds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from zaojie_cases.codes import category_name
from zaojie_cases.errors import CodeError
from zaojie_features.allowlist import allow_list
from zaojie_features.text import BlockName, TextRow, TextSpace, where
from zaojie_models.linear import LinearHead
from zaojie_models.score import Reason
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, BinaryModel

MOST_WORDS = 8
MOST_FACTS = 6
Term = tuple[BlockName, str]

_TITLES = {"place_rate": "本地以往占比", "area_rate": "片区以往占比"}


def binary_reasons(
    model: BinaryModel,
    columns: Sequence[float],
    contributions: Sequence[float],
    text: TextRow,
    space: TextSpace,
) -> list[Reason]:
    """Return reasons in calibrated log-odds: base, words, facts, and one sum of the rest."""
    slope, offset = model.calibration.slope, model.calibration.offset
    base = Reason("base", "base", "同类案件的一般情况", slope * contributions[-1] + offset)
    by_column = dict(zip(model.columns, (slope * c for c in contributions[:-1]), strict=True))
    facts = [
        Reason("fact", name, _fact_text(name, value), by_column[name])
        for name, value in zip(model.columns, columns, strict=True)
        if name not in HEAD_COLUMNS and by_column[name] != 0.0
    ]
    words: list[Reason] = []
    for k, name in enumerate(HEAD_COLUMNS):
        words += _share(model.head, k, by_column[name], text, space, model.word_terms)
    return _shorten(base, words, facts)


def linear_reasons(
    head: LinearHead, k: int, scale: float, text: TextRow, space: TextSpace
) -> list[Reason]:
    """Return the words for and against class ``k``, in scaled decision units."""
    terms = space.terms()
    words = [
        _word_reason(terms[column], scale * value)
        for column, value in zip(text.columns, head.contributions(text, k), strict=True)
    ]
    base = Reason("base", "base", "该类的一般情况", scale * float(head.bias[k]))
    return _shorten(base, words, [])


def with_places(reasons: list[Reason], narrative: str, form: str) -> tuple[Reason, ...]:
    """Return ``reasons`` with the places of their words in ``narrative``."""
    wanted = {_term_of(r.name) for r in reasons if r.kind == "word"}
    places = where(narrative, form, wanted) if wanted else {}
    return tuple(
        replace(r, spans=places.get(_term_of(r.name), ())) if r.kind == "word" else r
        for r in reasons
    )


def _share(
    head: LinearHead, k: int, total: float, text: TextRow, space: TextSpace, word_terms: int
) -> list[Reason]:
    """Share ``total`` of text head ``k`` among the words that pulled the same way."""
    own = text.columns < word_terms if k == 0 else text.columns >= word_terms
    part = TextRow(text.columns[own], text.weights[own])
    terms = space.terms()
    pulls = [
        (terms[column], float(value))
        for column, value in zip(part.columns, head.contributions(part, k), strict=True)
        if value * total > 0
    ]
    whole = math.fsum(value for _, value in pulls)
    if whole == 0.0:
        name = HEAD_COLUMNS[k]
        return [Reason("fact", name, "叙述的整体用语", total)] if total else []
    return [_word_reason(term, total * value / whole) for term, value in pulls]


def _word_reason(term: Term, contribution: float) -> Reason:
    return Reason("word", f"{term[0]}:{term[1]}", f"“{term[1].replace(' ', '')}”", contribution)


def _term_of(name: str) -> Term:
    block, _, term = name.partition(":")
    return ("word" if block == "word" else "char"), term


def _shorten(base: Reason, words: list[Reason], facts: list[Reason]) -> list[Reason]:
    """Keep what moved the score most; put the rest into one line so that sums stay whole."""

    def by_size(reason: Reason) -> tuple[float, str]:
        return -abs(reason.contribution), reason.name

    words, facts = sorted(words, key=by_size), sorted(facts, key=by_size)
    kept = sorted(words[:MOST_WORDS] + facts[:MOST_FACTS], key=by_size)
    rest = math.fsum(r.contribution for r in words[MOST_WORDS:] + facts[MOST_FACTS:])
    return [base, *kept, Reason("rest", "rest", "其余词语和情况合计", rest)]


def _titles() -> dict[str, tuple[str, str]]:
    return {f.name: (f.title, f.unit) for f in allow_list().features}


def _fact_text(name: str, value: float) -> str:
    if name in RATE_COLUMNS:
        return f"{_TITLES[name]}：{value:.1%}"
    title, unit = _titles()[name]
    if math.isnan(value):
        return f"{title}：未登记"
    if name == "category":
        return f"{title}：{_category(f'{int(value):04d}')}"
    if name == "category_group":
        return f"{title}：{_category(f'{int(value):02d}')}"
    if unit.startswith("ln(1+"):
        return f"{title}：{math.expm1(value):.0f}{unit[5:-1]}"
    amount = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
    return f"{title}：{amount}{unit if unit in {'天', '次', '件', '处', '字', '个', '句'} else ''}"


def _category(code: str) -> str:
    try:
        return category_name(code)
    except CodeError:
        return "其他"
