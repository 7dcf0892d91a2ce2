"""Figures on the real sets, beside a plain tf-idf and linear model on the same rows.

Run: python benchmarks/bench_real_sets.py [--sets NAME ...] [--folds 5] [--seed 0] [--data DIR]

What is judged was never learnt from: the product fits a bundle on one file and scores another
that lacks the outcome, as ``zaojie fit`` and ``zaojie score`` do; equal texts stay in one fold.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jieba
from real_sets import CLASSES, TASKS, Row, Task, labels_of, read, splits, write
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score
from sklearn.svm import LinearSVC

from zaojie_cases.mapping import load_mapping
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_models.scoring import score_file
from zaojie_training.fit import fit_file

METRICS = {
    "accuracy": accuracy_score,
    "macro-F1": partial(f1_score, average="macro"),
    "AUC": roc_auc_score,
    "AP": average_precision_score,
}


def ours(task: Task, train: Sequence[Row], held: Sequence[Row], folder: Path) -> list[Any]:
    """Return what a bundle fitted on ``train`` says of ``held``; a refused row counts as no."""
    mapping, bundle, policy = load_mapping(task.source), folder / "bundle", load_policy()
    learnt = write(folder / "train.csv", train)
    fit_file(learnt, mapping, task.target, bundle, seed=0, policy=policy, progress=lambda _: None)
    scored = score_file(Bundle.load(bundle), write(folder / "held.csv", held, task.hidden), mapping)
    told = [a.score.targets[0] if a.score and a.score.targets else None for a in scored]
    no = "" if task.target in CLASSES else 0.0
    return [no if one is None else one.label or one.probability for one in told]


def plain(task: Task, train: Sequence[Row], y: Sequence[Any], held: Sequence[Row]) -> list[Any]:
    """Return what tf-idf of words and a linear model, learnt where ``y`` is known, say."""
    cut = str.split if task.text == ("text_segmented",) else jieba.Tokenizer().lcut
    known = [i for i, label in enumerate(y) if label is not None]
    texts = ["。".join(row[c] for c in task.text) for row in (*(train[i] for i in known), *held)]
    terms = TfidfVectorizer(analyzer=cut).fit(texts[: len(known)])
    rows, classes = terms.transform(texts), task.target in CLASSES
    model = LinearSVC() if classes else LogisticRegression(max_iter=1000)
    model.fit(rows[: len(known)], [y[i] for i in known])
    return list((model.predict if classes else model.decision_function)(rows[len(known) :]))


def compare(task: Task, rows: Sequence[Row], folds: int, seed: int) -> dict[str, list[float]]:
    """Return two figures of merit on the judged rows: [plain, ours]."""
    answers: list[tuple[Any, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        labels = labels_of(task, rows, Path(name))
        for train, held in splits(task, rows, folds, seed):
            learnt, judged = [rows[i] for i in train], [rows[i] for i in held]
            rival = plain(task, learnt, labels_of(task, learnt, Path(name)), judged)
            told = ours(task, learnt, judged, Path(name))
            answers += zip((labels[i] for i in held), rival, told, strict=True)
    known = [answer for answer in answers if answer[0] is not None]
    y, rivals, own = ([answer[k] for answer in known] for k in range(3))
    names, truth = ("accuracy", "macro-F1"), y
    if task.target not in CLASSES:
        names, truth = ("AUC", "AP"), [int(label) for label in y]
    return {name: [float(METRICS[name](truth, p)) for p in (rivals, own)] for name in names}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Ours beside a plain model on the real sets.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", default=[task.source for task in TASKS])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    jieba.setLogLevel("WARNING")
    print("set              target      split  metric      plain   ours  reference  seconds")
    for task in (task for task in TASKS if task.source in given.sets):
        path, begin = given.data / task.source / "train.csv.gz", time.monotonic()
        if not path.is_file():
            print(f"{task.source}: {path} is not there; say where with --data")
            continue
        found = compare(task, read(path, task), given.folds, given.seed)
        seconds, split = time.monotonic() - begin, "time" if task.by_time else "folds"
        for (metric, (rival, own)), known in zip(
            found.items(), task.reference or ("-", "-"), strict=True
        ):
            row = f"{task.source:17}{task.target:12}{split:7}{metric:9}{rival:8.3f}{own:7.3f}"
            print(f"{row}{known:>11}{seconds:9.0f}", flush=True)


if __name__ == "__main__":
    main()
