"""Masking all texts of one row, so that a person is called the same in each of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from zaojie_cases.masking import Pseudonyms, mask
from zaojie_cases.record import MAX_NARRATIVE
from zaojie_cases.values import as_text

_BETWEEN_NAMES = re.compile(r"[、,，;；/\s]+")


class Masker:
    """Masks texts; ``names`` are those of the parties, in order, several in one if need be.

    A party is masked wherever the name stands, and is 当事人甲, 当事人乙 ... in the order of
    ``names``; it lives as long as its row is read and no longer.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.people = Pseudonyms([one for name in names for one in _BETWEEN_NAMES.split(name)])
        """Who is called what in the texts masked so far."""
        self.counts: Counter[str] = Counter()
        """How many identities of each type were found in the narrative."""

    def narrative(self, text: str) -> str:
        """Return ``text``, already cleaned and shortened, without identity.

        What stands for an identity may be longer than it, hence the second cut.
        """
        found = mask(text, pseudonyms=self.people)
        self.counts.update(span.type.value for span in found.spans)
        return found.text[:MAX_NARRATIVE]

    def text(self, value: object) -> str:
        """Return a value as text without identity."""
        return mask(as_text(value), pseudonyms=self.people).text
