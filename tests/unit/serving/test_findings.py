from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from zaojie_serving.examples import CASES, NEIGHBOUR_THREAT, NO_SHOW
from zaojie_serving.findings import Finding, findings_of
from zaojie_serving.requests import EventInput, ScoreInput, ScoresRequest

SECRET = "张三丰13800138000"
WRONG: dict[str, Any] = {
    "source_system": SECRET,
    "source_case_no": SECRET + "！",
    "registered_at": SECRET,
    "narrative": [SECRET],
    "narrative_form": SECRET,
    "occurred_on": SECRET,
    "involved_count": SECRET,
    "amount_yuan": SECRET,
    "org_kind": SECRET,
    "difficulty_tier": SECRET,
    "is_minor_involved": SECRET,
    "scoring_opt_out": SECRET,
    "service_needs": [SECRET],
    "other_region_codes": SECRET,
    "events": [
        {"kind": SECRET, "at": SECRET, "payload": {SECRET: SECRET, "note": [SECRET]}},
        SECRET,
    ],
    SECRET: SECRET,
}


def findings(model: Any, value: object) -> list[Finding]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return findings_of(caught.value.errors())


def test_every_wrong_field_is_named_in_chinese_and_no_value_is_repeated() -> None:
    found = findings(ScoreInput, WRONG)
    assert {f.field.split(".")[0] for f in found} == {*WRONG, "?"} - {SECRET}
    text = json.dumps([f.model_dump() for f in found], ensure_ascii=False)
    assert "张三" not in text
    assert "138" not in text
    for one in found:
        assert re.search(r"[\u4e00-\u9fff].*。$", one.message), one


@pytest.mark.parametrize(
    ("change", "rule", "sentence"),
    [
        ({"narrative": ""}, "string_too_short", "不能为空，至少 1 个字。"),
        ({"narrative": "   "}, "string_too_short", "不能为空，至少 1 个字。"),
        ({"narrative": "长" * 20_001}, "string_too_long", "太长，最多 20000 个字，请精简。"),
        ({"narrative": None}, "string_type", "应为文字（加引号）。"),
        ({"narrative": "断\ud800开"}, "string_unicode", "含有不完整的字符"),
        ({"involved_count": 0}, "greater_than_equal", "太小，不能小于 1。"),
        ({"involved_count": 10**7}, "less_than_equal", "太大，不能大于 999999。"),
        ({"amount_yuan": float("nan")}, "finite_number", "应为有限的数字。"),
        ({"status": "x"}, "literal_error", "只能填 'open', 'settled', 'failed' or 'void' 之一。"),
        ({"registered_at": 20261124}, "moment", "应为时间文字"),
        ({"registered_at": "0001-01-01T00:00:00"}, "moment", "应为时间文字"),
        ({"occurred_on": "2026-02-30"}, "date_text", "应为日期文字"),
        ({"other_region_codes": ["1"] * 21}, "too_long", "太多，最多 20 项，请分批发送。"),
    ],
)
def test_each_rule_has_its_sentence(change: dict[str, Any], rule: str, sentence: str) -> None:
    (found,) = findings(ScoreInput, NEIGHBOUR_THREAT | change)
    assert (found.field, found.rule) == (next(iter(change)), rule)
    assert found.message.startswith(sentence)


def test_a_batch_has_one_to_a_thousand_records() -> None:
    assert findings(ScoresRequest, {"records": []})[0].rule == "too_short"
    assert findings(ScoresRequest, {"records": CASES * 334})[0].rule == "too_long"
    assert len(ScoresRequest.model_validate({"records": [1, "x", None]}).rows()) == 3


def test_the_examples_of_the_documents_are_valid() -> None:
    for case in CASES:
        ScoreInput.model_validate(case)
    EventInput.model_validate(NO_SHOW)


def test_times_are_read_as_people_write_them_and_as_beijing_time() -> None:
    written = [
        "2026年3月2日 9时5分",
        "2026/3/2 9:05",
        "2026-03-02T09:05:00",
        "2026-03-02T01:05:00Z",
    ]
    read = {ScoreInput.model_validate(NEIGHBOUR_THREAT | {"registered_at": w}) for w in written}
    assert {r.registered_at.isoformat() for r in read} == {"2026-03-02T09:05:00+08:00"}
