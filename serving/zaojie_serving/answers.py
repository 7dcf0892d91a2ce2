"""What the service answers. Times are in Asia/Shanghai; offsets count characters."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, computed_field

from zaojie_cases.record import EventKind, PayloadValue
from zaojie_models.score import Level
from zaojie_serving.alerts import State
from zaojie_serving.findings import Finding

Spans = tuple[tuple[int, int], ...]


def without_docstring(schema: dict[str, JsonValue]) -> None:
    """Keep docstrings, which are for us, out of the API documents."""
    schema.pop("description", None)


class Answer(BaseModel):
    """Base of all answers; made from values with the same attribute names."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra=without_docstring)


class ReasonAnswer(Answer):
    """One word or fact and how far it moved a probability."""

    kind: Literal["word", "fact", "base", "rest"] = Field(description="词语、事实、基准或其余")
    name: str = Field(description="特征名")
    text: str = Field(description="中文说明")
    contribution: float = Field(description="对数几率上的贡献；各项与基准之和等于概率的对数几率")
    spans: Spans = Field(description="在脱敏案情中的起止位置（字）")


class TargetAnswer(Answer):
    """The answer for one target."""

    target: str = Field(description="目标")
    kind: Literal["binary", "one_of", "any_of"] = Field(description="是否、单选、多选")
    probability: float | None = Field(description="校准后的概率")
    interval: tuple[float, float] | None = Field(description="概率区间")
    label: str | None = Field(description="单选目标的类别")
    labels: tuple[str, ...] = Field(description="多选目标的类别")
    probabilities: tuple[tuple[str, float], ...] = Field(description="各类别的概率")
    level: Level = Field(description="该目标单独对应的等级")
    reasons: tuple[ReasonAnswer, ...] = Field(description="理由，按影响大小排列")


class RuleAnswer(Answer):
    """A rule that fired."""

    rule: str = Field(description="规则代号")
    title: str = Field(description="规则名称")
    help: str = Field(description="应请谁来帮助")
    spans: Spans = Field(description="所依据的文字在脱敏案情中的位置")


class ScoreAnswer(Answer):
    """The score of one case at one time."""

    case_id: str = Field(description="案件编号")
    as_of: datetime = Field(description="按哪一刻的情况评分")
    valid_until: datetime = Field(description="评分有效期")
    level: Level = Field(description="预警等级：red 红、orange 橙、yellow 黄、blue 蓝、none 无")
    targets: tuple[TargetAnswer, ...] = Field(description="各目标的结果")
    rule_hits: tuple[RuleAnswer, ...] = Field(description="触发的规则")
    bundle_version: str = Field(description="模型包版本")
    policy_version: str = Field(description="策略版本")
    snapshot_hash: str = Field(description="评分所依据内容的摘要，供复核")
    quality_notes: tuple[str, ...] = Field(description="数据质量提示")
    unscored_reason: str | None = Field(description="没有评分的原因；此时按普通时限办理")


class RowAnswer(Answer):
    """What became of one record of a batch."""

    index: int = Field(description="第几条，从 0 起")
    status: Literal["scored", "unscored", "refused"] = Field(
        description="scored 已评分；unscored 不在评分范围；refused 有错，未评分"
    )
    score: ScoreAnswer | None = None
    route: str | None = Field(default=None, description="不评分的类别应流转到哪里")
    errors: list[Finding] = Field(default=[], description="有错时逐项说明")


class ScoresAnswer(Answer):
    """One result for each record, in order; a refused record does not sink the rest."""

    results: list[RowAnswer] = Field(description="与发来的记录一一对应")


class TargetsAnswer(Answer):
    """What the bundle in use answers."""

    bundle_version: str = Field(description="在用的模型包版本")
    targets: list[str] = Field(description="目标名称")


class ReasonOfWarning(Answer):
    """Why a warning was raised."""

    kind: Literal["rule", "word", "fact"] = Field(description="规则、词语或事实")
    text: str = Field(description="中文说明")
    target: str | None = Field(description="说的是哪个目标；规则没有目标")
    spans: Spans = Field(description="在脱敏案情中的起止位置（字）")


class TrailAnswer(Answer):
    """One step in the life of a warning."""

    at: datetime = Field(description="何时")
    who: str = Field(description="谁（密钥名称）")
    what: str = Field(description="做了什么")
    level: Level = Field(description="此后的等级")
    state: State = Field(description="此后的状态")
    why: str = Field(description="为什么")


class WarningAnswer(Answer):
    """One warning."""

    warning_id: str = Field(description="预警编号")
    case_id: str = Field(description="案件编号")
    score_id: str = Field(description="所依据的评分")
    region_code: str | None = Field(description="区划代码")
    level: Level = Field(description="等级")
    state: State = Field(description="状态")
    addressee: str = Field(description="由谁处置")
    suggested_action: str = Field(description="建议怎么做")
    policy_version: str = Field(description="时限和处置所依据的策略版本")
    issued_at: datetime = Field(description="发出或升级的时间")
    sign_by: datetime | None = Field(description="签收时限")
    contact_by: datetime | None = Field(description="首次联系时限")
    plan_by: datetime | None = Field(description="拿出方案时限")
    review_by: datetime | None = Field(description="复核时限")
    valid_until: datetime = Field(description="有效期")
    clock_note: str | None = Field(description="时限推算的说明")
    reasons: list[ReasonOfWarning] = Field(description="理由")
    cannot_use_for: str = Field(description="不得用于")

    @computed_field(description="等级的中文名")  # type: ignore[prop-decorator]
    @property
    def level_name(self) -> str:
        """The Chinese name of the level."""
        return self.level.label

    @computed_field(description="状态的中文名")  # type: ignore[prop-decorator]
    @property
    def state_name(self) -> str:
        """The Chinese name of the state."""
        return self.state.label


class WarningInFull(WarningAnswer):
    """One warning with its trail."""

    trail: list[TrailAnswer] = Field(description="经过：谁、何时、做了什么、为什么")


class WarningsAnswer(Answer):
    """A page of warnings, newest first."""

    warnings: list[WarningAnswer] = Field(description="预警，新的在前")
    next_cursor: str | None = Field(description="下一页的游标；没有下一页时为空")


class EventAnswer(Answer):
    """One entry on the time line."""

    event_id: str
    at: datetime = Field(description="发生时间")
    recorded_at: datetime = Field(description="得知时间")
    kind: EventKind = Field(description="发生了什么")
    actor_role: str | None = Field(description="谁做的（角色）")
    payload: dict[str, PayloadValue] = Field(description="补充内容（已脱敏）")


class CaseAnswer(Answer):
    """One case as stored: masked, with its time line, its latest score and its warnings."""

    case_id: str = Field(description="案件编号")
    source_system: str = Field(description="来源系统")
    source_case_no: str = Field(description="来源编号")
    registered_at: datetime = Field(description="登记时间")
    occurred_on: date | None = Field(description="发生日期")
    region_code: str | None = Field(description="区划代码")
    grid_code: str | None = Field(description="网格代码")
    category_code: str | None = Field(description="事件类别代码")
    category_name: str | None = Field(description="事件类别名称")
    narrative_masked: str = Field(description="脱敏后的案情简述")
    status: str = Field(description="办理状态")
    due_on: date | None = Field(description="化解时限")
    events: list[EventAnswer] = Field(description="办理经过")
    score: ScoreAnswer | None = Field(description="最近一次评分；没有则按普通时限办理")
    warnings: list[WarningInFull] = Field(description="预警，新的在前")
    route: str | None = Field(description="不评分的类别应流转到哪里")
    notes: list[str] = Field(default=[], description="提示")
