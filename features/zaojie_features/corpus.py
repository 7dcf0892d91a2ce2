"""Term counts of many narratives, packed, from which text spaces are learnt."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zaojie_features.text import (
    BLOCKS,
    LEAST_DOCUMENTS,
    MOST_COUNTED,
    MOST_TERMS,
    BlockName,
    TextRow,
    TextSpace,
    count_terms,
)

Term = tuple[BlockName, str]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Packed:
    """One narrative: numbers of its terms in the corpus, and how often each stands in it."""

    numbers: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of many narratives laid end to end: narrative i has ``[ends[i], ends[i + 1])``."""

    columns: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]
    ends: npt.NDArray[np.int64]

    def between(self, low: int, high: int) -> Sheet:
        """Return the part of every row in columns ``[low, high)``."""
        inside = (self.columns >= low) & (self.columns < high)
        ends = np.concatenate([[0], np.cumsum(inside)])[self.ends]
        return Sheet(self.columns[inside], self.weights[inside], ends)


class Corpus:
    """Narratives as counts. Counting is the slow part: it is done once, and windows reuse it."""

    def __init__(self) -> None:
        self._numbers: dict[Term, int] = {}
        self._documents: list[Packed] = []
        self._mapped: tuple[TextSpace, int, Ints] | None = None

    def __len__(self) -> int:
        return len(self._documents)

    def add(self, narrative: str, form: str) -> None:
        """Count the terms of one more narrative."""
        self._documents.append(pack(count_terms(narrative, form), self._numbers))

    def extend(self, documents: Sequence[Packed], new_terms: Sequence[Term]) -> None:
        """Take over narratives that another process counted with numbers of its own.

        ``new_terms`` are those that it met for the first time, in order.
        """
        for term in new_terms:
            self._numbers[term] = len(self._numbers)
        self._documents.extend(documents)

    def prune(self) -> None:
        """Forget terms that only one narrative has: no text space can keep them."""
        found = np.zeros(len(self._numbers), dtype=np.int64)
        for document in self._documents:
            found[document.numbers] += 1
        kept = found >= LEAST_DOCUMENTS
        numbers = (np.cumsum(kept) - 1).astype(np.int32)
        self._numbers = {
            term: int(number)
            for term, number, is_kept in zip(self._numbers, numbers, kept, strict=True)
            if is_kept
        }
        for i, document in enumerate(self._documents):
            inside = kept[document.numbers]
            left = numbers[document.numbers[inside]]
            self._documents[i] = Packed(left, document.counts[inside])
        self._mapped = None

    def learn(self, documents: Sequence[int]) -> TextSpace:
        """Return the space of the most frequent terms that two ``documents`` or more have."""
        found = np.zeros(len(self._numbers), dtype=np.int64)
        for document in documents:
            found[self._documents[document].numbers] += 1
        kept: dict[BlockName, list[tuple[str, int]]] = {block: [] for block in BLOCKS}
        enough = found >= LEAST_DOCUMENTS
        for (block, term), is_kept, frequency in zip(self._numbers, enough, found, strict=True):
            if is_kept:
                kept[block].append((term, int(frequency)))
        return TextSpace({b: _idf(terms, b, len(documents)) for b, terms in kept.items()})

    def sheet(self, space: TextSpace, documents: Sequence[int]) -> Sheet:
        """Return the rows of ``documents``, each as ``space.row`` gives it."""
        return next(self.sheets(space, documents, max(len(documents), 1)))

    def sheets(self, space: TextSpace, documents: Sequence[int], size: int) -> Iterator[Sheet]:
        """Yield the rows of ``documents``, ``size`` narratives at a time; at least one sheet."""
        columns = self._columns(space)
        for start in range(0, max(len(documents), 1), size):
            some = [self._documents[d] for d in documents[start : start + size]]
            yield _sheet(space, some, columns)

    def _columns(self, space: TextSpace) -> Ints:
        """Return the column in ``space`` of every term, -1 where it has none."""
        if self._mapped is None or self._mapped[:2] != (space, len(self._numbers)):
            found = (space.column(*term) for term in self._numbers)
            columns = np.array([-1 if c is None else c for c in found], dtype=np.int32)
            self._mapped = (space, len(self._numbers), columns)
        return self._mapped[2]

    def rows(self, space: TextSpace, documents: Sequence[int] | None = None) -> list[TextRow]:
        """Return the row of every one of ``documents`` (None: of all)."""
        chosen = range(len(self)) if documents is None else documents
        sheet = self.sheet(space, chosen)
        columns = np.split(sheet.columns.astype(np.int64), sheet.ends[1:-1])
        weights = np.split(sheet.weights, sheet.ends[1:-1])
        return [TextRow(*row) for row in zip(columns, weights, strict=True)][: len(chosen)]


def pack(counts: Mapping[BlockName, Mapping[str, int]], numbers: dict[Term, int]) -> Packed:
    """Return counts as numbers; terms that ``numbers`` lacks get the next ones."""
    pairs = [
        (numbers.setdefault((block, term), len(numbers)), min(n, MOST_COUNTED))
        for block in BLOCKS
        for term, n in counts[block].items()
    ]
    found = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return Packed(found[:, 0].copy(), found[:, 1].astype(np.uint8))


def _idf(terms: list[tuple[str, int]], block: BlockName, n: int) -> dict[str, float]:
    kept = sorted(terms, key=lambda pair: (-pair[1], pair[0]))[: MOST_TERMS[block]]
    return {term: math.log((1 + n) / (1 + df)) + 1.0 for term, df in sorted(kept)}


def _sheet(
    space: TextSpace,
    documents: Sequence[Packed],
    columns: Ints,
) -> Sheet:
    sizes = [len(one.numbers) for one in documents]
    owner = np.repeat(np.arange(len(documents), dtype=np.int32), sizes)
    numbers = np.concatenate([one.numbers for one in documents] or [np.zeros(0, np.int32)])
    counts = np.concatenate([one.counts for one in documents] or [np.zeros(0, np.uint8)])
    found = columns[numbers]
    inside = found >= 0
    owner, counts, found = owner[inside], counts[inside], found[inside]
    order = np.lexsort((found, owner))
    owner, counts, found = owner[order], counts[order], found[order]
    ends = np.searchsorted(owner, np.arange(len(documents) + 1)).astype(np.int64)
    return Sheet(found, space.weigh(found, counts, ends), ends)
