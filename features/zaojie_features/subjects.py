"""Subjects: what a text is about, told by the words of ``data/subjects.yaml``.

A few examples a class show few of its words. A list of words by subject of law tells of the
others what they are about, so that a text of unseen words still shows its subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

import yaml

from zaojie_cases.normalise import pieces
from zaojie_features.segment import Term


@cache
def subjects() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the words by subject and matter."""
    text = (files("zaojie_features") / "data" / "subjects.yaml").read_text(encoding="utf-8")
    return {
        subject: {matter: tuple(words) for matter, words in matters.items()}
        for subject, matters in yaml.safe_load(text).items()
    }


@cache
def _by_first() -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """First character -> words that begin with it, longest first, with what they tell of."""
    told: dict[str, set[str]] = {}
    for subject, matters in subjects().items():
        for matter, words in matters.items():
            for word in words:
                told.setdefault(word, set()).update((subject, f"{subject}/{matter}"))
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for word in sorted(told, key=lambda w: (-len(w), w)):
        found.setdefault(word[0], []).append((word, tuple(sorted(told[word]))))
    return {first: tuple(words) for first, words in found.items()}


def subject_terms(narrative: str) -> Iterator[Term]:
    """Yield the subject, and the matter as ``subject/matter``, of each word of the list.

    The longest word wins, words do not overlap, and white space does not count.
    """
    first = _by_first()
    for piece in pieces(narrative):
        kept = [i for i, c in enumerate(piece.text) if not c.isspace()]
        bare = "".join(piece.text.split())
        at = 0
        while at < len(bare):
            for word, names in first.get(bare[at], ()):
                if bare.startswith(word, at):
                    start, at = kept[at], at + len(word)
                    for name in names:
                        yield name, piece.start + start, piece.start + kept[at - 1] + 1
                    break
            else:
                at += 1
