"""What scoring a snapshot returns: plain immutable values, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Level(StrEnum):
    """Warning levels, highest first; ``NONE`` means that the ordinary clock runs."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    NONE = "none"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝", "none": "无"}[self]

    @property
    def rank(self) -> int:
        """4 for red down to 0 for none."""
        return {"red": 4, "orange": 3, "yellow": 2, "blue": 1, "none": 0}[self]


@dataclass(frozen=True, slots=True)
class Reason:
    """One word or fact and how far it moved the score.

    ``contribution`` is in calibrated log-odds; base value + all contributions of a target
    = the log-odds of its probability. Word reasons carry ``[start, end)`` offsets into the
    masked narrative, one pair for each place where the word stands.
    """

    kind: Literal["word", "fact", "base", "rest"]
    name: str
    text: str
    contribution: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TargetScore:
    """The answer for one target.

    ``binary``: ``probability`` is calibrated. ``one_of``: ``label`` and its probability.
    ``any_of``: ``labels``, and ``probabilities`` by label. ``level`` is for binary targets
    for which the bundle has thresholds.
    """

    target: str
    kind: Literal["binary", "one_of", "any_of"]
    probability: float | None = None
    interval: tuple[float, float] | None = None
    label: str | None = None
    labels: tuple[str, ...] = ()
    probabilities: tuple[tuple[str, float], ...] = ()
    level: Level = Level.NONE
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A red rule that fired, with the places in the narrative that it rests on."""

    rule: str
    title: str
    help: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one case at one time by one bundle under one policy.

    ``unscored_reason`` is a Chinese sentence when the case is out of scope, has opted out
    or has no usable text; then ``targets`` is empty and the ordinary time limit runs.
    """

    case_id: str
    as_of: datetime
    valid_until: datetime
    level: Level
    targets: tuple[TargetScore, ...]
    rule_hits: tuple[RuleHit, ...]
    bundle_version: str
    policy_version: str
    snapshot_hash: str
    quality_notes: tuple[str, ...] = ()
    unscored_reason: str | None = None
