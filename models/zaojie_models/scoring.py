"""Scoring the rows of a file: each case as of its registration, one answer a row, in order."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zaojie_cases.history import History
from zaojie_cases.importing import Row, read_records
from zaojie_cases.ledger_entries import entry_of
from zaojie_cases.mapping import Mapping
from zaojie_cases.snapshot import snapshot_at
from zaojie_cases.text_files import written_whole
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_models.bundle import Bundle
from zaojie_models.score import Score, TargetScore


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one row: a score, or a Chinese reason why there is none."""

    source_id: str
    score: Score | None
    reason: str = ""


def score_file(
    bundle: Bundle, path: Path, mapping: Mapping, *, reasons: bool = False
) -> Iterator[Answer]:
    """Yield one answer for each row of ``path``.

    History is that of the bundle and of the file's own earlier rows. The file may come
    without closings, so its rows count as registered and never as open.
    """
    rows = list(read_records(path, mapping))
    history = History(bundle.ledger)
    for row in rows:
        if row.case is not None and row.case.registered_at != UNKNOWN_MOMENT:
            history.add(entry_of(row.case, row.events, closing_tracked=False))
    for row in rows:
        yield _answer(bundle, row, history, reasons)


def _answer(bundle: Bundle, row: Row, history: History, reasons: bool) -> Answer:
    if row.case is None:
        why = (
            "不在映射的筛选范围内"
            if row.skipped
            else "；".join(f"{reject.field}：{reject.reason}" for reject in row.rejects)
        )
        return Answer(row.source_id, None, why or "这一行不能成为案件")
    snapshot = snapshot_at(row.case, row.events, history, row.case.registered_at)
    score = bundle.score([snapshot], reasons=reasons)[0]
    return Answer(row.source_id, score, score.unscored_reason or "")


def write_scores(bundle: Bundle, answers: Iterator[Answer], out: Path) -> int:
    """Write the answers as CSV and return their number.

    Columns by the bundle's targets: ``id,probability`` (yes/no), ``id,label,probability``
    (one of several), ``id,labels`` (several at once), ``id,target,probability,level`` (more
    than one target); and ``reason`` last if any row could not be scored.
    """
    found = list(answers)
    header = _header(bundle)
    unscored = any(answer.reason for answer in found)
    with written_whole(out) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*header, "reason"] if unscored else header)
        for answer in found:
            for cells in _lines(bundle, answer):
                empty = [""] * (len(header) - len(cells))
                writer.writerow([*cells, *empty, *([answer.reason] if unscored else [])])
    return len(found)


def _header(bundle: Bundle) -> list[str]:
    if len(bundle.target_names) > 1:
        return ["id", "target", "probability", "level"]
    kind = bundle.manifest.kinds[bundle.target_names[0]]
    return {
        "binary": ["id", "probability"],
        "one_of": ["id", "label", "probability"],
        "any_of": ["id", "labels"],
    }[kind]


def _lines(bundle: Bundle, answer: Answer) -> list[list[str]]:
    several = len(bundle.target_names) > 1
    targets: Sequence[TargetScore] = answer.score.targets if answer.score else ()
    if not targets:
        names = bundle.target_names if several else ("",)
        return [[answer.source_id, name] if several else [answer.source_id] for name in names]
    if several:
        return [
            [answer.source_id, t.target, _number(t.probability), t.level.value] for t in targets
        ]
    only = targets[0]
    if only.kind == "any_of":
        return [[answer.source_id, "|".join(only.labels)]]
    label = [only.label or ""] if only.kind == "one_of" else []
    return [[answer.source_id, *label, _number(only.probability)]]


def _number(probability: float | None) -> str:
    return "" if probability is None else repr(probability)
