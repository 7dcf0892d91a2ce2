"""What learners see of a data set: packed term counts, facts, places, folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from zaojie_features.allowlist import allow_list
from zaojie_features.facts import facts_of
from zaojie_features.text import Corpus, TextRow, TextSpace
from zaojie_training.dataset import Dataset

FACT_NAMES = tuple(feature.name for feature in allow_list().features)


@dataclass(frozen=True, slots=True)
class Examples:
    """The rows of a data set, counted once; all sequences have one entry a row."""

    corpus: Corpus
    facts: np.ndarray
    places: list[str | None]
    moments: list[datetime]
    groups: list[str]

    @classmethod
    def of(cls, data: Dataset) -> Examples:
        """Count the terms and compute the facts of every snapshot of ``data``."""
        corpus = Corpus()
        for snapshot in data.snapshots:
            corpus.add(snapshot.case.narrative_masked, snapshot.case.narrative_form)
        facts = np.array([list(facts_of(s).values()) for s in data.snapshots], dtype=np.float64)
        return cls(
            corpus=corpus,
            facts=facts,
            places=[s.case.place for s in data.snapshots],
            moments=[s.as_of for s in data.snapshots],
            groups=data.groups,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the examples in one text space, ready for learners."""

    space: TextSpace
    rows: list[int]
    text: list[TextRow]
    facts: np.ndarray
    places: list[str | None]
    moments: list[datetime]
    groups: list[str]

    def __len__(self) -> int:
        return len(self.rows)


def part_of(
    examples: Examples, space: TextSpace, text: Sequence[TextRow], rows: Sequence[int]
) -> Part:
    """Return ``rows`` of ``examples``; ``text`` is the whole set in ``space``."""
    return Part(
        space=space,
        rows=list(rows),
        text=[text[i] for i in rows],
        facts=examples.facts[list(rows)],
        places=[examples.places[i] for i in rows],
        moments=[examples.moments[i] for i in rows],
        groups=[examples.groups[i] for i in rows],
    )
