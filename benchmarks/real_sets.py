"""The real sets: their targets, rows, labels and the ways to part them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from zaojie_cases.mapping import load_mapping
from zaojie_training.dataset import from_file
from zaojie_training.targets import target_of_mapping

Row = dict[str, Any]
EARLIER = 0.7  # share of the rows that a trial by time learns from
CLASSES = ("topic", "cause", "consult", "focus")
_REPLY = ("slow_reply_30d", "reply", "replied_at", "reply_explains", "response_days")
_HOT = ("hot_5", "likes", "dislikes")


class Task(NamedTuple):
    """One target of one set; the mapping bears the set's name."""

    source: str
    target: str
    hidden: tuple[str, ...]  # columns that a file to be scored lacks; the first is the label
    text: tuple[str, ...] = ("title", "detail")
    reference: tuple[float | None, ...] = (None, None)
    """Out of fold on the same file (data/README.md); of elements, consult, focus: kept aside."""
    by_time: bool = False
    file: str = "train.csv.gz"


TASKS = (
    Task("tipdm_replies", "overdue", _REPLY, reference=(0.672, 0.285)),
    Task("tipdm_hot", "attention", _HOT, reference=(0.772, 0.289)),
    Task("tipdm_hot", "attention", _HOT, by_time=True),
    Task("tipdm_hot", "recurrence", _HOT, by_time=True),
    Task("tipdm_messages", "topic", ("category",), ("text_segmented",), (0.916, 0.911)),
    Task("cjrc_case_cause", "cause", ("cause_group", "cause"), ("fact",), (0.794, 0.661)),
    Task("lawbench_consult_type", "consult", ("label",), ("text",), (0.411, None)),
    Task("lawbench_dispute_focus", "focus", ("label",), ("text",), (0.673, None)),
    Task(
        "cail2019_elements",
        "elements",
        ("labels",),
        ("sentence",),
        (0.563,),
        file="train.jsonl.gz",
    ),
)


def read(path: Path, task: Task) -> list[Row]:
    """Return the rows of a set that its mapping wants."""
    wanted = load_mapping(task.source).filter.items()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines) if ".csv" in path.suffixes else map(json.loads, lines)
        return [r for r in rows if all(r[c] in v for c, v in wanted)]


def write(path: Path, rows: Sequence[Row], without: Sequence[str] = ()) -> Path:
    """Write ``rows`` as CSV or, by the name of the file, JSON Lines; some columns left out."""
    columns = [column for column in rows[0] if column not in without]
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".jsonl":
            kept = ({column: row[column] for column in columns} for row in rows)
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
            return path
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def labels_of(task: Task, rows: Sequence[Row], folder: Path) -> list[Any]:
    """Return a label for each row; None where the rule of a repetition cannot tell yet."""
    if task.target != "recurrence":
        labels = [row[task.hidden[0]] for row in rows]
        return list(map(tuple, labels)) if task.target == "elements" else labels
    mapping = load_mapping(task.source)
    target = target_of_mapping(mapping, task.target)
    data = from_file(write(folder / "all.csv", rows), mapping, [target])
    last = data.data_cut - timedelta(days=target.horizon_days)
    cases = zip((case for case, _, _ in data.records), data.labels[target.name], strict=True)
    mature = {c.source_case_no: str(label) for c, label in cases if c.registered_at <= last}
    return [mature.get(row["message_id"]) for row in rows]


def splits(task: Task, rows: Sequence[Row], folds: int, seed: int) -> list[Any]:
    """Return pairs (learnt from, judged): the earlier and the later part, or folds."""
    if task.by_time:
        order = np.argsort([row["posted_at"] for row in rows], kind="stable")
        return [np.split(order, [int(len(rows) * EARLIER)])]
    groups = [
        row.get("dup_group") or row.get("doc_id") or "".join(row[c] for c in task.text)
        for row in rows
    ]
    strata = [row["domain" if task.target == "elements" else task.hidden[0]] for row in rows]
    folder = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(folder.split(rows, strata, groups))
