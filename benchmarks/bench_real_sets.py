"""Figures on the real sets, beside a plain tf-idf and linear model on the same rows.

Run: python benchmarks/bench_real_sets.py [--data ../shared/data] [--sets NAME ...]
                                          [--folds 5] [--seed 0]

What is judged was never learnt from: the product fits a bundle on one file and scores another
that lacks the outcome, as ``zaojie fit`` and ``zaojie score`` do; equal texts stay in one fold.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC

from zaojie_cases.mapping import load_mapping
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_models.scoring import score_file
from zaojie_training.dataset import from_file
from zaojie_training.fit import fit_file
from zaojie_training.targets import target_of_mapping

Row = dict[str, str]
Pair = tuple[float, float]
EARLIER = 0.7
_REPLY = ("slow_reply_30d", "reply", "replied_at", "reply_explains", "response_days")
_HOT = ("hot_5", "likes", "dislikes")
_words = jieba.Tokenizer()


class Task(NamedTuple):
    """One target of one set; the mapping bears the set's name."""

    source: str
    target: str
    hidden: tuple[str, ...]
    """Columns that a file to be scored does not have; the first is the label."""
    text: tuple[str, ...] = ("title", "detail")
    reference: Pair | None = None
    """Of data/README.md: out of fold on the same file."""
    by_time: bool = False
    classes: bool = False


TASKS = (
    Task("tipdm_replies", "overdue", _REPLY, reference=(0.672, 0.285)),
    Task("tipdm_hot", "attention", _HOT, reference=(0.772, 0.289)),
    Task("tipdm_hot", "attention", _HOT, by_time=True),
    Task("tipdm_hot", "recurrence", _HOT, by_time=True),
    Task(
        *("tipdm_messages", "topic", ("category",), ("text_segmented",), (0.916, 0.911)),
        classes=True,
    ),
    Task(
        *("cjrc_case_cause", "cause", ("cause_group", "cause"), ("fact",), (0.794, 0.661)),
        classes=True,
    ),
)


def write(path: Path, rows: Sequence[Row], without: Sequence[str] = ()) -> Path:
    """Write ``rows`` as CSV, some columns left out."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        columns = [column for column in rows[0] if column not in without]
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def labels_of(task: Task, rows: Sequence[Row], folder: Path) -> list[str | None]:
    """Return a label for each row; None where the rule of a repetition cannot tell yet."""
    if task.target != "recurrence":
        return [row[task.hidden[0]] for row in rows]
    mapping = load_mapping(task.source)
    target = target_of_mapping(mapping, task.target)
    data = from_file(write(folder / "all.csv", rows), mapping, [target])
    last = data.data_cut.timestamp() - target.horizon_days * 86_400
    mature = {
        s.case.source_case_no: str(label)
        for s, label in zip(data.snapshots, data.labels[target.name], strict=True)
        if s.as_of.timestamp() <= last
    }
    return [mature.get(row["message_id"]) for row in rows]


def splits(task: Task, rows: Sequence[Row], folds: int, seed: int) -> list[Any]:
    """Return pairs (learnt from, scored): the earlier and the later part, or folds."""
    if task.by_time:
        order = np.argsort([row["posted_at"] for row in rows], kind="stable")
        return [np.split(order, [int(len(rows) * EARLIER)])]
    groups = [row.get("dup_group") or "".join(row[c] for c in task.text) for row in rows]
    folder = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(folder.split(rows, [row[task.hidden[0]] for row in rows], groups))


def ours(task: Task, train: Sequence[Row], held: Sequence[Row], folder: Path) -> list[Any]:
    """Return what a bundle fitted on ``train`` says of ``held``; a refused row counts as no."""
    mapping, bundle, policy = load_mapping(task.source), folder / "bundle", load_policy()
    learnt = write(folder / "train.csv", train)
    fit_file(learnt, mapping, task.target, bundle, seed=0, policy=policy, progress=lambda _: None)
    scored = score_file(Bundle.load(bundle), write(folder / "held.csv", held, task.hidden), mapping)
    told = [a.score.targets[0] if a.score and a.score.targets else None for a in scored]
    return [(t and (t.label or t.probability)) or ("" if task.classes else 0.0) for t in told]


def plain(task: Task, train: Sequence[Row], y: Sequence[str], held: Sequence[Row]) -> list[Any]:
    """Return what tf-idf of words and a linear model, learnt from ``y``, say of ``held``."""
    terms = TfidfVectorizer(analyzer=str.split if "text_segmented" in task.text else _words.lcut)
    model = LinearSVC() if task.classes else LogisticRegression(max_iter=1000)
    model.fit(terms.fit_transform(["。".join(r[c] for c in task.text) for r in train]), y)
    rows = terms.transform(["。".join(r[c] for c in task.text) for r in held])
    return list(model.predict(rows) if task.classes else model.predict_proba(rows)[:, 1])


def compare(task: Task, rows: Sequence[Row], *, folds: int, seed: int) -> tuple[Pair, Pair]:
    """Return accuracy and macro-F1, or AUC and average precision: plain, then ours."""
    answers: list[tuple[str, Any, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        labels = labels_of(task, rows, Path(name))
        for train, held in splits(task, rows, folds, seed):
            learnt, judged = [rows[i] for i in train], [rows[i] for i in held]
            told = ours(task, learnt, judged, Path(name))
            known = [
                p for p in zip(learnt, labels_of(task, learnt, Path(name)), strict=True) if p[1]
            ]
            rival = plain(task, [r for r, _ in known], [str(y) for _, y in known], judged)
            answers += zip((labels[i] for i in held), rival, told, strict=True)
    y, *both = zip(*(answer for answer in answers if answer[0] is not None), strict=True)
    if task.classes:
        return tuple((accuracy_score(y, p), f1_score(y, p, average="macro")) for p in both)
    yes = [label == "1" for label in y]
    return tuple((roc_auc_score(yes, p), average_precision_score(yes, p)) for p in both)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Ours beside a plain model on the real sets.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", default=[task.source for task in TASKS])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print("set              target      split  metric      plain   ours  reference  seconds")
    for task in (task for task in TASKS if task.source in given.sets):
        path = given.data / task.source / "train.csv.gz"
        if not path.is_file():
            print(f"{task.source}: {path} is not there; say where with --data")
            continue
        begin, wanted = time.monotonic(), load_mapping(task.source).filter.items()
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = [r for r in csv.DictReader(lines) if all(r[c] in v for c, v in wanted)]
        both = compare(task, rows, folds=given.folds, seed=given.seed)
        for k, metric in enumerate(("accuracy", "macro-F1") if task.classes else ("AUC", "AP")):
            known = f"{task.reference[k]:.3f}" if task.reference else "-"
            row = (
                f"{task.source:17}{task.target:12}{'time' if task.by_time else 'folds':7}{metric:9}"
            )
            row += f"{both[0][k]:8.3f}{both[1][k]:7.3f}{known:>11}{time.monotonic() - begin:9.0f}"
            print(row, flush=True)


if __name__ == "__main__":
    main()
