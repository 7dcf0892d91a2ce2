"""One YAML file says how a training run goes; it is checked in full before any work."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zaojie_cases.decisions import Cohort
from zaojie_cases.errors import ConfigError
from zaojie_cases.mapping.errors import explain

Family = Literal["facts_trees", "text_trees", "stacked"]
"""What a bundle can hold, simplest first: trees over facts, over text, over both."""
FAMILIES: tuple[Family, ...] = get_args(Family)
Figure = Literal["pr_auc", "auc", "brier_skill"]
Share = Annotated[float, Field(gt=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TreeSettings(_Part):
    """Settings of the boosted trees; the names are LightGBM's."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.03
    num_leaves: Annotated[int, Field(ge=2, le=256)] = 8
    min_data_in_leaf: Annotated[int, Field(ge=1)] = 30
    bagging_fraction: Annotated[float, Field(gt=0, le=1)] = 0.8
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 0.6
    lambda_l2: Annotated[float, Field(ge=0)] = 5.0
    most_rounds: Annotated[int, Field(ge=4, le=5000)] = 240

    @property
    def rounds(self) -> tuple[int, ...]:
        """Numbers of rounds to choose from."""
        return tuple(dict.fromkeys(self.most_rounds * quarter // 4 for quarter in (1, 2, 3, 4)))


class Limits(_Part):
    """How much is learnt from, so that a large county does not take a day."""

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    narratives: Annotated[int, Field(ge=100)] = 10_000
    """Narratives that a text head and the vocabulary are learnt from."""
    rows: Annotated[int, Field(ge=100)] = 80_000
    """Rows that trees are learnt from."""


class Windows(_Part):
    """The test window at the end, and sliding windows before it for choosing a family."""

    test_days: Annotated[float, Field(gt=0)] = 180
    longest_test_share: Annotated[float, Field(gt=0, le=0.5)] = 0.3
    """Of the span of the data; a short history has a shorter test window."""
    count: Annotated[int, Field(ge=0, le=24)] = 3
    days: Annotated[float, Field(gt=0)] = 60
    limits: Limits = Limits(folds=3, narratives=6_000, rows=40_000)
    """Of the sliding windows: families are compared there, none is published."""


class Selection(_Part):
    """The simplest family whose mean regret is within ``tolerance`` of the least."""

    figure: Figure = "pr_auc"
    tolerance: Annotated[float, Field(ge=0)] = 0.01


class TrainingConfig(_Part):
    """Everything a training run depends on beside the data, the targets and the policy."""

    version: Literal[1] = 1
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    targets: tuple[str, ...] = ()
    """Names of those to learn; none = every one there is."""
    cohorts: dict[Cohort, Share] = Field(
        default={Cohort.REGISTRATION: 1.0, Cohort.WEEKLY: 0.5, Cohort.EVENT: 0.25}
    )
    windows: Windows = Windows()
    families: Annotated[tuple[Family, ...], Field(min_length=1)] = FAMILIES
    """Simplest first: what a bundle may hold."""
    selection: Selection = Selection()
    limits: Limits = Limits()
    trees: TreeSettings = TreeSettings()
    per_centre_week: Annotated[int, Field(ge=1)] = 20
    """Cases that a town can visit in a week: capacity of the figures."""
    bootstrap: Annotated[int, Field(ge=0, le=10_000)] = 200
    """Replicates behind the intervals."""

    @model_validator(mode="after")
    def _starts_at_registration(self) -> Self:
        if Cohort.REGISTRATION not in self.cohorts:
            raise ValueError("cohorts 里要有 registration：每件案件登记时都要评分")
        return self


def load_config(path: Path | None = None) -> TrainingConfig:
    """Return the configuration of ``path``, or the one that ships.

    Raises ``ConfigError`` with one line a field that is wrong.
    """
    source = path or files("zaojie_training") / "data" / "training.yaml"
    try:
        return TrainingConfig.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError("训练配置读不出来。请检查路径和权限。", field=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError("训练配置不是合格的 YAML。请检查缩进、冒号和编码（UTF-8）。") from error
    except ValidationError as error:
        raise ConfigError(f"训练配置有误：{explain(error)}") from error
