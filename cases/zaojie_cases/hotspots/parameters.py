"""The parameters of hot-spot detection: ``data/hotspots.yaml``, with the reason of each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Parameters(BaseModel):
    """What makes one matter of two registrations, and what makes a matter a hot spot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    opening_characters: int = Field(gt=0)
    least_similarity: float = Field(gt=0, le=1)
    nearest: int = Field(gt=0)
    candidates: int = Field(gt=0)
    most_looked_at: int = Field(gt=0)
    prior_texts: float = Field(gt=0)
    window_days: int = Field(gt=0)
    most_per_area: int = Field(gt=0)
    growth_days: int = Field(gt=0)
    least_registrations: int = Field(ge=2)
    chance: float = Field(gt=0, lt=1)
    least_known_days: int = Field(gt=0)


@cache
def parameters() -> Parameters:
    """Return the parameters that ship."""
    text = (files("zaojie_cases.hotspots") / "data" / "hotspots.yaml").read_text("utf-8")
    return Parameters.model_validate(yaml.safe_load(text))
