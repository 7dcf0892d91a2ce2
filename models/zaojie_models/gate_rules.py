"""The part of the policy that a bundle must satisfy before it may serve: its gates."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Figure = Literal[
    "pr_auc",
    "auc",
    "brier",
    "brier_skill",
    "calibration_error",
    "precision_at_capacity",
    "recall_at_capacity",
]
LOWER_IS_BETTER = frozenset({"brier", "calibration_error"})
DATA_AGE = "data_age"

_Finite = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A part of a policy file: what it does not know, it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FigureRule(Part):
    """What one figure is held against; exactly one of the four is given."""

    at_least: _Finite | None = None
    at_most: _Finite | None = None
    times_best_baseline: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Not worse than the best baseline of the same run times this."""
    below_champion: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Worse than the champion's by no more than this; open while there is no champion."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError(
                "at_least、at_most、times_best_baseline、below_champion 要写且只能写一个"
            )
        return self


class GateRules(Part):
    """Limits that training's figures must keep; which of them must have been evaluated."""

    figures: dict[Figure, FigureRule]
    """For every target."""
    targets: dict[str, dict[Figure, FigureRule]]
    """For one target, in place of the rule above for the same figure."""
    least_positives: Annotated[int, Field(ge=1)]
    """With fewer outcomes in the evaluation window the figures of a target stay open."""
    fairness: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    """Highest allowed value of each measure of fairness."""
    data_age_days: Annotated[int, Field(ge=1)]
    """How old the data cut may be."""
    must_be_evaluated: tuple[str, ...]
    """Gates that count as failed when they could not be evaluated."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        figures = set(self.figures).union(*self.targets.values())
        known = sorted({*figures, *self.fairness, DATA_AGE})
        if set(self.must_be_evaluated) - set(known):
            raise ValueError(f"must_be_evaluated 只能写 {'、'.join(known)}")
        return self

    def of(self, target: str) -> dict[Figure, FigureRule]:
        """Return the rules for the figures of ``target``."""
        return {**self.figures, **self.targets.get(target, {})}
