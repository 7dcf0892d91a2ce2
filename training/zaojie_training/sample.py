"""Rows of one yes/no target with known labels, their folds, and how they are thinned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zaojie_features.text import TextSpace
from zaojie_models.linear import Floats
from zaojie_training.examples import Examples, Index


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in order of time and their labels ``y`` (rows,), in one text space."""

    examples: Examples
    space: TextSpace
    rows: Index
    y: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def documents(self) -> Index:
        """The document of each row."""
        return np.asarray(self.examples.documents[self.rows])

    @property
    def facts(self) -> Floats:
        """The facts of each row: (rows, facts)."""
        return np.asarray(self.examples.facts[self.rows])

    @property
    def places(self) -> list[str | None]:
        """The place of each row."""
        return [self.examples.places[i] for i in self.rows]

    @property
    def stamps(self) -> Floats:
        """When each row was decided, in seconds."""
        return np.array([self.examples.moments[i].timestamp() for i in self.rows])

    def folds(self, n: int, seed: int) -> Index:
        """Return the fold of each row: groups whole, spread by label, seeded."""
        return group_folds(self.y, [self.examples.groups[i] for i in self.rows], n, seed)


def group_folds(y: Floats, groups: Sequence[str], n: int, seed: int) -> Index:
    """Return a fold for each row: (rows,), ``n`` folds at most.

    Groups with a positive are dealt out first, so that every fold has some; there are no
    more folds than such groups.
    """
    names, owner = np.unique(np.array(groups), return_inverse=True)
    label = np.zeros(len(names))
    np.maximum.at(label, owner, y)
    n = max(2, min(n, int(label.sum()), int(len(label) - label.sum())))
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-label[order], kind="stable")]
    fold = np.zeros(len(names), dtype=np.int64)
    fold[order] = np.arange(len(names)) % n
    return np.asarray(fold[owner])


def thin(y: Floats, most: int, seed: int) -> tuple[Index, Floats]:
    """Return at most ``most`` rows, half of them of each answer, and what each stands for.

    The rarer answer is kept whole where it can be; weights bring the shares back.
    """
    chosen, weights = [], []
    draw = np.random.default_rng(seed)
    rare = min(int(y.sum()), int(len(y) - y.sum()), most // 2)
    for answer in (0.0, 1.0):
        own = np.flatnonzero(y == answer)
        kept = min(len(own), most - rare)
        chosen.append(own if kept == len(own) else np.sort(draw.choice(own, kept, replace=False)))
        weights.append(np.full(kept, len(own) / max(kept, 1)))
    rows = np.concatenate(chosen)
    order = np.argsort(rows, kind="stable")
    return np.asarray(rows[order]), np.asarray(np.concatenate(weights)[order])
