"""The registrations of one area that are remembered, found by their rare character pairs."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from zaojie_cases.hotspots.growth import Growth, grown
from zaojie_cases.hotspots.parameters import Parameters
from zaojie_cases.hotspots.texts import BUCKETS, Pairs

Ids = npt.NDArray[np.int32]
Weigh = Callable[[Ids], npt.NDArray[np.float64]]
"""The weight of each bucket of character pairs: the rarer, the heavier."""


@dataclass(frozen=True, slots=True)
class Text:
    """One remembered registration: what is compared, and the matter it belongs to."""

    at: datetime
    pairs: Pairs
    digest: bytes
    matter: str

    @property
    def voice(self) -> tuple[bytes, date]:
        """What counts once: the same words on the same day came in twice (two channels)."""
        return self.digest, self.at.date()


class Area:
    """A bounded memory of one area.

    Its counts are whole numbers and its places in the index follow the order of
    registration, so that it can be filled again from a store and gives the same answers.
    """

    def __init__(self, rules: Parameters) -> None:
        self._rules = rules
        self._texts: dict[int, Text] = {}
        self._next = 0
        self._ages: list[tuple[datetime, int]] = []
        self._matters: dict[str, dict[int, Text]] = defaultdict(dict)
        self._holders: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._dead = 0
        self.counts = np.zeros(BUCKETS, np.int32)
        """Bucket -> remembered texts that have a pair of it."""

    def __len__(self) -> int:
        return len(self._texts)

    def remember(self, text: Text) -> None:
        """Add one registration."""
        slot, self._next = self._next, self._next + 1
        self._texts[slot] = text
        self._matters[text.matter][slot] = text
        heappush(self._ages, (text.at, slot))
        self.counts[text.pairs.ids] += 1
        self._index(slot, text)

    def _index(self, slot: int, text: Text) -> None:
        for bucket in text.pairs.ids.tolist():
            self._holders[bucket].append(slot)

    def forget_until(self, moment: datetime) -> Iterator[Text]:
        """Drop and yield what was registered until ``moment``, and the oldest of too many."""
        while self._ages and (
            self._ages[0][0] <= moment or len(self._texts) > self._rules.most_per_area
        ):
            yield self._drop(heappop(self._ages)[1])
        if self._dead > len(self._texts):
            self._dead = 0
            self._holders.clear()
            for slot, text in self._texts.items():
                self._index(slot, text)

    def _drop(self, slot: int) -> Text:
        text = self._texts.pop(slot)
        members = self._matters[text.matter]
        del members[slot]
        if not members:
            del self._matters[text.matter]
        self.counts[text.pairs.ids] -= 1
        self._dead += 1
        return text

    def nearest_matter(self, pairs: Pairs, weigh: Weigh) -> tuple[str, float] | None:
        """Return the matter most like a text of ``pairs``, and how much; None without any.

        The likeness of a matter is the mean cosine of the text and its nearest members.
        """
        by_matter: dict[str, list[float]] = defaultdict(list)
        texts = self._candidates(pairs, weigh)
        for text, cosine in zip(texts, _cosines(pairs, texts, weigh), strict=True):
            by_matter[text.matter].append(cosine)
        scores = {matter: self._likeness(matter, found) for matter, found in by_matter.items()}
        return max(scores.items(), key=lambda each: (each[1], each[0]), default=None)

    def _candidates(self, pairs: Pairs, weigh: Weigh) -> list[Text]:
        """Return the texts that share the rarest pairs, in bounded work."""
        counts = self.counts[pairs.ids]
        rarest = np.argsort(counts, kind="stable")
        rarest = rarest[np.cumsum(counts[rarest]) <= self._rules.most_looked_at]
        weights = pairs.often * weigh(pairs.ids)
        shared: dict[int, float] = defaultdict(float)
        for bucket, weight in zip(
            pairs.ids[rarest].tolist(), weights[rarest].tolist(), strict=True
        ):
            for slot in self._holders.get(bucket, ()):
                shared[slot] += weight
        best = sorted((-value, slot) for slot, value in shared.items() if slot in self._texts)
        return [self._texts[slot] for _, slot in best[: self._rules.candidates]]

    def _likeness(self, matter: str, found: list[float]) -> float:
        wanted = min(self._rules.nearest, len(self._matters[matter]))
        return sum(sorted(found, reverse=True)[:wanted]) / wanted

    def growth(self, matter: str, clock: datetime, since: datetime | None) -> Growth | None:
        """Judge the last days of ``matter`` at ``clock``; ``since``: only what came later.

        None for fewer registrations than are ever enough. A matter exists by its first
        registration, so only further ones are judged; usual is what the other matters of
        the area get besides their first, or what this one had before.
        """
        days = self._rules.growth_days
        recent = clock - timedelta(days=days)
        members = self._matters[matter].values()
        start = recent if since is None else max(recent, since)
        new = len({text.voice for text in members if text.at > start})
        if new < self._rules.least_registrations:
            return None
        old = len({text.voice for text in members if text.at <= recent})
        known = max(self._rules.least_known_days, self._known_days(clock))
        matters = len(self._matters)
        repeats = len(self._texts) - len(members) - (matters - 1)
        daily = max((repeats + 1) / matters, old) / known
        alive = sum(
            any(text.at > recent for text in texts.values()) for texts in self._matters.values()
        )
        return grown(new, new if old else new - 1, daily * days, alive)

    def _known_days(self, clock: datetime) -> float:
        """Return how long the area has been known: twice the median age of its texts.

        The true span when they come evenly; one stray old record does not stretch it.
        """
        _, middle = sorted(self._ages)[len(self._ages) // 2]
        return 2 * (clock - self._texts[middle].at) / timedelta(days=1)


def _cosines(pairs: Pairs, texts: list[Text], weigh: Weigh) -> list[float]:
    """Return the cosine of a text and each of ``texts``, over weighted character pairs."""
    if not texts:
        return []
    weights = pairs.often * weigh(pairs.ids)
    mine = np.zeros(BUCKETS)
    mine[pairs.ids] = weights
    ids = np.concatenate([text.pairs.ids for text in texts])
    theirs = np.concatenate([text.pairs.often for text in texts]) * weigh(ids)
    starts = np.cumsum([0, *(len(text.pairs.ids) for text in texts[:-1])])
    shared = np.add.reduceat(theirs * mine[ids], starts)
    lengths = np.sqrt(np.add.reduceat(theirs**2, starts) * np.sum(weights**2))
    cosines: list[float] = (shared / np.maximum(lengths, 1e-9)).tolist()
    return cosines
