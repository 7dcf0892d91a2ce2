"""What learners see of a data set: packed term counts, facts, places, groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from zaojie_features.allowlist import allow_list
from zaojie_features.corpus import Corpus
from zaojie_features.facts import facts_of
from zaojie_features.text import TextRow, TextSpace
from zaojie_models.linear import Floats, LinearHead
from zaojie_training.counting import counted
from zaojie_training.dataset import Dataset

FACT_NAMES = tuple(feature.name for feature in allow_list().features)
SHEET = 2_000
"""Narratives that are turned into rows of the text space at a time."""
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examples:
    """The rows of a data set, counted once.

    ``corpus`` has one document a record and ``documents`` says which is a row's; all other
    sequences have one entry a row. ``facts``: (rows, facts), ``nan`` = not known.
    """

    corpus: Corpus
    documents: Index
    facts: Floats
    places: list[str | None]
    moments: list[datetime]
    groups: list[str]

    @classmethod
    def of(cls, data: Dataset) -> Examples:
        """Count the terms of every record and compute the facts of every row of ``data``."""
        facts = np.zeros((len(data), len(FACT_NAMES)))
        documents = np.array([row.record for row in data.rows], dtype=np.int64)
        with counted([case for case, _, _ in data.records]) as corpus:
            for row in np.argsort(documents, kind="stable").tolist():  # a narrative after another
                facts[row] = list(facts_of(data.snapshot(row)).values())
        return cls(
            corpus=corpus,
            documents=documents,
            facts=facts,
            places=[data.case(i).place for i in range(len(data))],
            moments=[row.as_of for row in data.rows],
            groups=data.groups,
        )

    def column(self, name: str) -> Floats:
        """Return the fact ``name`` of every row."""
        return np.asarray(self.facts[:, FACT_NAMES.index(name)])

    def head_values(
        self, space: TextSpace, heads: Sequence[LinearHead], documents: Index
    ) -> list[Floats]:
        """Return for each of ``heads`` its values (documents, functions), function k over block k.

        These are the very numbers that scoring computes, bit for bit.
        """
        found = [np.zeros((len(documents), len(head.bias))) for head in heads]
        start = 0
        for sheet in self.corpus.sheets(space, documents.tolist(), SHEET):
            stop = start + len(sheet.ends) - 1
            for k, (low, high) in enumerate(pairwise(space.bounds)):
                part = sheet.between(low, high)
                for head, values in zip(heads, found, strict=True):
                    values[start:stop, k] = head.values(part.columns, part.weights, part.ends, k)
            start = stop
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the examples in one text space, for learners of classes."""

    space: TextSpace
    rows: list[int]
    text: list[TextRow]
    facts: Floats
    groups: list[str]

    def __len__(self) -> int:
        return len(self.rows)


def part_of(examples: Examples, space: TextSpace, rows: Sequence[int]) -> Part:
    """Return ``rows`` of ``examples`` with their text in ``space``."""
    text = examples.corpus.rows(space)
    return Part(
        space=space,
        rows=list(rows),
        text=[text[examples.documents[i]] for i in rows],
        facts=examples.facts[list(rows)],
        groups=[examples.groups[i] for i in rows],
    )
