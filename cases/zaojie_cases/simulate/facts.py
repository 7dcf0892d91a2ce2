"""The stated facts of one registration: what its columns and its narrative say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """How a narrative speaks of a cue. Only ``AFFIRMED`` carries a hazard."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    HEARSAY = "hearsay"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a dispute as registered; ``amount_yuan`` is None where nobody states one."""

    category: str
    group: str
    relation: str
    cues: Mapping[str, Scope]
    amount_yuan: float | None
    involved: int
    prior_reports: int = 0
    days_since_last: int | None = None

    def holds(self, cue: str) -> bool:
        """Return whether ``cue`` is affirmed."""
        return self.cues.get(cue) is Scope.AFFIRMED

    @property
    def affirmed(self) -> tuple[str, ...]:
        """The affirmed cues, the only ones with a hazard."""
        return tuple(cue for cue, scope in self.cues.items() if scope is Scope.AFFIRMED)

    @property
    def scale_code(self) -> str:
        """GB/T 31000 table 5.55; it gives no head counts, 5 and 50 are used here."""
        return "01" if self.involved < 5 else "02" if self.involved < 50 else "03"
