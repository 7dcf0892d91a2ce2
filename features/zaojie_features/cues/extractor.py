"""Finding cues in a narrative and judging their scope.

In the spirit of ConText (Harkema et al., 2009, doi:10.1016/j.jbi.2009.05.002; medspaCy): a
phrase is affirmed unless words of a scope reach it. Scope entries have an order; the first
one that holds decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import add

from zaojie_features.cues.files import Reach
from zaojie_features.cues.finder import Finder, Span
from zaojie_features.cues.language import alike, regex_of
from zaojie_features.cues.lexicon import Lexicon, Patterns, lexicon
from zaojie_features.cues.sentences import split, view_of

LIMITING = frozenset({"negated", "hearsay", "settled", "hypothetical", "quoted", "other"})
"""Scopes that take a cue's weight away; a conditional threat keeps its own."""
FARTHEST = 120
"""Characters beyond which no words of a scope are looked at, so that a page without marks
costs no more than one with them."""
_NOT = "!"
"""Begins the names of exceptions."""
NEAR = 6
"""Characters between mentions of one clause that share a scope."""
_CLAUSE = re.compile(r"[,。;:!?\n]")


_Mention = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """One mention of a cue, where it stands, its scope, and the words that decided it."""

    cue: str
    span: Span
    scope: str
    because: Span | None = None


class _Patterns:
    """Finds patterns by name, save where an exception of the same name overlaps."""

    def __init__(self, patterns: Mapping[str, Patterns]) -> None:
        found = {name: p.found for name, p in patterns.items()}
        hidden = {f"{_NOT}{name}": p.hidden for name, p in patterns.items()}
        self._finder = Finder(found | hidden)

    def find(self, text: str) -> dict[str, list[Span]]:
        spans = self._finder.find(text)
        return {
            name: [span for span in found if not _meets(spans.get(f"{_NOT}{name}", []), span)]
            for name, found in spans.items()
            if not name.startswith(_NOT)
        }


class _Reach:
    """Tells whether words of one scope entry reach a phrase."""

    def __init__(self, reach: Reach, lexicon: Lexicon) -> None:
        self.scope = reach.scope
        self._side, self._within, self._clause = reach.side, reach.within, reach.clause
        stops = [s.fragments for name in reach.stops for s in lexicon.lists[name]]
        through = [s.fragments for name in reach.through for s in lexicon.lists[name]]
        self._stops = re.compile(regex_of(stops)) if stops else None
        # Possessive: alternatives that hold each other would otherwise be tried in every order.
        self._through = re.compile(f"(?:{regex_of(through)})*+") if through else None

    def holds(self, text: str, words: Span, phrase: Span) -> bool:
        before = words[0] < phrase[0]
        # One character may belong to both: 听说+说要弄死, 没有+有仇.
        apart = words[1] <= phrase[0] + 1 if before else words[0] >= phrase[1]
        if not apart or self._side == ("after" if before else "before"):
            return False
        between = text[words[1] : phrase[0]] if before else text[phrase[1] : words[0]]
        near = between.rpartition("、")[2]  # 没有打人、砸东西: each of the list is as near
        if len(near) > self._within or (before and "。" in between):
            return False
        if self._clause and _CLAUSE.search(between):
            return False
        if self._stops and self._stops.search(between):
            return False
        return not self._through or bool(self._through.fullmatch(near))


class Extractor:
    """The compiled lexicon. Safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._phrases = _Patterns(lexicon.phrases)
        self._words = _Patterns(lexicon.scopes)
        reaches = {name: _Reach(entry, lexicon) for name, entry in lexicon.reaches.items()}
        self._reaches = {
            cue: [
                (name, reaches[name])
                for name, entry in lexicon.reaches.items()
                if (not entry.only or cue in entry.only) and cue not in entry.but_not
            ]
            for cue in lexicon.cues
        }
        self._kind = {name: cue.group or name for name, cue in lexicon.cues.items()}
        self._outdone_by = {
            cue: [name for name, other in lexicon.cues.items() if cue in other.beats]
            for cue in lexicon.cues
        }
        sequences = [s for patterns in lexicon.phrases.values() for s in patterns.found]
        self._needed = frozenset(word[:2] for s in sequences for word in s.needs)
        self._joins = re.compile(regex_of(s.fragments for s in lexicon.lists["anaphora"]))
        parted = [s.fragments for name in ("turns", "past") for s in lexicon.lists[name]]
        self._parted = re.compile(regex_of(parted))
        self._kept = frozenset(
            w for found in lexicon.lists.values() for s in found for w in s.needs
        )

    def find(self, narrative: str) -> list[Hit]:
        """Return every mention of a cue in ``narrative``, in order, with its scope."""
        view = view_of(alike(narrative), self._kept)
        return [
            Hit(cue, view.place(span), scope, view.place(because) if because else None)
            for (start, end), mentions in self._stretches(view.text)
            for cue, span, scope, because in self._judged(view.text[start:end], start, mentions)
        ]

    def _stretches(self, text: str) -> list[tuple[Span, list[_Mention]]]:
        """Return the sentences that mention cues.

        A sentence that speaks of the one before it (经查、上述、后来) is joined to it, unless it
        mentions other cues: then its words are about those.
        """
        found: list[tuple[Span, list[_Mention]]] = []
        for start, end in split(text):
            mentions = self._mentions(text[start:end])
            if found and self._joins.match(text, start):
                (begun, _), told = found[-1]
                if not mentions or {self._kind[c] for _, c in told + mentions} <= {
                    self._kind[c] for _, c in told
                }:
                    more = [(_moved(span, start - begun), cue) for span, cue in mentions]
                    found[-1] = (begun, end), told + more
                    continue
            found.append(((start, end), mentions))
        return [(span, mentions) for span, mentions in found if mentions]

    def _judged(
        self, text: str, start: int, mentions: list[_Mention]
    ) -> Iterator[tuple[str, Span, str, Span | None]]:
        """Yield the mentions in a stretch that begins at ``start``: cue, span, scope, ground."""
        words = self._words.find(text)
        end, scope, because = 0, "affirmed", None
        for span, cue in mentions:
            judged, ground = self._scope(text, cue, span, words)
            if judged == "affirmed" and ground is None and self._follows(text[end : span[0]]):
                judged, ground = scope, because
            end, scope, because = span[1], judged, ground
            yield cue, _moved(span, start), scope, _moved(because, start) if because else None

    def _follows(self, between: str) -> bool:
        """Tell whether a mention shares the scope of the one before it (没砸车划车报复)."""
        near = len(between) <= NEAR and not _CLAUSE.search(between)
        return near and not self._parted.search(between)

    def _mentions(self, text: str) -> list[_Mention]:
        """Return the mentions of all cues, save those that a graver kind of cue outdoes."""
        if self._needed.isdisjoint(chain(text, map(add, text, text[1:]))):
            return []
        found = self._phrases.find(text)
        return sorted(
            (span, cue)
            for cue, spans in found.items()
            for span in spans
            if not any(_meets(found.get(other, []), span) for other in self._outdone_by[cue])
        )

    def _scope(
        self, text: str, cue: str, phrase: Span, words: dict[str, list[Span]]
    ) -> tuple[str, Span | None]:
        for name, reach in self._reaches[cue]:
            for span in _near(words.get(name, []), phrase):
                if reach.holds(text, span, phrase):
                    return reach.scope, span
        return "affirmed", None


@cache
def extractor() -> Extractor:
    """Return the extractor of the lexicon in use, compiled once."""
    return Extractor(lexicon())


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _meets(spans: list[Span], span: Span) -> bool:
    """Tell whether one of the sorted, disjoint ``spans`` overlaps ``span``."""
    k = bisect_left(spans, (span[1],))
    return k > 0 and spans[k - 1][1] > span[0]


def _near(spans: list[Span], phrase: Span) -> Iterator[Span]:
    """Yield those of the sorted ``spans`` that begin within ``FARTHEST`` of ``phrase``."""
    for k in range(bisect_left(spans, (phrase[0] - FARTHEST,)), len(spans)):
        if spans[k][0] > phrase[1] + FARTHEST:
            return
        yield spans[k]
