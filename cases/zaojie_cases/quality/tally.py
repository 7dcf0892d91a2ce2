"""Counts that can be added up, stored, and never grow without bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import ceil, log
from typing import Any

Key = tuple[str, ...]
"""What is counted: a kind, then what tells its members apart, as ("filled", "grid_code")."""

MOST = 200
"""Members of one kind and field that are counted apart; the others together."""
OTHERS = "其余"

_EXACT, _STEP = 100, 1.05
"""Lengths up to the first are counted one by one, longer ones in steps of 5 %."""


def length_class(length: int) -> str:
    """Return the upper end of the class that ``length`` falls into, as text."""
    if length <= _EXACT:
        return str(length)
    return str(round(_EXACT * _STEP ** ceil(log(length / _EXACT, _STEP))))


def quantile(classes: Mapping[str, int], share: float) -> int:
    """Return the length (within 5 %) that ``share`` of the texts do not exceed; 0 for none."""
    left = share * sum(classes.values())
    for length, number in sorted((int(name), number) for name, number in classes.items()):
        left -= number
        if left <= 0:
            return length
    return 0


class Tally:
    """Counts by :data:`Key`. Adding two up gives the counts of both."""

    def __init__(self, counts: Mapping[Key, int] | None = None) -> None:
        self._counts: Counter[Key] = Counter()
        self._members: Counter[Key] = Counter()
        for key, number in (counts or {}).items():
            self.add(*key, times=number)

    def add(self, *key: str, times: int = 1) -> None:
        """Count ``key``; beyond :data:`MOST` members of one kind, as one of the others."""
        group = key[:-1]
        if key not in self._counts:
            if group and self._members[group] >= MOST:
                key = (*group, OTHERS)
            self._members[group] += key not in self._counts
        self._counts[key] += times

    def __getitem__(self, key: Key) -> int:
        return self._counts[key]

    def __add__(self, other: Tally) -> Tally:
        total = Tally(self._counts)
        for key, number in other._counts.items():
            total.add(*key, times=number)
        return total

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def under(self, *group: str) -> dict[str, int]:
        """Return the counts of the members of ``group``, the most frequent first."""
        found = {k[-1]: n for k, n in self._counts.items() if k[:-1] == group}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def groups(self, kind: str) -> list[str]:
        """Return the second parts of the keys of three parts that begin with ``kind``."""
        return sorted({key[1] for key in self._counts if key[0] == kind and len(key) == 3})

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` takes back, always the same for the same counts."""
        return {"version": 1, "counts": sorted([*k, n] for k, n in self._counts.items())}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Tally:
        """Return the stored counts; none of a form that is not known."""
        rows = stored.get("counts", []) if stored.get("version") == 1 else []
        return cls({tuple(row[:-1]): row[-1] for row in rows})
