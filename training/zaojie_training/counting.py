"""Counting terms in a process beside this one, while this one computes facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context

from zaojie_cases.record import Case
from zaojie_features.corpus import Corpus, Packed, Term, pack
from zaojie_features.text import count_terms

LEAST = 4_000
"""Fewer narratives are counted here: a process of Python takes seconds to start."""
CHUNK = 500
_NUMBERS: dict[Term, int] = {}
"""Of the counting process alone."""
Text = tuple[str, str]


@contextmanager
def counted(cases: Sequence[Case]) -> Iterator[Corpus]:
    """Yield a corpus that holds every case's terms, in order, once the block has ended."""
    corpus = Corpus()
    texts = [(case.narrative_masked, case.narrative_form) for case in cases]
    if len(texts) < LEAST:
        yield corpus
        for narrative, form in texts:
            corpus.add(narrative, form)
        corpus.prune()
        return
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    # Spawned, never forked: LightGBM's and the store's state must not be copied.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.map(_count, chunks)
        yield corpus
        for documents, new_terms in found:
            corpus.extend(documents, new_terms)
    corpus.prune()


def _count(texts: Sequence[Text]) -> tuple[list[Packed], list[Term]]:
    """Return the counts of some narratives and the terms met for the first time, in order."""
    known = len(_NUMBERS)
    documents = [pack(count_terms(*text), _NUMBERS) for text in texts]
    return documents, list(islice(reversed(_NUMBERS), len(_NUMBERS) - known))[::-1]
