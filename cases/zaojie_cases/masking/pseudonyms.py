"""Pseudonyms: 当事人甲, 当事人乙, ... for persons, the same for one person throughout a case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count, product
from typing import Protocol

from zaojie_cases.masking.persons import Mention, identify, is_full
from zaojie_cases.masking.spans import LABELS, Span, SpanType
from zaojie_cases.masking.view import STEMS, fold, used_pseudonyms

_LONGEST_TITLE = 3


class Letters(Protocol):
    """The letters that persons of a case have already; it need not know a name in the clear."""

    def get(self, person: str, /) -> str | None:
        """Return the letter of ``person``, None if there is none yet."""

    def values(self) -> Iterable[str]:
        """Return all letters that are given."""


class Pseudonyms:
    """Who is called what in the texts of one case.

    ``names`` are the parties as the source names them; they come first, in order. ``cast``:
    the letters that persons have from earlier texts. ``taken``: letters that earlier texts
    bear; nobody new gets one of them. Give the same object to every ``mask`` of the case: a
    person who was met in one text keeps the letter in the next. It holds names in the clear:
    it must not outlive the import of a row or a request.
    """

    def __init__(
        self, names: Sequence[str] = (), *, cast: Letters | None = None, taken: Collection[str] = ()
    ) -> None:
        self.parties: list[str] = []
        self.given: dict[str, str] = {}
        """The letter of each person met so far, in the clear."""
        self._cast: Letters = {} if cast is None else cast
        self._taken = frozenset(taken)
        for name in map(_plain, names):
            if len(name) > 1 and name not in self.parties:
                self.parties.append(name)
                self._letter(name, set())

    @property
    def known(self) -> list[str]:
        """The full names met so far."""
        return [name for name in self.given if is_full(name)]

    def _letter(self, person: str, used: set[str]) -> str:
        if person not in self.given:
            taken = self._taken.union(used, self.given.values(), self._cast.values())
            self.given[person] = self._cast.get(person) or free_letter(taken)
        return self.given[person]

    def render(self, text: str, spans: Sequence[Span]) -> str:
        """Return ``text`` with each of the sorted ``spans`` replaced."""
        named = [span for span in spans if span.type is SpanType.NAME]
        mentions = [_mention(text, span) for span in named]
        used = used_pseudonyms(text)
        people = identify(mentions, self.known) if mentions else []
        letters = {s: self._letter(p, used) for s, p in zip(named, people, strict=True)}
        pieces, position = [], 0
        for span in spans:
            token = f"当事人{letters[span]}" if span in letters else f"〔{LABELS[span.type]}〕"
            pieces += [text[position : span.start], token]
            position = span.end
        return "".join([*pieces, text[position:]])


def _plain(name: str) -> str:
    return "".join(fold(name).split())


def _mention(text: str, span: Span) -> Mention:
    return Mention(
        _plain(text[span.start : span.end]), fold(text[span.end : span.end + _LONGEST_TITLE])
    )


def free_letter(taken: Collection[str]) -> str:
    """Return the first of 甲, 乙, ..., 癸, 甲甲, 甲乙, ... that is not ``taken``."""
    return next(code for code in _codes() if code not in taken)


def _codes() -> Iterator[str]:
    for length in count(1):
        yield from map("".join, product(STEMS, repeat=length))
