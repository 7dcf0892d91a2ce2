"""What the service asks of a bundle and of a policy; the models room provides both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from zaojie_cases.snapshot import Snapshot
from zaojie_models.score import Level, Score


class Scorer(Protocol):
    """A bundle that can score; used by many threads at once."""

    @property
    def version(self) -> str:
        """Name of this exact bundle."""

    @property
    def target_names(self) -> Sequence[str]:
        """Targets it answers, in order."""

    def score(self, snapshots: Sequence[Snapshot], *, reasons: bool = True) -> list[Score]:
        """Return one score for each snapshot, in order."""


ScorerLoader = Callable[[Path], Scorer]
"""Reads and verifies the bundle in a directory; raises BundleError."""


class Span(Protocol):
    """A length of time: one of the two is set."""

    @property
    def hours(self) -> float | None:
        """Hours by the clock, nights and holidays included."""

    @property
    def working_days(self) -> int | None:
        """Working days of the official calendar."""


class Clocks(Protocol):
    """How long each step may take at one level; None: the step has no clock."""

    @property
    def sign(self) -> Span | None:
        """Signing for the warning."""

    @property
    def contact(self) -> Span | None:
        """First contact with the parties."""

    @property
    def plan(self) -> Span | None:
        """A plan with a named person."""

    @property
    def review(self) -> Span | None:
        """Looking at the case again."""


class Duties(Protocol):
    """The part of a policy that the service carries out."""

    @property
    def version(self) -> str:
        """Name of this exact policy."""

    @property
    def capacity_per_week(self) -> Mapping[Level, float]:
        """How many cases a week the centre can take on at each level below red."""

    @property
    def clocks(self) -> Mapping[Level, Clocks]:
        """Clocks of each level that warns."""

    @property
    def addressees(self) -> Mapping[Level, str]:
        """Who gets the warnings of each level, in Chinese."""

    @property
    def actions(self) -> Mapping[Level, str]:
        """What to do about a warning of each level, in Chinese."""

    @property
    def cannot_use_for(self) -> str:
        """What a warning must not be used for, in Chinese."""
