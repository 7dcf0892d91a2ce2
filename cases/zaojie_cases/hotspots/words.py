"""Typical words of a group matter: what most of its registrations say and others seldom do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from zaojie_cases.hotspots.texts import buckets, opening

Weigh = Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float64]]

_HEAD = 60
"""Characters looked at: what a matter is called stands in titles and first sentences."""
_LONGEST = 10
LEAST_HOLDERS = 3
"""A wording is shown only if so many registrations have it: it is nobody's own then."""
_LOOSE = frozenset("的了在是和与及等对将被把向到从也都就还而并有我你您它们这那其之为以于请问个某着")
"""Characters that no typical word begins or ends with."""
_NO_START = _LOOSE | frozenset("省市区县乡镇")
"""Nor begins with: they end the name of the place before."""


def typical_words(narratives: Sequence[str], weigh: Weigh, most: int = 5) -> list[str]:
    """Return wordings that at least half of ``narratives``, and three, have near their start.

    The rarest elsewhere first; the next one is looked for in what the ones before leave.
    """
    texts = [opening(narrative, _HEAD) for narrative in narratives]
    chosen: list[str] = []
    while len(chosen) < most and (word := _best(texts, weigh)):
        chosen.append(word)
        texts = [tuple(rest for part in text for rest in part.split(word)) for text in texts]
    return chosen


def _best(texts: Sequence[tuple[str, ...]], weigh: Weigh) -> str | None:
    holders = Counter(word for text in texts for word in _wordings(text))
    least = max(LEAST_HOLDERS, len(texts) / 2)
    scores = {
        word: count * float(np.sum(weigh(np.array(buckets(word), np.int32))))
        for word, count in holders.items()
        if count >= least
    }
    return min(scores, key=lambda word: (-scores[word], word), default=None)


def _wordings(text: tuple[str, ...]) -> set[str]:
    return {
        part[at : at + size]
        for part in text
        for at in range(len(part) - 1)
        if part[at] not in _NO_START and not _inside(part, at)
        for size in range(2, min(_LONGEST, len(part) - at) + 1)
        if part[at + size - 1] not in _LOOSE and not _inside(part, at + size)
    }


def _inside(text: str, at: int) -> bool:
    """Tell whether ``at`` parts a number or a Latin word."""
    return 0 < at < len(text) and (text[at - 1] + text[at]).isascii()
