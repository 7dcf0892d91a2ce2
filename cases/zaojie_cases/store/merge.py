"""Writing records so that doing it twice is doing it once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zaojie_cases.record import MAX_NARRATIVE, SHANGHAI, Case, CaseEvent, Outcome, Party, Record
from zaojie_cases.store.letters import in_letters_of_cases
from zaojie_cases.store.link_keys import keep_keys
from zaojie_cases.store.rows import (
    case_values,
    event_values,
    events_of,
    hash_of,
    outcome_values,
    outcomes_of,
    read_records,
    select_record,
)
from zaojie_cases.store.sealed import without_sealed_texts
from zaojie_cases.store.tables import Base, CaseRow, EventRow, OutcomeRow

if TYPE_CHECKING:
    from zaojie_cases.vault import Vault

Key = tuple[str, str]
Content = TypeVar("Content")
AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(frozen=True, slots=True)
class ImportCount:
    """What became of the rows of an import, and of the identities in them."""

    added: int = 0
    unchanged: int = 0
    updated: int = 0
    rejected: int = 0
    skipped: int = 0
    """Rows left out by the mapping's filter."""
    identity_kept: int = 0
    """Parties sealed in the vault by this import: new or changed ones."""
    identity_dropped: int = 0
    """Parties not stored because there is no vault key."""

    def __add__(self, other: ImportCount) -> ImportCount:
        return ImportCount(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with what is known of it: the unit that is written."""

    case: Case
    events: tuple[CaseEvent, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    parties: tuple[Party, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The letters of the persons in the texts, by name: for the cast, never written as it is."""

    @property
    def key(self) -> Key:
        """What makes two registrations the same one: the source and its number."""
        return _key_of(self.case)

    def under(self, case_id: str) -> Entry:
        """Return the entry with all its records under ``case_id``."""
        if self.case.case_id == case_id:
            return self
        new = {"case_id": case_id}
        return replace(
            self,
            case=self.case.model_copy(update=new),
            events=tuple(e.model_copy(update=new) for e in self.events),
            outcomes=tuple(o.model_copy(update=new) for o in self.outcomes),
            parties=tuple(p.model_copy(update=new) for p in self.parties),
        )

    def reworded(self, reword: Callable[[str], str]) -> Entry:
        """Return the entry with all that is written in words put through ``reword``."""
        narrative = reword(self.case.narrative_masked)[:MAX_NARRATIVE]
        return replace(
            self,
            case=self.case.model_copy(update={"narrative_masked": narrative}),
            events=tuple(_reworded_event(e, reword) for e in self.events),
            outcomes=tuple(
                o.model_copy(update={"evidence_kind": o.evidence_kind and reword(o.evidence_kind)})
                for o in self.outcomes
            ),
        )


def _reworded_event(event: CaseEvent, reword: Callable[[str], str]) -> CaseEvent:
    payload = {k: reword(v) if isinstance(v, str) else v for k, v in event.payload.items()}
    role = event.actor_role and reword(event.actor_role)
    return event.model_copy(update={"payload": payload, "actor_role": role})


def _key_of(case: Case) -> Key:
    return case.source_system, case.source_case_no


class Pending(Generic[AnyRecord, Content]):
    """Rows of one table that are still to be written, beside the content already known."""

    def __init__(self, known: dict[Key, Content]) -> None:
        self.known = known
        self._new: dict[Key, AnyRecord] = {}
        self._changed: dict[Key, AnyRecord] = {}

    def put(self, key: Key, content: Content, record: AnyRecord, *, anyway: bool = False) -> bool:
        """Note ``record`` for writing; return False if it is known with the same content.

        ``anyway``: it is written all the same.
        """
        if self.known.get(key) == content and not anyway:
            return False
        stored = key in self.known and key not in self._new
        (self._changed if stored else self._new)[key] = record
        self.known[key] = content
        return True

    def write(
        self, session: Session, table: type[Base], values: Callable[[AnyRecord], dict[str, Any]]
    ) -> None:
        """Write what was noted; ``values`` makes the column values of a record."""
        if self._new:
            session.execute(insert(table), [values(r) for r in self._new.values()])
        if self._changed:
            session.execute(update(table), [values(r) for r in self._changed.values()])


def merge(
    session: Session,
    entries: Sequence[Entry],
    vault: Vault | None = None,
    now: datetime | None = None,
) -> ImportCount:
    """Write ``entries`` in the transaction of ``session``; what is there already stays.

    A registration that is stored under another id keeps that id. What a changed row leaves
    empty stays as stored: a file with fewer columns, or a bad cell, takes nothing away. Events
    and outcomes are added to those stored; one with the same id or code replaces the stored
    one. What parties tell of a case that is stored already is known from ``now`` on.
    """
    stored = _stored(session, entries)
    entries = _under_first_id(entries, {key: case_id for key, (case_id, _) in stored.items()})
    entries = without_sealed_texts(session, entries)
    ids = [case_id for case_id, _ in stored.values()]
    cases: Pending[Case, str] = Pending({key: hash_ for key, (_, hash_) in stored.items()})
    time_lines = list(events_of(session, ids))
    events: Pending[CaseEvent, CaseEvent] = Pending(
        {(e.case_id, e.event_id): e for e in time_lines}
    )
    outcomes: Pending[Outcome, Outcome] = Pending(
        {(o.case_id, o.outcome_code): o for o in outcomes_of(session, ids)}
    )
    casts = vault.casts.of(session, [e.case.case_id for e in entries if e.people]) if vault else {}
    lettered, rewritten = in_letters_of_cases(session, entries, time_lines, casts)
    before = _changed(session, entries, stored)
    count = ImportCount()
    for came, entry in zip(entries, lettered, strict=True):
        is_new, anyway = entry.key not in cases.known, entry.case.case_id in rewritten
        case = _filled(entry.case, before.get(entry.case.case_id))
        changes = [cases.put(entry.key, hash_of(came.case), case, anyway=anyway)]
        changes += [events.put((e.case_id, e.event_id), e, e) for e in entry.events]
        changes += [outcomes.put((o.case_id, o.outcome_code), o, o) for o in entry.outcomes]
        updated = any(changes) and not is_new
        count += ImportCount(added=is_new, updated=updated, unchanged=not any(changes))
    cases.write(session, CaseRow, lambda case: case_values(case, cases.known[_key_of(case)]))
    events.write(session, EventRow, event_values)
    outcomes.write(session, OutcomeRow, outcome_values)
    parties = [party for entry in entries for party in entry.parties]
    if vault is None:
        return count + ImportCount(identity_dropped=len(parties))
    for entry in lettered:
        if entry.people:
            casts[entry.case.case_id].note(entry.people)
    vault.casts.keep(session, casts.values())
    _keep_link_keys(session, entries, vault, dict.fromkeys(ids, now or datetime.now(SHANGHAI)))
    return count + ImportCount(identity_kept=vault.keep(session, parties))


def _keep_link_keys(
    session: Session, entries: Sequence[Entry], vault: Vault, brought_at: dict[str, datetime]
) -> None:
    from zaojie_cases.vault.relink import token_ofs  # noqa: PLC0415  (the vault stands on the store)

    pairs = [(entry.case, entry.parties) for entry in entries]
    keep_keys(session, pairs, token_ofs(vault.ring), brought_at)


def _stored(session: Session, entries: Iterable[Entry]) -> dict[Key, tuple[str, str]]:
    """Return id and content hash of those registrations that are stored already."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        numbers[entry.case.source_system].append(entry.case.source_case_no)
    return {
        (system, row.source_case_no): (row.case_id, row.content_hash)
        for system, wanted in numbers.items()
        for row in session.execute(
            select(CaseRow.source_case_no, CaseRow.case_id, CaseRow.content_hash)
            .where(CaseRow.source_system == system, CaseRow.source_case_no.in_(wanted))
            .order_by(CaseRow.case_id)
            .with_for_update()
        )
    }


def _changed(
    session: Session, entries: Iterable[Entry], stored: Mapping[Key, tuple[str, str]]
) -> dict[str, Case]:
    """Return as stored the cases whose row is not the one that was stored last."""
    ids = [
        stored[entry.key][0]
        for entry in entries
        if entry.key in stored and stored[entry.key][1] != hash_of(entry.case)
    ]
    chosen = select_record(CaseRow, Case).where(CaseRow.case_id.in_(ids))
    return {case.case_id: case for case in read_records(session, chosen, Case)} if ids else {}


def _filled(case: Case, before: Case | None) -> Case:
    """Return ``case`` with what it leaves empty as it was ``before``."""
    if before is None:
        return case
    said = {name for name in case.model_fields_set if getattr(case, name) not in (None, ())}
    return before.model_copy(update={name: getattr(case, name) for name in said})


def _under_first_id(entries: Iterable[Entry], ids: dict[Key, str]) -> list[Entry]:
    return [e.under(ids.setdefault(e.key, e.case.case_id)) for e in entries]
