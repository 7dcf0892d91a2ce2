"""Linear text heads of a yes/no target, cross-fitted: one over the body, one over the lead."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from zaojie_features.corpus import Sheet
from zaojie_models.linear import Floats, LinearHead
from zaojie_models.target_model import HEAD_COLUMNS
from zaojie_training.examples import Index
from zaojie_training.sample import Sample, thin
from zaojie_training.solvers import logistic, stacked_head


def learn_heads(sample: Sample, fold: Index, *, most: int, seed: int) -> tuple[LinearHead, Floats]:
    """Return the heads learnt on all narratives, and values out of fold: (rows, heads).

    A narrative is learnt from once, with the label of its first row; of more than ``most``
    narratives a sample is. Each value comes from heads that saw neither the narrative nor
    its group.
    """
    documents, first, where = np.unique(sample.documents, return_index=True, return_inverse=True)
    y, own_fold = sample.y[first], fold[first]
    kept, _ = thin(y, most, seed)
    sheet = sample.examples.corpus.sheet(sample.space, documents[kept].tolist())
    blocks = [_matrix(sheet.between(low, high), low, high) for low, high in _bounds(sample)]
    del sheet
    values = np.zeros((len(documents), len(HEAD_COLUMNS)))
    for number in np.unique(fold):
        held = np.flatnonzero(own_fold == number)
        head = _learn(sample, blocks, y[kept], own_fold[kept] != number, seed)
        values[held] = sample.examples.head_values(sample.space, [head], documents[held])[0]
    whole = _learn(sample, blocks, y[kept], np.ones(len(kept), dtype=bool), seed)
    return whole, np.asarray(values[where])


def _learn(
    sample: Sample,
    blocks: Sequence[sparse.csr_matrix],
    y: Floats,
    inside: npt.NDArray[np.bool_],
    seed: int,
) -> LinearHead:
    """Return a head over each of ``blocks``, learnt on the rows ``inside``; zero elsewhere."""
    learnt = []
    for (low, high), matrix in zip(_bounds(sample), blocks, strict=True):
        whole = np.zeros(sample.space.size)
        whole[low:high], bias = logistic(matrix[inside], y[inside], seed=seed)
        learnt.append((whole, bias))
    return stacked_head(learnt)


def _bounds(sample: Sample) -> list[tuple[int, int]]:
    return list(pairwise(sample.space.bounds))


def _matrix(sheet: Sheet, low: int, high: int) -> sparse.csr_matrix:
    parts = (sheet.weights, sheet.columns - np.int32(low), sheet.ends.astype(np.int32))
    return sparse.csr_matrix(parts, shape=(len(sheet.ends) - 1, high - low))
