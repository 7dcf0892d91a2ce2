"""Chinese sentences for what pydantic finds wrong in a mapping file."""

from __future__ import annotations

from pydantic import ValidationError

_REASONS = {
    "value_error": "{error}",
    "missing": "缺少这一项",
    "extra_forbidden": "没有这样的选项，请核对拼写",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
    "string_type": "应为文字",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "应符合 {pattern}",
    "tuple_type": "应为列表",
    "dict_type": "应写成“键: 值”",
    "model_type": "应写成“键: 值”",
    "too_short": "不能为空",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
}


def explain(error: ValidationError) -> str:
    """Return one sentence for each fault, each led by the path of its field."""
    faults = []
    for found in error.errors():
        path = ".".join(map(str, found["loc"]))
        reason = _REASONS.get(found["type"], "填写不对").format(**found.get("ctx", {}))
        faults.append(f"{path}：{reason}" if path else reason)
    return "；".join(faults) + "。"
