"""Near-duplicate text without keeping the text: a bottom-k sketch of character trigrams.

Only what may be read is sketched (see :mod:`zaojie_cases.normalise`), so that two texts which
differ in a name, a sex or a home place alone have the same sketch.

The Jaccard similarity of two sets is estimated from the k smallest hashes of their union
(A. Broder, "On the resemblance and containment of documents", 1997).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection
from functools import lru_cache

from zaojie_cases.normalise import pieces

SKETCH_SIZE = 128
_NOT_TEXT = re.compile(r"[\W_]+")

Sketch = tuple[int, ...]
"""Ascending 32-bit hashes, at most :data:`SKETCH_SIZE` of them."""


@lru_cache(maxsize=1_024)  # a batch of an import is sketched row by row, then to be stored
def sketch_of(text: str) -> Sketch:
    """Return the sketch of ``text``; white space and marks do not count."""
    grams = {gram for piece in pieces(text) for gram in _grams(piece.text)}
    return tuple(sorted({zlib.crc32(gram.encode()) for gram in grams})[:SKETCH_SIZE])


def _grams(text: str) -> set[str]:
    bare = _NOT_TEXT.sub("", text)
    return {bare[i : i + 3] for i in range(max(len(bare) - 2, 1))} - {""}


def similarity(one: Collection[int], other: Collection[int]) -> float:
    """Return the estimated Jaccard similarity of two sketches, 0 to 1."""
    if not one or not other:
        return 0.0
    left = one if isinstance(one, frozenset) else frozenset(one)
    both, union = left.intersection(other), left.union(other)
    if not both:
        return 0.0
    if len(union) <= SKETCH_SIZE:
        return len(both) / len(union)
    last = sorted(union)[SKETCH_SIZE - 1]
    return sum(1 for value in both if value <= last) / SKETCH_SIZE
