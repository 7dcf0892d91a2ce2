"""The warning policy: a versioned file that says what a score leads to, and by when."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from zaojie_cases.errors import ConfigError
from zaojie_cases.mapping.errors import explain
from zaojie_models.gate_rules import GateRules, Part
from zaojie_models.score import Level

STATISTICAL = (Level.ORANGE, Level.YELLOW, Level.BLUE)
"""Levels that a probability can reach, highest first; red needs a rule or a person."""

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Span(Part):
    """A length of time: hours of the clock, or working days of the official calendar."""

    hours: Annotated[int, Field(gt=0)] | None = None
    working_days: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.hours is None) == (self.working_days is None):
            raise ValueError("hours 与 working_days 要写且只能写一个")
        return self


class Clocks(Part):
    """By when a warning must be signed for, the parties contacted, a plan made, and reviewed."""

    sign: Span
    contact: Span
    plan: Span | None = None
    review: Span


class Policy(Part):
    """Levels by capacity and floor, addressees, clocks, gates and what is not allowed."""

    version: Annotated[str, Field(min_length=1)]
    capacity_per_week: dict[Level, _Positive]
    floor_lift: dict[Level, _Positive]
    ceiling: dict[str, Level]
    valid_for_hours: Annotated[int, Field(gt=0)]
    addressees: dict[Level, str]
    clocks: dict[Level, Clocks]
    actions: dict[Level, str]
    cannot_use_for: Annotated[str, Field(min_length=1)]
    gates: GateRules

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in ("capacity_per_week", "floor_lift"):
            if set(getattr(self, name)) != set(STATISTICAL):
                raise ValueError(f"{name} 要写明 orange、yellow、blue 三级，不能有 red")
        for name in ("addressees", "clocks", "actions"):
            if set(getattr(self, name)) != {Level.RED, *STATISTICAL}:
                raise ValueError(f"{name} 要写明 red、orange、yellow、blue 四级")
        if Level.RED in self.ceiling.values():
            raise ValueError("ceiling 不能是 red：红色只能由规则或人确定")
        return self

    def ceiling_of(self, target: str) -> Level:
        """Return the highest level that a probability of ``target`` may reach."""
        return self.ceiling.get(target, Level.ORANGE)


def load_policy(path: Path | None = None) -> Policy:
    """Return the policy of ``path``, or the one that ships. Raises ``ConfigError``."""
    source = path or files("zaojie_models") / "data" / "policy.yaml"
    try:
        return Policy.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError("策略文件读不出来。请检查路径和权限。", field=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError("策略文件不是合格的 YAML。请检查缩进、冒号和编码（UTF-8）。") from error
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigError(f"策略文件有误：{explain(error)}", field=where or None) from error
