"""What a published model rests on and where it fails: artifacts of a run, without narratives.

Narratives stay in the record store, where they can be sealed and forgotten: the table of
misses names cases, and who may read the store can look them up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zaojie_cases.snapshot import Snapshot
from zaojie_features.facts import facts_of
from zaojie_features.text import TextSpace, count_terms
from zaojie_models.answer import answer_binary
from zaojie_models.score import Reason
from zaojie_models.target_model import BinaryModel, Inputs
from zaojie_training.config import Family
from zaojie_training.dataset import Dataset
from zaojie_training.importances import (
    Importance,
    Worth,
    fact_importances,
    permutation_worths,
    word_importances,
)
from zaojie_training.metrics import Result
from zaojie_training.misses import Miss, worst_misses
from zaojie_training.scorers import Judged, matrix_of, text_values

SAMPLE = 2_000
"""Rows of the test window behind the importances."""


class Explained(Result):
    """Importances of one target's model by word and fact, and its worst misses."""

    target: str
    words: list[Importance]
    facts: list[Importance]
    worths: list[Worth]
    misses: list[Miss]


def explain(data: Dataset, one: Judged, family: Family, *, seed: int) -> Explained:
    """Explain the chosen family of ``one`` on its test window."""
    model, test = one.learnt[family].model, one.test
    draw = np.random.default_rng(seed)
    some = np.sort(draw.choice(len(test), min(SAMPLE, len(test)), replace=False))
    rows = matrix_of(model, test, text_values(model.head, test))
    corpus, documents = test.examples.corpus, test.documents[some]
    text = corpus.rows(test.space, documents.tolist())
    found = worst_misses(
        [data.case(i).case_id for i in test.rows],
        lambda row: data.snapshot(int(test.rows[row])),
        test.y,
        one.scores[family],
        lambda snapshot: _reasons(model, test.space, snapshot),
    )
    return Explained(
        target=one.target.name,
        words=word_importances(model, rows[some], text, test.space),
        facts=fact_importances(model, rows[some]),
        worths=permutation_worths(model, rows[some], test.y[some], seed=seed)
        if test.y[some].any()
        else [],
        misses=[miss.model_copy(update={"excerpt": None}) for miss in found],
    )


def _reasons(model: BinaryModel, space: TextSpace, snapshot: Snapshot) -> Sequence[Reason]:
    """Return the reasons of one snapshot, those that moved it most first."""
    case = snapshot.case
    row = space.row(count_terms(case.narrative_masked, case.narrative_form))
    inputs = Inputs(row, facts_of(snapshot), case.place)
    told = answer_binary("", model, inputs, space, reasons=True).reasons
    return sorted(told, key=lambda reason: -abs(reason.contribution))
