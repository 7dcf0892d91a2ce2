"""What the service answers about registrations that may be the same dispute."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field, computed_field

from zaojie_serving.answers import Answer


class LinkState(StrEnum):
    """What people have said of a pair."""

    UNDECIDED = "undecided"
    CONFIRMED = "confirmed"
    SEPARATED = "separated"

    @property
    def label(self) -> str:
        """The Chinese name."""
        names = {"undecided": "待确认", "confirmed": "已确认", "separated": "已分开"}
        return names[self]


class RegistrationAnswer(Answer):
    """One registration, as little of it as is needed to recognise it."""

    case_id: str = Field(description="案件编号")
    source_system: str = Field(description="来源系统")
    source_case_no: str = Field(description="来源编号")
    place: str | None = Field(description="地点：网格或区划代码，或来源自己的地点代号")
    kind: str | None = Field(description="事件类别或纠纷类型的名称")
    registered_at: datetime = Field(description="登记时间")


class LinkReasonAnswer(Answer):
    """One summand of the log-odds of a pair."""

    text: str = Field(description="中文说明")
    weight: float = Field(description="对数几率；各项之和即概率的对数几率")


class LinkDecisionAnswer(Answer):
    """The word of a person that holds for a pair."""

    who: str = Field(description="谁：岗位或工号（密钥名称）")
    why: str = Field(description="依据什么（已脱敏）")
    at: datetime = Field(description="何时")


class LinkAnswer(Answer):
    """Two registrations that may be the same dispute."""

    probability: float = Field(description="是同一纠纷的概率；已确认为 1，已分开为 0")
    state: LinkState = Field(description="undecided 待确认、confirmed 已确认、separated 已分开")
    earlier: RegistrationAnswer = Field(description="先登记的一件")
    later: RegistrationAnswer = Field(description="后登记的一件")
    reasons: list[LinkReasonAnswer] = Field(description="比对的理由；没有比对过的为空")
    decision: LinkDecisionAnswer | None = Field(description="现行的人工决定")
    joint_no: str | None = Field(
        description="两件登记共同所在、还没有结束的联合案件编号；确认分属两县的登记时自动提议，分开不会撤销"
    )

    @computed_field(description="状态的中文名")  # type: ignore[prop-decorator]
    @property
    def state_name(self) -> str:
        """The Chinese name of the state."""
        return self.state.label


class LinksAnswer(Answer):
    """A page of pairs, most probable first."""

    links: list[LinkAnswer] = Field(description="可能是同一纠纷的登记，可能性大的在前")
    next_cursor: str | None = Field(description="下一页的游标；没有下一页时为空")


class CaseLinksAnswer(Answer):
    """The pairs that one case is in."""

    links: list[LinkAnswer] = Field(description="这件登记与其他登记，可能性大的在前")
