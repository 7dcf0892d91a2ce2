"""What callers send. Field names are those of the record; the narrative arrives raw."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from zaojie_cases.record import MAX_NARRATIVE, EventKind
from zaojie_cases.values import parse_date, parse_moment
from zaojie_serving.examples import CASES, EVENTS

MOST_RECORDS = 1_000
"""Records that one request may ask to score."""
EARLIEST = 1990
"""Moments before this year are slips of the pen."""


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        moment = parse_moment(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.year < EARLIEST:
        raise PydanticCustomError(
            "moment", "应为时间文字，例如 2026-03-02T09:05:00+08:00；不写时区按北京时间。"
        )
    return moment


def _day(value: object) -> object:
    try:
        return parse_date(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError("date_text", "应为日期文字，例如 2026-03-02。") from None


MomentText = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
DayText = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
CaseNumber = Annotated[str, StringConstraints(pattern=r"^[\w.\-/:#()（）〔〕\[\]【】]{1,64}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_\u4e00-\u9fff]{1,20}$")]
PayloadKey = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
PayloadText = Annotated[StrictStr, Field(max_length=2_000)]
PayloadNumber = Annotated[StrictInt, Field(ge=-(10**15), le=10**15)]
PayloadFraction = Annotated[StrictFloat, Field(allow_inf_nan=False)]
Payload = dict[PayloadKey, StrictBool | PayloadNumber | PayloadFraction | PayloadText | None]


class Request(BaseModel):
    """Base of all requests: fields that we do not know are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class EventInput(Request):
    """One thing that happened to a case."""

    model_config = ConfigDict(json_schema_extra={"description": "一件发生的事", "examples": EVENTS})

    kind: EventKind = Field(
        description="发生了什么，例如 contacted 已联系、session 调解、closed 办结"
    )
    at: MomentText = Field(description="发生的时间；不写时区按北京时间")
    event_no: CaseNumber | None = Field(
        default=None, description="来源系统的事件编号；重发同一编号不会重复登记"
    )
    actor_role: str | None = Field(
        default=None, pattern=r"^[a-z_]{1,32}$", description="谁做的（角色代号，不填姓名）"
    )
    payload: Payload = Field(
        default_factory=dict, max_length=20, description="补充内容；文字会先脱敏再保存"
    )


class CaseInput(Request):
    """One dispute as its source registers it. Identity of parties has no field here."""

    model_config = ConfigDict(json_schema_extra={"description": "一起案件", "examples": CASES})

    source_system: Identifier = Field(description="来源系统代号", max_length=32)
    source_case_no: CaseNumber = Field(description="来源系统的案件编号；与来源系统一起唯一")
    registered_at: MomentText = Field(description="登记时间；不写时区按北京时间")
    narrative: str = Field(
        min_length=1,
        max_length=MAX_NARRATIVE,
        description="案情简述原文，最多 20000 字；收到后立即脱敏，原文不保存、不进日志",
    )
    narrative_form: Literal["plain", "segmented"] = Field(
        default="plain", description="plain 普通文字；segmented 来源已用空格分词"
    )
    occurred_on: DayText | None = Field(default=None, description="发生日期")
    accepted_at: MomentText | None = Field(default=None, description="受理时间")
    source_code: str | None = Field(default=None, description="案件来源代码")
    channel_code: str | None = Field(default=None, description="登记渠道代码")
    region_code: str | None = Field(default=None, description="统计用区划代码，12 位")
    grid_code: str | None = Field(default=None, description="网格代码：区划代码加 2 至 4 位序号")
    place_key: Annotated[str, StringConstraints(pattern=r"^[\w.\-]{1,64}$")] | None = Field(
        default=None, description="来源自己的地点代号，没有区划代码时填"
    )
    other_region_codes: tuple[str, ...] = Field(
        default=(), max_length=20, description="跨区域纠纷涉及的其他区划代码"
    )
    category_code: str | None = Field(
        default=None, description="事件类别代码（GB/T 31000 表5.56）；12 至 16 类只流转、不评分"
    )
    judicial_type: str | None = Field(default=None, description="人民调解统计的纠纷类型名称")
    scale_code: str | None = Field(default=None, description="事件规模代码（01 02 03）")
    involved_count: int | None = Field(default=None, ge=1, le=999_999, description="涉及人数")
    amount_yuan: float | None = Field(
        default=None, ge=0, le=1e13, allow_inf_nan=False, description="涉及金额（元）"
    )
    org_kind: Word | None = Field(default=None, description="涉及单位的种类，不填单位名称")
    difficulty_tier: Literal["简易", "一般", "疑难", "重大"] | None = Field(
        default=None, description="难易程度"
    )
    status: Literal["open", "settled", "failed", "void"] = Field(
        default="open", description="办理状态"
    )
    due_on: DayText | None = Field(default=None, description="化解时限")
    committee_id: Identifier | None = Field(default=None, description="调解组织编号，不填名称")
    committee_kind: Word | None = Field(
        default=None, description="调解组织种类，例如 村、居、乡镇、街道"
    )
    mediator_id: Identifier | None = Field(default=None, description="调解员编号，不填姓名")
    prior_reports: int | None = Field(
        default=None, ge=0, le=10_000, description="同一纠纷此前登记的次数（来源统计）"
    )
    prior_case_ids: tuple[Identifier, ...] = Field(
        default=(), max_length=50, description="同一纠纷此前的案件编号（case_id）"
    )
    is_minor_involved: bool | None = Field(default=None, description="是否涉及未成年人")
    service_needs: tuple[Word, ...] = Field(
        default=(), max_length=10, description="服务需要，例如 手语翻译；给调解员看，不参与评分"
    )
    scoring_opt_out: bool = Field(default=False, description="当事人不同意评分时填 true")


class KnownEvent(EventInput):
    """An event of a case that is scored without being stored."""

    recorded_at: MomentText | None = Field(
        default=None, description="何时得知；不填则与发生时间相同"
    )


class ScoreInput(CaseInput):
    """A case to score without storing anything."""

    events: tuple[KnownEvent, ...] = Field(
        default=(), max_length=200, description="评分时已知的办理经过"
    )
    as_of: MomentText | None = Field(
        default=None, description="按哪一刻的情况评分；不填则为记录中最晚的时间"
    )


class ScoresRequest(Request):
    """Records to score; each is checked by itself, so that a bad one does not sink the rest."""

    model_config = ConfigDict(
        json_schema_extra={"description": "待评分的案件", "examples": [{"records": CASES}]}
    )

    records: list[SkipValidation[ScoreInput]] = Field(
        min_length=1, max_length=MOST_RECORDS, description="1 至 1000 条案件"
    )

    def rows(self) -> list[Any]:
        """Return the records as they came, unchecked."""
        return list(self.records)
