"""Texts of one file that nearly equal an earlier one, told without keeping any text.

A sketch (:mod:`zaojie_cases.sketch`) is dealt out into 32 slots; the smallest hash of each
slot is a MinHash, and eight slots make a band. Two texts that have a fraction J of their
trigrams in common share one band with probability J^8, and one of four bands or more with
1 - (1 - J^8)^4: 0.99 for J = 0.95, 0.9 for 0.9, 0.5 for 0.8, 0.02 for 0.5 (banding:
Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from zaojie_cases.sketch import Sketch, sketch_of

RECENT = 50_000
"""A text is compared with this many texts before it at least, with twice as many at most."""
_SLOTS, _BANDS = 32, 4
_SHORT = 64
"""Hashes in a sketch below which slots stay empty: short texts must have equal sketches."""


def keys_of(sketch: Sketch) -> tuple[int, ...]:
    """Return four keys; near-equal texts have one in common. () for a text without words."""
    if not sketch:
        return ()
    if len(sketch) < _SHORT:
        return (_hash(sketch),) * _BANDS
    slots = [0] * _SLOTS
    for value in reversed(sketch):
        slots[value % _SLOTS] = value
    width = _SLOTS // _BANDS
    return tuple(_hash((band, *slots[band * width :][:width])) for band in range(_BANDS))


def _hash(values: tuple[int, ...]) -> int:
    packed = array("Q", values).tobytes()
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), "little")


class NearTexts:
    """The keys of the latest texts.

    ``marks`` are those that came since they were last :meth:`kept`, for a checkpoint.
    """

    def __init__(self, marks: Iterable[bytes] = ()) -> None:
        self._older: set[int] = set()
        self._latest: set[int] = set()
        self._texts = 0
        self._unkept = array("Q")
        for mark in marks:
            for keys in np.frombuffer(mark, np.uint64).reshape(-1, _BANDS).tolist():
                self._remember(keys)

    def add(self, text: str) -> bool:
        """Remember ``text``; return True if it nearly equals an earlier one."""
        keys = keys_of(sketch_of(text))
        known = any(key in self._latest or key in self._older for key in keys)
        if keys:
            self._remember(keys)
            self._unkept.extend(keys)
        return known

    def _remember(self, keys: Iterable[int]) -> None:
        if self._texts == RECENT:
            self._older, self._latest, self._texts = self._latest, set(), 0
        self._latest.update(keys)
        self._texts += 1

    @property
    def marks(self) -> bytes:
        """The keys not kept yet; what the constructor takes back."""
        return self._unkept.tobytes()

    def kept(self) -> None:
        """Forget :attr:`marks`: they are stored."""
        del self._unkept[:]
