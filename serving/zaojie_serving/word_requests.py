"""A person's word on a pair of registrations or a group matter: who, what, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from zaojie_cases.record import SHANGHAI
from zaojie_serving.identity import carries_identity
from zaojie_serving.requests import Request

SAME_DISPUTE: dict[str, JsonValue] = {
    "case_ids": ["c-3f1a8b20", "c-91d07e44"],
    "verdict": "same",
    "by": "镇综治中心03号",
    "why": "两件登记说的是同一条排水沟，村里核实过。",
}
TWO_DISPUTES: dict[str, JsonValue] = {
    "case_ids": ["c-3f1a8b20", "c-5c66e019"],
    "verdict": "separate",
    "by": "镇综治中心03号",
    "why": "一件是排水沟，一件是宅基地，当事双方也不同。",
}
ANSWERED: dict[str, JsonValue] = {
    "by": "区信访局综合科",
    "why": "已统一答复：搅拌站夜间停工，下月搬迁。",
}


def _impersonal(text: str) -> str:
    if carries_identity(text, datetime.now(SHANGHAI)):
        raise PydanticCustomError("no_identity", "请填岗位或工号，不填姓名、电话、证件号。")
    return text


Clerk = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, pattern=r"^[\w（）()·\-]*$"),
    AfterValidator(_impersonal),
]
Why = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
RowId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]


class WordInput(Request):
    """What every word of a person comes with."""

    by: Clerk = Field(description="谁作的决定：岗位或工号，不填姓名")
    why: Why = Field(description="依据什么；先脱敏再保存")

    def signed(self, caller: str) -> str:
        """Return who says so, and under which key; the key is what was checked."""
        return f"{self.by}（{caller}）"


class LinkDecisionInput(WordInput):
    """A clerk's word on two registrations."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "对两件登记的决定",
            "examples": [SAME_DISPUTE, TWO_DISPUTES],
        }
    )

    case_ids: tuple[RowId, ...] = Field(
        min_length=2, max_length=2, description="两件登记的案件编号，先后不限"
    )
    verdict: Literal["same", "separate"] = Field(
        description="same 是同一纠纷；separate 不是同一纠纷"
    )


class ClosingInput(WordInput):
    """The word that closes a group matter."""

    model_config = ConfigDict(
        json_schema_extra={"description": "关闭群体事项", "examples": [ANSWERED]}
    )
