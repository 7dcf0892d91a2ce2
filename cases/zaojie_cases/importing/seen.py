"""Which case numbers came before in one file, whatever its length."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

_MERGE = 65_536
"""Hashes kept in a set before they are sorted in with the others."""


class Numbers:
    """The case numbers seen: as hashes of 8 bytes, all but the latest in one sorted array.

    ``marks`` are those that came since they were last :meth:`kept`, for a checkpoint.
    """

    def __init__(self, marks: Iterable[bytes] = ()) -> None:
        self._sorted = np.sort(np.frombuffer(b"".join(marks), np.uint64))
        self._latest: set[int] = set()
        self._unkept = array("Q")

    def add(self, number: str) -> bool:
        """Remember ``number``; return False if it has been seen before."""
        mark = int.from_bytes(blake2b(number.encode(), digest_size=8).digest(), "little")
        at = int(np.searchsorted(self._sorted, np.uint64(mark)))
        if mark in self._latest or (at < len(self._sorted) and int(self._sorted[at]) == mark):
            return False
        self._unkept.append(mark)
        self._latest.add(mark)
        if len(self._latest) >= _MERGE:
            latest = np.fromiter(self._latest, np.uint64, len(self._latest))
            self._sorted = np.sort(np.concatenate([self._sorted, latest]))
            self._latest.clear()
        return True

    @property
    def marks(self) -> bytes:
        """The hashes not kept yet; what the constructor takes back."""
        return self._unkept.tobytes()

    def kept(self) -> None:
        """Forget :attr:`marks`: they are stored."""
        del self._unkept[:]
