"""Blocks of registrations that share a key, each in order of time.

Most postings lie in three sorted arrays (20 bytes each); the newest wait in a dictionary
until they are worth sorting in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Times = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Posting = tuple[int, int]
"""When, in microseconds, and the number of the registration."""

_WAIT = 50_000
"""Postings that wait at least; beyond that, until they are a tenth of the sorted ones."""


class Blocks:
    """Postings by key."""

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.uint64)
        self._when = np.empty(0, dtype=np.int64)
        self._who = np.empty(0, dtype=np.int32)
        self._waiting: dict[int, list[Posting]] = defaultdict(list)
        self._waits = 0

    def add(self, keys: Keys, when: int, who: int) -> None:
        """Put registration ``who`` of time ``when`` into the blocks of ``keys``."""
        for key in keys.tolist():
            self._waiting[key].append((when, who))
        self._waits += len(keys)
        if self._waits > max(_WAIT, len(self._keys) // 10):
            self._settle()

    def _settle(self) -> None:
        new = [(key, *one) for key, block in self._waiting.items() for one in block]
        keys = np.array([one[0] for one in new], dtype=np.uint64)
        when = np.array([one[1] for one in new], dtype=np.int64)
        who = np.array([one[2] for one in new], dtype=np.int32)
        self._waiting.clear()
        self._waits = 0
        order = np.lexsort((when, keys))
        self._insert(keys[order], when[order], who[order])

    def _insert(self, keys: Keys, when: Times, who: Numbers) -> None:
        """Put sorted postings behind those of their keys; sort anew if one is earlier."""
        places = np.searchsorted(self._keys, keys, side="right")
        has_before = places > 0
        last = places[has_before] - 1
        is_same = self._keys[last] == keys[has_before]
        is_late = bool(np.any(self._when[last][is_same] > when[has_before][is_same]))
        self._keys = np.insert(self._keys, places, keys)
        self._when = np.insert(self._when, places, when)
        self._who = np.insert(self._who, places, who)
        if is_late:
            order = np.lexsort((self._when, self._keys))
            self._keys, self._when = self._keys[order], self._when[order]
            self._who = self._who[order]

    def before(self, keys: Keys, since: int, until: int, most: int) -> Iterator[list[Posting]]:
        """Yield for each key the latest postings with since <= time < until.

        ``most`` of them, and those of the same time as the earliest of these.
        """
        for key, low, high in self._spans(keys):
            first, end = low, high
            if high - low > most:
                start, end = self._within(low, high, since, until)
                edge = self._when[max(end - most, start) : end][:1]
                first = start + int(np.searchsorted(self._when[start:end], edge).sum())
            yield self._found(key, first, end, since, until)

    def after(self, keys: Keys, since: int, until: int, most: int) -> Iterator[list[Posting]]:
        """Yield for each key the earliest postings, as :meth:`before` the latest."""
        for key, low, high in self._spans(keys):
            start, last = low, high
            if high - low > most:
                start, end = self._within(low, high, since, until)
                edge = self._when[start : min(start + most, end)][-1:]
                last = start + int(np.searchsorted(self._when[start:end], edge, side="right").sum())
            yield self._found(key, start, last, since, until)

    def _spans(self, keys: Keys) -> Iterator[tuple[int, int, int]]:
        lows = np.searchsorted(self._keys, keys, side="left").tolist()
        highs = np.searchsorted(self._keys, keys, side="right").tolist()
        return zip(keys.tolist(), lows, highs, strict=True)

    def _within(self, low: int, high: int, since: int, until: int) -> tuple[int, int]:
        """Return the part of a block that lies between the two times."""
        times = self._when[low:high]
        return low + int(np.searchsorted(times, since)), low + int(np.searchsorted(times, until))

    def _found(self, key: int, low: int, high: int, since: int, until: int) -> list[Posting]:
        found = self._waiting.get(key, [])
        if low != high:
            filed = zip(self._when[low:high].tolist(), self._who[low:high].tolist(), strict=True)
            found = [*filed, *found]
        return [one for one in found if since <= one[0] < until]
