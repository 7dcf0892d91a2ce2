"""Findings on a request: which field breaks which rule, in Chinese, without its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, Field

_PLAIN_NAME = re.compile(r"[a-z_]{1,32}")
"""Field names of the API. Any other key was invented by the caller and is not repeated."""

_SENTENCES = {
    "missing": "缺少这个必填字段，请补上。",
    "extra_forbidden": "接口没有这个字段，请删去或按接口文档核对字段名。",
    "json_invalid": "请求体不是完整的 JSON，请检查引号、逗号和括号。",
    "string_too_short": "不能为空，至少 {min_length} 个字。",
    "string_too_long": "太长，最多 {max_length} 个字，请精简。",
    "string_pattern_mismatch": "写法不符合规定，请按接口文档的格式填写。",
    "string_unicode": "含有不完整的字符，请用 UTF-8 重新编码后再发。",
    "greater_than_equal": "太小，不能小于 {ge}。",
    "less_than_equal": "太大，不能大于 {le}。",
    "finite_number": "应为有限的数字。",
    "literal_error": "只能填 {expected} 之一。",
    "enum": "只能填 {expected} 之一。",
    "too_short": "太少，至少 {min_length} 项。",
    "too_long": "太多，最多 {max_length} 项，请分批发送。",
}
_SENTENCES_BY_START = {
    "int": "应为整数。",
    "float": "应为数字。",
    "bool": "应为 true 或 false。",
    "string": "应为文字（加引号）。",
    "url": "应为 http:// 或 https:// 开头的地址。",
    "date": "应为日期或时间，例如 2026-03-02T09:05:00+08:00。",
    "list": "应为列表（方括号）。",
    "tuple": "应为列表（方括号）。",
    "model": "应为对象（花括号）。",
    "dict": "应为对象（花括号）。",
}


class Finding(BaseModel):
    """One broken rule."""

    field: str = Field(description="字段名，例如 records.0.category_code", examples=["narrative"])
    rule: str = Field(description="规则的稳定代号，供程序判断", examples=["string_too_short"])
    message: str = Field(
        description="中文说明：哪里不对、怎么改", examples=["不能为空，至少 1 个字。"]
    )


def findings_of(errors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Translate pydantic's errors; inputs and invented key names are left out."""
    return [
        Finding(field=_field_of(e["loc"]), rule=e["type"], message=_sentence_of(e)) for e in errors
    ]


def _field_of(location: Iterable[int | str]) -> str:
    parts = [str(p) if isinstance(p, int) or _PLAIN_NAME.fullmatch(p) else "?" for p in location]
    named = parts[1:] if parts and parts[0] in {"body", "query", "path", "header"} else parts
    return ".".join(named) or "body"


def _sentence_of(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind in _OWN_RULES:
        return str(error["msg"])
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**error.get("ctx", {}))
    start = kind.split("_", 1)[0]
    return _SENTENCES_BY_START.get(start, "不符合接口文档的规定，请核对。")


_OWN_RULES = frozenset({"moment", "date_text", "identifier", "no_identity"})
"""Rules of our own validators, whose messages are Chinese sentences without values."""
