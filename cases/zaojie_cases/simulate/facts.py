"""The stated facts of one registration: what its columns and its narrative say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Scope(StrEnum):
    """How a narrative speaks of a cue. Only ``AFFIRMED`` carries a hazard."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    HEARSAY = "hearsay"
    SETTLED = "settled"
    HYPOTHETICAL = "hypothetical"
    QUOTED = "quoted"
    OTHER = "other"


BESIDE = frozenset({Scope.HYPOTHETICAL, Scope.QUOTED, Scope.OTHER})
"""Scopes in which a cue can be spoken of although it is also affirmed."""


class Mention(NamedTuple):
    """A cue (``struck``) or, where it is only spoken of, its kind (``blow``), and the scope."""

    cue: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a dispute as registered; ``amount_yuan`` is None where nobody states one."""

    category: str
    group: str
    relation: str
    cues: tuple[Mention, ...]
    amount_yuan: float | None
    involved: int
    prior_reports: int = 0
    days_since_last: int | None = None
    new_kind: bool = False
    """Whether the dispute is of a kind that only the late window knows."""

    def holds(self, cue: str) -> bool:
        """Return whether ``cue`` is affirmed."""
        return (cue, Scope.AFFIRMED) in self.cues

    @property
    def affirmed(self) -> tuple[str, ...]:
        """The affirmed cues, the only ones with a hazard."""
        return tuple(cue for cue, scope in self.cues if scope is Scope.AFFIRMED)

    @property
    def scale_code(self) -> str:
        """GB/T 31000 table 5.55; it gives no head counts, 5 and 50 are used here."""
        return "01" if self.involved < 5 else "02" if self.involved < 50 else "03"
