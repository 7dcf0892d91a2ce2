"""The training set: snapshots as of each case's decision time, with labels and folds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from zaojie_cases.codes import is_scored
from zaojie_cases.errors import InputError
from zaojie_cases.history import History, HistoryEntry
from zaojie_cases.importing import read_records
from zaojie_cases.ledger_entries import Linked, entry_of
from zaojie_cases.mapping import Mapping, Repeat
from zaojie_cases.record import Case, CaseEvent, EventKind, Outcome
from zaojie_cases.sketch import sketch_of
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_cases.store import Store
from zaojie_training.targets import Label, Target

Record = tuple[Case, tuple[CaseEvent, ...], tuple[Outcome, ...]]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Snapshots in order of decision time, their labels by target, and the ledger behind."""

    snapshots: list[Snapshot]
    labels: dict[str, list[Label]]
    groups: list[str]
    """Rows with one group stay in one fold."""
    entries: list[HistoryEntry]
    data_cut: datetime
    data_hash: str

    def __len__(self) -> int:
        return len(self.snapshots)

    def known(self, target: str) -> list[int]:
        """Return the rows whose label of ``target`` is known."""
        return [i for i, label in enumerate(self.labels[target]) if label is not None]


def from_file(path: Path, mapping: Mapping, targets: Sequence[Target]) -> Dataset:
    """Return the training set of one file. Raises ``InputError`` if nothing can be used."""
    rows = [row for row in read_records(path, mapping) if row.case is not None]
    groups = {row.case.case_id: row.group for row in rows if row.case and row.group}
    tracked = any(rule.kind is EventKind.CLOSED for rule in mapping.events)
    records = [(row.case, row.events, row.outcomes) for row in rows if row.case is not None]
    records = _with_repeats(records, mapping)
    return _build(records, targets, groups, tracked)


def from_store(store: Store, targets: Sequence[Target]) -> Dataset:
    """Return the training set of the record store, without cases that are never scored."""
    records = list(store.iter_cases())
    return _build(records, targets, {}, closing_tracked=True, linked=store.linked())


def _build(
    records: Iterable[Record],
    targets: Sequence[Target],
    groups: dict[str, str],
    closing_tracked: bool,
    linked: dict[str, Linked] | None = None,
) -> Dataset:
    ordered = sorted(records, key=lambda r: (r[0].registered_at, r[0].case_id))
    known = linked or {}
    entries = [
        entry_of(c, e, closing_tracked=closing_tracked, linked=known.get(c.case_id))
        for c, e, _ in ordered
    ]
    history = History(entries)
    cut = _data_cut(ordered)
    usable = [r for r in ordered if is_scored(r[0].category_code) and not r[0].scoring_opt_out]
    if not usable:
        raise InputError("没有可用于训练的案件。请先导入数据（zaojie import），并检查拒收清单。")
    snapshots = [snapshot_at(c, events, history, c.registered_at) for c, events, _ in usable]
    labels: dict[str, list[Label]] = {
        t.name: [t.label(outcomes, c.registered_at, cut) for c, _, outcomes in usable]
        for t in targets
    }
    return Dataset(
        snapshots=snapshots,
        labels=labels,
        groups=[groups.get(c.case_id) or _text_group(c) for c, _, _ in usable],
        entries=entries,
        data_cut=cut,
        data_hash=_hash(ordered, snapshots),
    )


def _text_group(case: Case) -> str:
    """Equal texts must not stand on both sides of a fold."""
    return hashlib.blake2b(repr(sketch_of(case.narrative_masked)).encode()).hexdigest()[:16]


def _data_cut(records: Sequence[Record]) -> datetime:
    moments = [c.registered_at for c, _, _ in records]
    moments += [e.recorded_at for _, events, _ in records for e in events]
    return max(moments, default=datetime.fromtimestamp(0).astimezone())


def _hash(records: Sequence[Record], snapshots: Iterable[Snapshot]) -> str:
    """Hash the records and the links seen between them: a clerk's word changes those alone."""
    digest = hashlib.sha256()
    for case, events, outcomes in records:
        for part in (case, *events, *outcomes):
            digest.update(part.model_dump_json().encode())
    for snapshot in snapshots:
        digest.update(repr(snapshot.priors).encode())
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
