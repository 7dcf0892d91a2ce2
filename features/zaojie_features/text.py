"""Word and character n-gram tf-idf, one narrative at a time.

The weight of a term is (1 + ln tf) * (ln((1 + n) / (1 + df)) + 1), and the terms of each
block (words, characters, subjects) are scaled to unit length: the formula of scikit-learn's
``TfidfVectorizer(sublinear_tf=True)``, against which a test compares. Rows are weighed by
the same code for one case and for many, so that scores are equal bit for bit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import add
from typing import Literal

import numpy as np
import numpy.typing as npt

from zaojie_cases.normalise import Piece, pieces
from zaojie_features.segment import Term, words_of
from zaojie_features.subjects import subject_terms

BlockName = Literal["word", "char", "lead", "subject"]
BLOCKS: tuple[BlockName, ...] = ("word", "char", "lead", "subject")
"""Words, characters, the characters of the lead (the first sentence or title), subjects."""
LONGEST_LEAD = 60
LONGEST_GRAM = 3
"""Characters of the longest character n-gram; words go in alone and in pairs."""
LEAST_DOCUMENTS = 2
MOST_TERMS = {"word": 120_000, "char": 160_000, "lead": 40_000, "subject": 1_000}
_LEAD_END = re.compile(r"[。!?\n]")


def word_terms(narrative: str, form: str) -> Iterator[Term]:
    """Yield words and pairs of neighbouring words."""
    for piece in pieces(narrative):
        last: Term | None = None
        for term in words_of(piece, segmented=form == "segmented"):
            yield term
            if last is not None:
                yield f"{last[0]} {term[0]}", last[1], term[2]
            last = term


def lead_of(narrative: str) -> Iterator[Piece]:
    """Yield what may be read of the first sentence: often the title.

    At most :data:`LONGEST_LEAD` characters, counted after neutral words are gone, so that
    exchanging one for a longer one moves nothing.
    """
    left = LONGEST_LEAD
    for piece in pieces(narrative):
        end = _LEAD_END.search(piece.text, 0, left)
        yield Piece(piece.start, piece.text[: end.start() if end else left])
        left -= len(piece.text)
        if end or left <= 0:
            return


def _count_chars(found: Iterable[Piece]) -> Counter[str]:
    """Count runs of one to three characters; white space does not count."""
    counts: Counter[str] = Counter()
    for piece in found:
        text = "".join(piece.text.split())
        grams: Iterable[str] = text
        for size in range(1, LONGEST_GRAM + 1):
            grams = list(grams)
            counts.update(grams)
            grams = map(add, grams, text[size:])
    return counts


def count_terms(narrative: str, form: str) -> dict[BlockName, Counter[str]]:
    """Return how often each term of each block stands in ``narrative``."""
    return {
        "word": Counter(term for term, _, _ in word_terms(narrative, form)),
        "char": _count_chars(pieces(narrative)),
        "lead": _count_chars(lead_of(narrative)),
        "subject": Counter(name for name, _, _ in subject_terms(narrative)),
    }


@dataclass(frozen=True, slots=True)
class TextRow:
    """A sparse row: ascending column numbers and their weights."""

    columns: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]


class TextSpace:
    """The terms that training kept, with their inverse document frequencies.

    Columns follow the order of the blocks, and in each the order of code points.
    """

    def __init__(self, idf: dict[BlockName, dict[str, float]]) -> None:
        self.idf = idf
        self._columns: dict[BlockName, dict[str, int]] = {}
        starts = [0]
        for block in BLOCKS:
            self._columns[block] = {term: starts[-1] + i for i, term in enumerate(idf[block])}
            starts.append(starts[-1] + len(idf[block]))
        self.size = starts[-1]
        self.bounds = (0, starts[2], starts[3])
        """Where the columns of the body (words, characters) and of the lead begin and end."""
        self._starts = np.array(starts[1:-1])
        self._idf = np.array([w for block in BLOCKS for w in idf[block].values()])
        self._terms = [(block, term) for block in BLOCKS for term in idf[block]]

    def terms(self) -> list[tuple[BlockName, str]]:
        """Return (block, term) by column."""
        return self._terms

    def column(self, block: BlockName, term: str) -> int | None:
        """Return the column of a term, or None where training did not keep it."""
        return self._columns[block].get(term)

    def row(self, counts: Mapping[BlockName, Mapping[str, int]]) -> TextRow:
        """Return the weights of the terms counted in one narrative."""
        found = sorted(
            (self._columns[block][term], min(n, MOST_COUNTED))
            for block in BLOCKS
            for term, n in counts[block].items()
            if term in self._columns[block]
        )
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        columns = np.ascontiguousarray(pairs[:, 0])
        return TextRow(columns, self.weigh(columns, pairs[:, 1], np.array([0, len(columns)])))

    def weigh(
        self, columns: npt.NDArray[np.integer], counts: npt.NDArray[np.integer], ends: Ends
    ) -> npt.NDArray[np.float64]:
        """Return the weights of counted terms of many narratives, laid end to end.

        ``columns`` ascend inside a narrative; narrative i has ``[ends[i], ends[i + 1])``.
        """
        raw: npt.NDArray[np.float64] = _DAMPED[counts] * self._idf[columns]
        if not len(raw):
            return raw
        narrative = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        block = np.searchsorted(self._starts, columns, side="right")
        first = np.flatnonzero(np.diff(narrative * len(BLOCKS) + block, prepend=-1))
        lengths = np.sqrt(np.add.reduceat(raw * raw, first))
        return np.asarray(raw / np.repeat(lengths, np.diff(first, append=len(raw))))


Ends = npt.NDArray[np.int64]
MOST_COUNTED = 255
"""A term counts so often in one narrative and no more."""
_DAMPED = np.array([0.0, *(1.0 + math.log(n) for n in range(1, MOST_COUNTED + 1))])


Place = tuple[int, int]


def where(
    narrative: str, form: str, wanted: set[tuple[BlockName, str]]
) -> dict[tuple[BlockName, str], tuple[Place, ...]]:
    """Return the ``[start, end)`` places in ``narrative`` of the ``wanted`` terms."""
    places: dict[tuple[BlockName, str], list[Place]] = {}
    own: tuple[tuple[BlockName, Iterator[Term]], ...] = (
        ("word", word_terms(narrative, form)),
        ("subject", subject_terms(narrative)),
    )
    for block, terms in own:
        for term, start, end in terms:
            if (block, term) in wanted:
                places.setdefault((block, term), []).append((start, end))
    _add_grams(places, pieces(narrative), "char", wanted)
    _add_grams(places, lead_of(narrative), "lead", wanted)
    return {key: tuple(spans) for key, spans in places.items()}


def _add_grams(
    places: dict[tuple[BlockName, str], list[Place]],
    found: Iterable[Piece],
    block: BlockName,
    wanted: set[tuple[BlockName, str]],
) -> None:
    grams = sorted(term for own, term in wanted if own == block)
    for piece in found:
        kept = [i for i, c in enumerate(piece.text) if not c.isspace()]
        bare = "".join(piece.text.split())
        for gram in grams:
            for i in _finds(bare, gram):
                start, last = piece.start + kept[i], piece.start + kept[i + len(gram) - 1]
                places.setdefault((block, gram), []).append((start, last + 1))


def _finds(text: str, gram: str) -> Iterator[int]:
    at = text.find(gram)
    while at >= 0:
        yield at
        at = text.find(gram, at + 1)
