"""What is imported gets the letters that persons have in their case already.

A row is read without the store: its parties get the first letters, whoever had them before.
So what is compared with a second import is the row in its own letters, and what is written
is the row in the letters of its case. A person keeps the letter of the cast, else the one in
the same text as the store has it: a text that differs in letters only is taken to name the
same persons. Nobody new gets a letter that the case has seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.masking.letters import counterparts, letters_in, relettered
from zaojie_cases.masking.pseudonyms import Letters, free_letter
from zaojie_cases.record import CaseEvent
from zaojie_cases.store.casts import spent_letters, texts_of
from zaojie_cases.store.rows import hash_of
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import CaseRow

if TYPE_CHECKING:
    from zaojie_cases.store.merge import Entry


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the store has of a case: its texts, and letters that are spent beside them."""

    narrative: str
    content_hash: str
    events: Sequence[CaseEvent]
    spent: Collection[str]

    def is_sealed_as(self, entry: Entry) -> bool:
        return self.narrative == SEALED_MARK and self.content_hash == hash_of(entry.case)


def in_letters_of_cases(
    session: Session,
    entries: Iterable[Entry],
    events: Iterable[CaseEvent],
    casts: Mapping[str, Letters],
) -> tuple[list[Entry], set[str]]:
    """Return ``entries`` in the letters of their cases, of which ``events`` are stored.

    Also returns the ids of the cases whose stored narrative has other letters than that.
    A sealed case whose row is still the same comes back without people.
    """
    entries = list(entries)
    stored = _stored(session, [e.case.case_id for e in entries if e.people], events)
    found, rewritten = [], set()
    for entry in entries:
        case_id = entry.case.case_id
        was = stored.get(case_id) if entry.people else None
        if was is None:
            found.append(entry)
        elif was.is_sealed_as(entry):
            found.append(replace(entry, people={}))
        else:
            new = _in_letters(entry, was, casts.get(case_id, {}))
            found.append(new)
            if new.case.narrative_masked != was.narrative:
                rewritten.add(case_id)
    return found, rewritten


def _stored(
    session: Session, case_ids: Collection[str], events: Iterable[CaseEvent]
) -> dict[str, _Stored]:
    spent = spent_letters(session, case_ids)
    lines: dict[str, list[CaseEvent]] = defaultdict(list)
    for event in events:
        lines[event.case_id].append(event)
    columns = (CaseRow.case_id, CaseRow.narrative_masked, CaseRow.content_hash)
    return {
        case_id: _Stored(narrative, content_hash, lines[case_id], spent.get(case_id, ()))
        for case_id, narrative, content_hash in session.execute(
            select(*columns).where(CaseRow.case_id.in_(case_ids))
        )
    }


def _in_letters(entry: Entry, stored: _Stored, cast: Letters) -> Entry:
    """Return ``entry`` with the letters that its people have, or get, in the stored case."""
    own = set(entry.people.values())
    same, given = _same_letters(entry, stored, own), set(cast.values())
    seen = _letters_of_others(entry, stored, own).union(given, same.values())
    letters: dict[str, str] = {}
    for person, letter in entry.people.items():
        used = {*letters.values()}
        was = same.get(letter, "")
        kept = cast.get(person) or (was if was not in used | given else "")
        new = letter if letter not in seen | used else free_letter(seen | used)
        letters[letter] = kept or new
    if all(letter == new for letter, new in letters.items()):
        return entry
    people = {person: letters[letter] for person, letter in entry.people.items()}
    return replace(entry.reworded(lambda text: relettered(text, letters)), people=people)


def _same_letters(entry: Entry, stored: _Stored, own: Collection[str]) -> dict[str, str]:
    """Return the stored letters for those of the entry, from the texts that are the same."""
    found: dict[str, str] = {}
    for text, other in _pairs(entry, stored):
        found = counterparts(text, other, own) | found
    return found


def _pairs(entry: Entry, stored: _Stored) -> Iterator[tuple[str, str]]:
    yield entry.case.narrative_masked, stored.narrative
    before = {event.event_id: event.payload for event in stored.events}
    for event in entry.events:
        was = before.get(event.event_id, {})
        for name, text in event.payload.items():
            other = was.get(name)
            if isinstance(text, str) and isinstance(other, str):
                yield text, other


def _letters_of_others(entry: Entry, stored: _Stored, own: Collection[str]) -> set[str]:
    """Return the letters of those who are not the entry's people, or may not be."""
    replaced = {event.event_id for event in entry.events}
    staying = (event for event in stored.events if event.event_id not in replaced)
    texts = [entry.case.narrative_masked, *texts_of(entry.events)]
    by_the_source = letters_in(texts).difference(own)
    return letters_in(texts_of(staying)).union(stored.spent, by_the_source)
