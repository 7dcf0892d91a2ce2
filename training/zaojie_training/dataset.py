"""The training set: decisions on cases, each as of its moment, with labels and folds."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Shares
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from zaojie_cases.codes import is_scored
from zaojie_cases.decisions import Cohort, Decision, decisions_of
from zaojie_cases.errors import InputError
from zaojie_cases.history import History, HistoryEntry
from zaojie_cases.importing import read_records
from zaojie_cases.ledger_entries import entry_of
from zaojie_cases.mapping import Mapping, Repeat
from zaojie_cases.record import Case, CaseEvent, EventKind, Outcome
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_cases.store import Store
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_training.targets import Label, Target

Record = tuple[Case, tuple[CaseEvent, ...], tuple[Outcome, ...]]
AT_REGISTRATION: Shares[Cohort, float] = {Cohort.REGISTRATION: 1.0}
"""Cohorts of a source that tells no time line: each case once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One decision: on which record, why, and when."""

    record: int
    cohort: Cohort
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Dataset:
    """Decisions in order of time, their labels by target, and the records behind them."""

    records: Sequence[Record]
    rows: Sequence[Row]
    labels: dict[str, list[Label]]
    groups: list[str]
    """Rows with one group stay in one fold: a case, and others of the same dispute or text."""
    history: History
    entries: list[HistoryEntry]
    data_cut: datetime
    data_hash: str

    def __len__(self) -> int:
        return len(self.rows)

    def known(self, target: str) -> list[int]:
        """Return the rows whose label of ``target`` is known."""
        return [i for i, label in enumerate(self.labels[target]) if label is not None]

    def case(self, row: int) -> Case:
        """Return the case that ``row`` decides on."""
        return self.records[self.rows[row].record][0]

    def snapshot(self, row: int) -> Snapshot:
        """Return what was known at the decision of ``row``."""
        decision = self.rows[row]
        case, events, _ = self.records[decision.record]
        return snapshot_at(case, events, self.history, decision.as_of)

    @property
    def simulated(self) -> bool:
        """Whether every case comes from the simulated county."""
        return all(case.source_system == "county" for case, _, _ in self.records)


def from_file(path: Path, mapping: Mapping, targets: Sequence[Target]) -> Dataset:
    """Return the training set of one file, each case as of its registration.

    Raises ``InputError`` if nothing can be used.
    """
    rows = [row for row in read_records(path, mapping) if row.case is not None]
    groups = {row.case.case_id: row.group for row in rows if row.case and row.group}
    tracked = any(rule.kind is EventKind.CLOSED for rule in mapping.events)
    records = [(row.case, row.events, row.outcomes) for row in rows if row.case is not None]
    records = _with_repeats(records, mapping)
    entries = {c.case_id: entry_of(c, e, closing_tracked=tracked) for c, e, _ in records}
    return _build(records, targets, groups, entries, AT_REGISTRATION)


def from_store(
    store: Store, targets: Sequence[Target], cohorts: Shares[Cohort, float] = AT_REGISTRATION
) -> Dataset:
    """Return the training set of the record store, without cases that are never scored.

    ``cohorts``: which decisions, and the share of each kind that is taken; which ones is
    decided by the case and the moment alone, so that more data do not change it.
    """
    records = list(store.iter_cases())
    entries = {entry.case_id: entry for entry in store.all_history()}
    return _build(records, targets, {}, entries, cohorts)


def _build(
    records: Iterable[Record],
    targets: Sequence[Target],
    groups: dict[str, str],
    known: dict[str, HistoryEntry],
    cohorts: Shares[Cohort, float],
) -> Dataset:
    ordered = sorted(records, key=lambda r: (r[0].registered_at, r[0].case_id))
    entries = [known[case.case_id] for case, _, _ in ordered]
    cut = _data_cut(ordered)
    usable = [r for r in ordered if is_scored(r[0].category_code) and not r[0].scoring_opt_out]
    if not usable:
        raise InputError("没有可用于训练的案件。请先导入数据（zaojie import），并检查拒收清单。")
    rows = [
        Row(number, decision.cohort, decision.as_of)
        for number, record in enumerate(usable)
        for decision in _decisions(record, cohorts, cut)
    ]
    rows.sort(key=lambda row: (row.as_of, usable[row.record][0].case_id))
    labels: dict[str, list[Label]] = {
        t.name: [
            t.label(usable[r.record][2], r.as_of, cut, usable[r.record][0].registered_at)
            for r in rows
        ]
        for t in targets
    }
    own = _groups(usable, groups, known)
    return Dataset(
        records=usable,
        rows=rows,
        labels=labels,
        groups=[own[row.record] for row in rows],
        history=History(entries),
        entries=entries,
        data_cut=cut,
        data_hash=_hash(ordered, entries),
    )


def _decisions(record: Record, cohorts: Shares[Cohort, float], until: datetime) -> list[Decision]:
    case, events, _ = record
    if case.registered_at == UNKNOWN_MOMENT:
        return [Decision(Cohort.REGISTRATION, case.registered_at)]
    found = decisions_of(case.registered_at, events, until=until, cohorts=tuple(cohorts))
    return [one for one in found if _draw(case, one) < cohorts[one.cohort]]


def _draw(case: Case, decision: Decision) -> float:
    """Return a number of [0, 1) that is always the same for this decision."""
    return zlib.crc32(f"{case.case_id} {decision.as_of.isoformat()}".encode()) / 2**32


def _groups(
    records: Sequence[Record], given: dict[str, str], entries: dict[str, HistoryEntry]
) -> list[str]:
    """Return the group of each record: as the source says, else by dispute and text.

    A case that names an earlier one joins its group, and so do cases of equal text, which
    must not stand on both sides of a fold.
    """
    found: dict[str, str] = {}
    for case, _, _ in records:
        before = next((found[one] for one in case.prior_case_ids if one in found), None)
        sketch = repr(entries[case.case_id].sketch).encode()
        text = hashlib.blake2b(sketch, digest_size=8).hexdigest()
        found[case.case_id] = given.get(case.case_id) or before or text
    return [found[case.case_id] for case, _, _ in records]


def _data_cut(records: Sequence[Record]) -> datetime:
    moments = [c.registered_at for c, _, _ in records]
    moments += [e.recorded_at for _, events, _ in records for e in events]
    return max(moments, default=datetime.fromtimestamp(0).astimezone())


def _hash(records: Sequence[Record], entries: Sequence[HistoryEntry]) -> str:
    """Hash the records and what links them: a clerk's word changes nothing else.

    Link keys are made with a secret of the installation; only which are equal counts.
    """
    digest, numbers = hashlib.sha256(), dict[str, int]()
    for (case, events, outcomes), entry in zip(records, entries, strict=True):
        for part in (case, *events, *outcomes):
            digest.update(part.model_dump_json().encode())
        keys = [*entry.matter.keys, *(key for key, _ in entry.matter.later_keys)]
        same = [numbers.setdefault(key, len(numbers)) for key in keys]
        since = [at.isoformat() for _, at in entry.matter.later_keys]
        digest.update(repr((same, since, entry.decided)).encode())
    return digest.hexdigest()


def _with_repeats(records: list[Record], mapping: Mapping) -> list[Record]:
    """Add the outcome of every ``repeat`` rule: the same matter registered again by anyone."""
    for rule in mapping.outcomes.values():
        if rule.repeat is not None:
            records = _mark_repeats(records, rule.repeat, rule.code)
    return records


def _mark_repeats(records: list[Record], rule: Repeat, code: str) -> list[Record]:
    history = History(entry_of(c, e, closing_tracked=False) for c, e, _ in records)
    span = timedelta(days=rule.within_days)
    marked = []
    for case, events, outcomes in records:
        later = [
            entry.registered_at
            for entry, _ in history.alike(case, rule.similarity)
            if case.registered_at < entry.registered_at <= case.registered_at + span
        ]
        repeats = [_repeat(case, min(later), code)] if later else []
        marked.append((case, events, (*outcomes, *repeats)))
    return marked


def _repeat(case: Case, at: datetime, code: str) -> Outcome:
    return Outcome(
        case_id=case.case_id,
        outcome_code=code,
        observed_at=at,
        evidence_kind="repeat",
        source_system=case.source_system,
    )
