"""The one list of structured columns that may reach a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from zaojie_cases.errors import ConfigError


class Feature(BaseModel):
    """One column: its name, its Chinese title, why it may be used, and its unit.

    ``direction``: +1 where more of it may only raise a risk, -1 where it may only lower it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    purpose: str
    unit: str
    direction: Literal[-1, 0, 1] = 0


class AllowList(BaseModel):
    """All columns, with the owner who answers for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    owner: str
    purposes: dict[str, str]
    features: tuple[Feature, ...]


@cache
def allow_list() -> AllowList:
    """Return the list that ships with this code."""
    text = (files("zaojie_features") / "data" / "allowlist.yaml").read_text(encoding="utf-8")
    return AllowList.model_validate(yaml.safe_load(text))


def check_columns(names: Sequence[str]) -> None:
    """Raise ``ConfigError`` if one of ``names`` is not on the list."""
    allowed = {feature.name for feature in allow_list().features}
    wrong = [name for name in names if name not in allowed]
    if wrong:
        raise ConfigError(
            f"特征 {'、'.join(wrong)} 不在许可清单中，不能用于训练或评分。"
            "请在 features/zaojie_features/data/allowlist.yaml 登记用途，或从模型中去掉。",
            field=wrong[0],
        )
