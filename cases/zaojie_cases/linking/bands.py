"""Block keys from text: texts that are alike share one, without comparing all pairs.

MinHash signatures (A. Broder, 1997) of the sketch, cut into bands (Leskovec, Rajaraman,
Ullman, "Mining of Massive Datasets", 3.4): two texts of Jaccard similarity s agree in one
of b bands of r rows with probability 1 - (1 - s^r)^b.
"""

from __future__ import annotations

import zlib
from array import array

import numpy as np
import numpy.typing as npt

NEAR_BANDS, NEAR_ROWS = 12, 2
"""Within a town: 0.39 of the pairs of similarity 0.2 meet, 0.88 of those of 0.4."""
REPOST_BANDS, REPOST_ROWS = 8, 4
"""Anywhere: 0.67 of the pairs of similarity 0.6 meet, 0.998 of those of 0.85."""
REPOST_HASHES = 64
"""A shorter text may be a set phrase: alike elsewhere, it says nothing."""

_SIGNATURE = REPOST_BANDS * REPOST_ROWS
Keys = npt.NDArray[np.uint64]
_U = np.uint64


def _mixed(values: Keys) -> Keys:
    """Spread the bits of 64-bit numbers (finaliser of splitmix64)."""
    values = (values ^ (values >> _U(30))) * _U(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> _U(27))) * _U(0x94D049BB133111EB)
    return values ^ (values >> _U(31))


_MULTIPLIER = _mixed(np.arange(1, _SIGNATURE + 1, dtype=_U))[:, None] | _U(1)
_OFFSET = _mixed(np.arange(101, _SIGNATURE + 101, dtype=_U))[:, None]
_NEAR_SALT = _mixed(np.arange(201, NEAR_BANDS + 201, dtype=_U))
_REPOST_SALT = _mixed(np.arange(301, REPOST_BANDS + 301, dtype=_U))


def text_keys(sketch: array[int], scope: str) -> Keys:
    """Return the block keys of a text: near ones within ``scope``, re-posts anywhere.

    No near ones without a scope, no re-posts for a short text.
    """
    if not sketch:
        return np.empty(0, dtype=_U)
    hashes = np.frombuffer(sketch, dtype=np.uint32).astype(_U)
    signature = ((hashes * _MULTIPLIER + _OFFSET) >> _U(32)).min(axis=1)
    found = []
    if scope:
        near = signature[: NEAR_BANDS * NEAR_ROWS].reshape(NEAR_BANDS, NEAR_ROWS)
        salt = _NEAR_SALT ^ _U(zlib.crc32(scope.encode()))
        found.append(_mixed(_mixed(near[:, 0] << _U(32) | near[:, 1]) ^ salt))
    if len(hashes) >= REPOST_HASHES:
        rows = signature.reshape(REPOST_BANDS, REPOST_ROWS)
        first = _mixed(rows[:, 0] << _U(32) | rows[:, 1])
        found.append(_mixed(first ^ (rows[:, 2] << _U(32) | rows[:, 3]) ^ _REPOST_SALT))
    return np.concatenate(found) if found else np.empty(0, dtype=_U)
