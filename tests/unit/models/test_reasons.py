from __future__ import annotations

import math
import re

import numpy as np
import pytest

from zaojie_cases.codes import category_name
from zaojie_features.allowlist import allow_list
from zaojie_features.facts import facts_of
from zaojie_features.text import count_terms
from zaojie_models.linear import LinearHead
from zaojie_models.reasons import (
    MOST_FACTS,
    MOST_WORDS,
    _fact_text,
    binary_reasons,
    linear_reasons,
    with_places,
)
from zaojie_models.score import Reason, TargetScore
from zaojie_models.target_model import HEAD_COLUMNS, RATE_COLUMNS, Inputs


@pytest.fixture
def told(tiny):
    """Explain one narrative; returns the reasons and the calibrated log-odds."""

    def explain(narrative: str, **changes):
        space = tiny.space()
        model = tiny.binary(space, **changes)
        snapshot = tiny.snapshot(narrative)
        text = space.row(count_terms(narrative, "plain"))
        row = model.row(Inputs(text, facts_of(snapshot), None))
        contributions = model.column_contributions(row[None, :])[0].tolist()
        reasons = binary_reasons(model, row.tolist(), contributions, text, space)
        return reasons, model.calibration.log_odds(float(model.raw(row[None, :])[0]))

    return explain


def total(reasons: tuple[Reason, ...]) -> float:
    return math.fsum(reason.contribution for reason in reasons)


def test_reasons_sum_to_the_calibrated_log_odds(told, tiny) -> None:
    for narrative in (*tiny.narratives, "", "火星语", "工资"):
        reasons, log_odds = told(narrative)
        assert total(reasons) == pytest.approx(log_odds, abs=1e-9)


def test_base_is_first_rest_is_last_and_the_largest_come_first(told, tiny) -> None:
    reasons, _ = told(tiny.narratives[0])
    assert [reason.kind for reason in (reasons[0], reasons[-1])] == ["base", "rest"]
    inner = reasons[1:-1]
    assert {reason.kind for reason in inner} == {"word", "fact"}
    sizes = [abs(reason.contribution) for reason in inner]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(reason.kind == "word" for reason in inner) <= MOST_WORDS
    assert sum(reason.kind == "fact" for reason in inner) <= MOST_FACTS


def test_words_pull_the_way_of_their_text_column(told, tiny) -> None:
    """All words of a block say the same of the score: up if the block raised it."""
    reasons, _ = told(tiny.narratives[0])
    blocks: dict[str, set[bool]] = {}
    for reason in reasons:
        if reason.kind == "word":
            blocks.setdefault(reason.name.partition(":")[0], set()).add(reason.contribution > 0)
    assert blocks
    assert all(len(signs) == 1 for signs in blocks.values())


def test_a_text_column_without_words_is_told_as_a_whole(told, tiny) -> None:
    space = tiny.space()
    silent = LinearHead(np.zeros((len(HEAD_COLUMNS), space.size)), np.full(len(HEAD_COLUMNS), 2.0))
    reasons, log_odds = told(tiny.narratives[0], head=silent)
    assert total(reasons) == pytest.approx(log_odds, abs=1e-9)
    assert [reason for reason in reasons if reason.kind == "word"] == []
    assert "叙述的整体用语" in {reason.text for reason in reasons}


def test_a_class_is_told_by_its_words(tiny) -> None:
    space = tiny.space()
    head = tiny.head(space, 3)
    text = space.row(count_terms(tiny.narratives[2], "plain"))
    reasons = linear_reasons(head, 1, 2.5, text, space)
    assert total(reasons) == pytest.approx(2.5 * head.value(text, 1), abs=1e-9)
    assert {reason.kind for reason in reasons} == {"base", "word", "rest"}


def test_words_have_their_places_in_the_narrative(told, tiny) -> None:
    narrative = tiny.narratives[0]
    reasons, _ = told(narrative)
    target = TargetScore("harm", "binary", reasons=reasons)
    [placed] = with_places([target], narrative, "plain")
    assert [r.contribution for r in placed.reasons] == [r.contribution for r in reasons]
    words = [reason for reason in placed.reasons if reason.kind == "word"]
    assert words
    for reason in words:
        assert reason.spans
        # A pair of neighbouring words may have a mark between them.
        found = {re.sub(r"\W", "", narrative[slice(*span)]) for span in reason.spans}
        assert found == {re.sub(r"\W", "", reason.text)}
    assert all(reason.spans == () for reason in placed.reasons if reason.kind != "word")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("category", 402.0, f"纠纷类别：{category_name('0402')}"),
        ("category_group", 2.0, f"纠纷大类：{category_name('02')}"),
        ("category", 9999.0, "纠纷类别：其他"),
        ("channel", 1.0, "登记渠道：网格员巡查"),
        ("source", 303.0, "案件来源：公安机关委托移送"),
        ("scale", 2.0, "事件规模：一般群体性事件"),
        ("weekday", 0.0, "登记星期：周一"),
        ("weekday", 6.0, "登记星期：周日"),
        ("village_slow_share", 0.25, "本地近期超30天办结占比：25%"),
        ("involved_log", math.log(10), "涉及人数：9人"),
        ("amount_log", math.log(3001), "涉及金额：3000元"),
        ("days_open", 3.0, "登记至今：3天"),
        ("days_open", 0.25, "登记至今：0.2天"),
        ("events_session", 2.0, "调解次数：2次"),
        ("place_rate", 0.125, "本地以往占比：12.5%"),
        ("scale", math.nan, "事件规模：未登记"),
    ],
)
def test_a_fact_is_told_in_plain_chinese(name: str, value: float, text: str) -> None:
    assert _fact_text(name, value) == text


def test_every_fact_can_be_told() -> None:
    for name in [*(feature.name for feature in allow_list().features), *RATE_COLUMNS]:
        for value in (0.0, 1.0, 0.37) + (() if name in RATE_COLUMNS else (math.nan,)):
            found = _fact_text(name, value)
            assert not {"nan", name} & {found, *found.split("：")}
