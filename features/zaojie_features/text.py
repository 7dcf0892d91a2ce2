"""Word and character n-gram tf-idf, one narrative at a time.

The weight of a term is (1 + ln tf) * (ln((1 + n) / (1 + df)) + 1), and the terms of each
block (words, characters, subjects) are scaled to unit length: the formula of scikit-learn's
``TfidfVectorizer(sublinear_tf=True)``, against which a test compares. Rows are computed by
the same code for one case and for many, so that scores are equal bit for bit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
        for size in range(1, LONGEST_GRAM + 1):
            counts.update(text[i : i + size] for i in range(len(text) - size + 1))
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
        self._columns: dict[BlockName, dict[str, tuple[int, float]]] = {}
        start = 0
        for block in BLOCKS:
            terms = idf[block]
            self._columns[block] = {t: (start + i, w) for i, (t, w) in enumerate(terms.items())}
            start += len(terms)
        self.size = start
        lead = len(idf["word"]) + len(idf["char"])
        self.bounds = (0, lead, lead + len(idf["lead"]))
        """Where the columns of the body (words, characters) and of the lead begin and end."""
        self._terms = [(block, term) for block in BLOCKS for term in idf[block]]

    def terms(self) -> list[tuple[BlockName, str]]:
        """Return (block, term) by column."""
        return self._terms

    def column(self, block: BlockName, term: str) -> int | None:
        """Return the column of a term, or None where training did not keep it."""
        found = self._columns[block].get(term)
        return found[0] if found else None

    def row(self, counts: Mapping[BlockName, Mapping[str, int]]) -> TextRow:
        """Return the weights of the terms counted in one narrative."""
        pairs: list[tuple[int, float]] = []
        for block in BLOCKS:
            known = self._columns[block]
            found = sorted(
                (known[term][0], (1.0 + math.log(n)) * known[term][1])
                for term, n in counts[block].items()
                if term in known
            )
            length = math.sqrt(math.fsum(w * w for _, w in found))
            pairs += [(column, weight / length) for column, weight in found]
        return TextRow(
            np.array([c for c, _ in pairs], dtype=np.int64),
            np.array([w for _, w in pairs], dtype=np.float64),
        )


class Corpus:
    """Term counts of many narratives, packed, from which text spaces are learnt.

    Counting is the slow part; it is done once, and subsets (folds, windows) reuse it.
    """

    def __init__(self) -> None:
        self._numbers: dict[BlockName, dict[str, int]] = {block: {} for block in BLOCKS}
        self._counts: list[dict[BlockName, npt.NDArray[np.int32]]] = []

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, narrative: str, form: str) -> None:
        """Count the terms of one more narrative."""
        packed: dict[BlockName, npt.NDArray[np.int32]] = {}
        for block, counts in count_terms(narrative, form).items():
            numbers = self._numbers[block]
            pairs = [(numbers.setdefault(t, len(numbers)), n) for t, n in counts.items()]
            packed[block] = np.array(pairs, dtype=np.int32).reshape(-1, 2)
        self._counts.append(packed)

    def learn(self, documents: Sequence[int]) -> TextSpace:
        """Return the space of the most frequent terms that two ``documents`` or more have."""
        return TextSpace({block: self._idf(block, documents) for block in BLOCKS})

    def _idf(self, block: BlockName, documents: Sequence[int]) -> dict[str, float]:
        found = np.zeros(len(self._numbers[block]), dtype=np.int64)
        for document in documents:
            found[self._counts[document][block][:, 0]] += 1
        kept = [
            (term, int(found[number]))
            for term, number in self._numbers[block].items()
            if found[number] >= LEAST_DOCUMENTS
        ]
        kept = sorted(kept, key=lambda pair: (-pair[1], pair[0]))[: MOST_TERMS[block]]
        n = len(documents)
        return {term: math.log((1 + n) / (1 + df)) + 1.0 for term, df in sorted(kept)}

    def rows(self, space: TextSpace) -> list[TextRow]:
        """Return the row of every narrative, as ``space.row`` gives it."""
        terms: dict[BlockName, list[str]] = {b: list(self._numbers[b]) for b in BLOCKS}
        return [
            space.row(
                {b: {terms[b][number]: n for number, n in packed[b].tolist()} for b in BLOCKS}
            )
            for packed in self._counts
        ]


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
