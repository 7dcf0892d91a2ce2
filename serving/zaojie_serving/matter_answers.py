"""What the service answers about group matters. Counts are of registrations, never of persons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field, computed_field

from zaojie_cases.hotspots import GroupMatter
from zaojie_cases.hotspots.board import STATES, STEPS
from zaojie_serving.answers import Answer


class PlaceCount(Answer):
    """How many registrations came from one place."""

    place: str | None = Field(description="地点代码；未填为空")
    count: int = Field(description="登记件数")


class DayCount(Answer):
    """How many registrations came on one day."""

    day: date = Field(description="哪一天")
    count: int = Field(description="登记件数")


class StepAnswer(Answer):
    """One step of a group matter."""

    at: datetime = Field(description="何时")
    who: str = Field(description="谁：岗位或工号（密钥名称）；由程序提出的写程序名")
    what: Literal["raised", "reopened", "closed"] = Field(
        description="raised 提出、reopened 重新打开、closed 关闭"
    )
    why: str = Field(description="为什么（已脱敏）")

    @computed_field(description="做了什么，中文")  # type: ignore[prop-decorator]
    @property
    def what_name(self) -> str:
        """The Chinese name of the step."""
        return STEPS[self.what]


class GroupMatterAnswer(Answer):
    """One matter that many registrations are about and that needs one answer."""

    matter_id: str = Field(description="群体事项编号")
    state: Literal["open", "closed"] = Field(description="open 待答复、closed 已关闭")
    area: str = Field(description="所在地（县级）")
    places: list[PlaceCount] = Field(description="地点，登记多的在前")
    first_seen: datetime = Field(description="最早一件的登记时间")
    raised_at: datetime = Field(description="何时提出")
    last_seen: datetime = Field(description="最近一件的登记时间")
    count: int = Field(description="共几件登记；不数人")
    by_day: list[DayCount] = Field(description="每日登记件数，只列有登记的日子")
    words: list[str] = Field(description="典型用语（取自脱敏案情）")
    sample_case_ids: list[str] = Field(description="最近几件的案件编号")
    trail: list[StepAnswer] = Field(description="经过：谁、何时、做了什么、为什么")

    @computed_field(description="状态的中文名")  # type: ignore[prop-decorator]
    @property
    def state_name(self) -> str:
        """The Chinese name of the state."""
        return STATES[self.state]


class GroupMattersAnswer(Answer):
    """A page of group matters, the latest growth first."""

    matters: list[GroupMatterAnswer] = Field(description="群体事项，最近有新登记的在前")
    next_cursor: str | None = Field(description="下一页的游标；没有下一页时为空")


def answer_of(matter: GroupMatter) -> GroupMatterAnswer:
    """Return the answer about one group matter."""
    return GroupMatterAnswer.model_validate(
        {
            "matter_id": matter.matter_id,
            "state": matter.state,
            "area": matter.area,
            "places": [{"place": p or None, "count": n} for p, n in matter.places.items()],
            "first_seen": matter.first_seen,
            "raised_at": matter.raised_at,
            "last_seen": matter.last_seen,
            "count": matter.count,
            "by_day": [{"day": day, "count": n} for day, n in matter.by_day.items()],
            "words": matter.words,
            "sample_case_ids": matter.sample_case_ids,
            "trail": matter.trail,
        }
    )
