"""What a registration says, made comparable: character pairs of what may be read of it."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from zaojie_cases.normalise import pieces

BUCKETS = 1 << 18
"""Character pairs are counted by hash, so that memory is bounded whatever people write."""

_NOT_TEXT = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Pairs:
    """The character pairs of a text: their buckets, in order of appearance, and weights.

    ``often`` is 1 + log(times): what a text says again and again is what it is about.
    """

    ids: npt.NDArray[np.int32]
    often: npt.NDArray[np.float64]


def opening(narrative: str, length: int) -> tuple[str, ...]:
    """Return the first ``length`` characters that may be read, without marks, by stretches."""
    stretches = []
    for piece in pieces(narrative):
        bare = _NOT_TEXT.sub("", piece.text)[:length]
        if bare:
            stretches.append(bare)
        length -= len(bare)
        if length <= 0:
            break
    return tuple(stretches)


def buckets(text: str) -> list[int]:
    """Return the bucket of each pair of neighbouring characters."""
    return [zlib.crc32((one + two).encode()) % BUCKETS for one, two in pairwise(text)]


def pairs_of(stretches: Iterable[str]) -> Pairs:
    """Return the character pairs of a text; a pair does not reach over what is not read."""
    times = Counter(bucket for text in stretches for bucket in buckets(text))
    counts = np.fromiter(times.values(), np.float64, len(times))
    return Pairs(np.fromiter(times, np.int32, len(times)), 1 + np.log(counts))


def digest(stretches: Iterable[str]) -> bytes:
    """Return a short digest: equal for texts that are equal word for word."""
    return hashlib.blake2b("\0".join(stretches).encode(), digest_size=8).digest()
