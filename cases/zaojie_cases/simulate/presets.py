"""Presets: what kind of county is simulated. The shipped ones are in ``data/presets.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaojie_cases.errors import InputError
from zaojie_cases.policy_files import load_policy
from zaojie_cases.record import SHANGHAI

VOICES = {"grid": 0.28, "hotline": 0.22, "committee": 0.22, "police": 0.16, "letter": 0.12}
"""Share of registrations written down by each voice."""

_Share = Annotated[float, Field(ge=0, le=1)]
_Factor = Annotated[float, Field(ge=0, le=10)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Period(_Part):
    """How disputes are in one stretch of time."""

    level: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Factor on the hazards and on the odds of failure."""
    voices: dict[str, _Share] = VOICES
    cues: dict[str, _Factor] = {}
    """Factor on how often a kind of cue is stated."""

    @model_validator(mode="after")
    def _known_voices(self) -> Self:
        if set(self.voices) != set(VOICES):
            raise ValueError(f"voices 要写明 {'、'.join(VOICES)} 各占多少")
        return self


class Preset(_Part):
    """A county: its span of time, and how hard it is to learn from."""

    title: str
    start: date = date(2024, 11, 21)
    days: Annotated[int, Field(ge=1, le=3_650)] = 730
    """Days from ``start`` to the export, which closes the file."""
    late_days: Annotated[int, Field(ge=0)] = 180
    """Days before the export in which cues are worded anew and new kinds of dispute appear."""
    new_kinds: _Share = 0.12
    """Share of new kinds among the disputes of the late days."""
    noise: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """Share of outcomes that are never reported, and of reported ones that are false."""
    report_days: Annotated[float, Field(ge=0, le=90)] = 2.0
    """Mean days until an outcome is reported; those not yet reported are not in the file."""
    missing: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Factor on the share of cells left empty."""
    mentions: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Factor on how often a cue is spoken of without being affirmed."""
    tension: Annotated[float, Field(ge=0, le=3)] = 1.0
    """Spread of the hidden tension: 0 none, 1 as ``hazards.py`` has it (log scale)."""
    traits: _Share = 0.35
    """Share of narratives that name a personal trait."""
    confounding: Annotated[float, Field(ge=0, le=2)] = 0.0
    """How strongly places differ in traits, load and hazard, all three together."""
    drift: Period | None = None
    """How disputes are in the late days, where they differ."""

    @model_validator(mode="after")
    def _late_within_days(self) -> Self:
        if self.late_days > self.days:
            raise ValueError("late_days 不能大于 days")
        return self

    @property
    def exported_at(self) -> datetime:
        """When the file is written: what becomes known later is not in it."""
        return _midnight(self.start + timedelta(days=self.days))

    @property
    def late_from(self) -> datetime:
        """When the late days begin."""
        return _midnight(self.start + timedelta(days=self.days - self.late_days))

    def is_late(self, moment: datetime) -> bool:
        """Tell whether ``moment`` lies in the late days."""
        return moment >= self.late_from

    def period(self, moment: datetime) -> Period:
        """Return how disputes are at ``moment``."""
        return self.drift if self.drift and self.is_late(moment) else _PLAIN


_PLAIN = Period()


@cache
def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


class _Presets(_Part):
    presets: dict[str, Preset]


def load_presets(path: Path | None = None) -> Mapping[str, Preset]:
    """Return the presets of ``path``, or those that ship. Raises ``ConfigError``."""
    source = path or files("zaojie_cases.simulate") / "data" / "presets.yaml"
    return load_policy(source, _Presets, "presets").presets


@cache
def load_preset(name: str) -> Preset:
    """Return a shipped preset. Raises ``InputError`` for a name that none has."""
    presets = load_presets()
    if name not in presets:
        raise InputError(f"没有这个预设，请从 {'、'.join(presets)} 中选。", field="preset")
    return presets[name]
