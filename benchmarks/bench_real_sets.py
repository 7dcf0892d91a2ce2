"""Figures on the real sets, beside a plain tf-idf and linear model on the same rows.

Run: python benchmarks/bench_real_sets.py [--sets NAME ...] [--folds 5] [--seed 0] [--data DIR]

What is judged was never learnt from: the product fits a bundle on one file and scores another
that lacks the outcome, as ``zaojie fit`` and ``zaojie score`` do; equal texts, and sentences of
one document, stay in one fold. The seconds of both are for learning and answering, all folds.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jieba
import numpy as np
from real_sets import CLASSES, TASKS, Row, Task, labels_of, read, splits, write
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

from zaojie_cases.mapping import load_mapping
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_models.score import TargetScore
from zaojie_models.scoring import score_file
from zaojie_training.fit import fit_file

METRICS = {
    "accuracy": accuracy_score,
    "macro-F1": partial(f1_score, average="macro"),
    "AUC": roc_auc_score,
    "AP": average_precision_score,
}


@dataclass
class Compared:
    """Figures of merit by name, and the seconds of learning and answering: [plain, ours]."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])


def ours(task: Task, train: Sequence[Row], held: Sequence[Row], folder: Path) -> list[Any]:
    """Return what a bundle fitted on ``train`` says of ``held``; a refused row counts as no."""
    mapping, bundle, policy = load_mapping(task.source), folder / "bundle", load_policy()
    form = ".jsonl" if ".jsonl" in task.file else ".csv"
    learnt = write(folder / f"train{form}", train)
    fit_file(learnt, mapping, task.target, bundle, seed=0, policy=policy, progress=lambda _: None)
    judged = write(folder / f"held{form}", held, task.hidden)
    scored = score_file(Bundle.load(bundle), judged, mapping)
    return [
        _told(task, a.score.targets[0] if a.score and a.score.targets else None) for a in scored
    ]


def _told(task: Task, answer: TargetScore | None) -> str | float | tuple[str, ...] | None:
    if task.target == "elements":
        return answer.labels if answer else ()
    if task.target in CLASSES:
        return answer.label if answer else ""
    return answer.probability if answer else 0.0


def plain(task: Task, train: Sequence[Row], y: Sequence[Any], held: Sequence[Row]) -> list[Any]:
    """Return what tf-idf of words and a linear model, learnt where ``y`` is known, say."""
    cut = str.split if task.text == ("text_segmented",) else jieba.Tokenizer().lcut
    known = [i for i, label in enumerate(y) if label is not None]
    texts = ["。".join(row[c] for c in task.text) for row in (*(train[i] for i in known), *held)]
    terms = TfidfVectorizer(analyzer=cut).fit(texts[: len(known)])
    rows, answers = terms.transform(texts), [y[i] for i in known]
    if task.target == "elements":
        return _plain_labels(rows, answers, [row["domain"] for row in (*train, *held)])
    classes = task.target in CLASSES
    model = LinearSVC() if classes else LogisticRegression(max_iter=1000)
    model.fit(rows[: len(known)], answers)
    return list((model.predict if classes else model.decision_function)(rows[len(known) :]))


def _plain_labels(
    rows: csr_matrix, y: Sequence[tuple[str, ...]], domains: Sequence[str]
) -> list[Any]:
    """Return the labels of the rows after those of ``y``: a model a domain."""
    found: list[Any] = [()] * (len(domains) - len(y))
    for domain in sorted(set(domains)):
        own = [i for i, other in enumerate(domains) if other == domain]
        known, asked = [i for i in own if i < len(y)], [i for i in own if i >= len(y)]
        names = MultiLabelBinarizer()
        model = OneVsRestClassifier(LinearSVC()).fit(
            rows[known], names.fit_transform([y[i] for i in known])
        )
        for i, told in zip(asked, names.inverse_transform(model.predict(rows[asked])), strict=True):
            found[i - len(y)] = told
    return found


def elements_score(
    truth: Sequence[tuple[str, ...]], told: Sequence[tuple[str, ...]], domains: Sequence[str]
) -> float:
    """Return the mean over domains of (micro-F1 + macro-F1) / 2, as the challenge counts."""
    figures = []
    for domain in sorted(set(domains)):
        pairs = [(t, p) for t, p, d in zip(truth, told, domains, strict=True) if d == domain]
        names = MultiLabelBinarizer().fit([t for t, _ in pairs])
        y = names.transform([t for t, _ in pairs])
        p = names.transform(
            [[label for label in own if label in names.classes_] for _, own in pairs]
        )
        figures += [f1_score(y, p, average=a, zero_division=0) for a in ("micro", "macro")]
    return float(np.mean(figures))


def compare(task: Task, rows: Sequence[Row], folds: int, seed: int) -> Compared:
    """Return the figures on the judged rows."""
    answers: list[tuple[Any, ...]] = []
    found = Compared()
    with tempfile.TemporaryDirectory() as name:
        labels = labels_of(task, rows, Path(name))
        for train, held in splits(task, rows, folds, seed):
            learnt, judged = [rows[i] for i in train], [rows[i] for i in held]
            known = labels_of(task, learnt, Path(name))
            begin = time.monotonic()
            rival = plain(task, learnt, known, judged)
            middle = time.monotonic()
            told = ours(task, learnt, judged, Path(name))
            found.seconds[0] += middle - begin
            found.seconds[1] += time.monotonic() - middle
            answers += zip((labels[i] for i in held), rival, told, judged, strict=True)
    answers = [answer for answer in answers if answer[0] is not None]
    y, rivals, own, judged = ([answer[k] for answer in answers] for k in range(4))
    if task.target == "elements":
        domains = [row["domain"] for row in judged]
        found.figures["F1"] = [elements_score(y, p, domains) for p in (rivals, own)]
        return found
    names, truth = ("accuracy", "macro-F1"), y
    if task.target not in CLASSES:
        names, truth = ("AUC", "AP"), [int(label) for label in y]
    found.figures = {n: [float(METRICS[n](truth, p)) for p in (rivals, own)] for n in names}
    return found


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Ours beside a plain model on the real sets.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", default=[task.source for task in TASKS])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    jieba.setLogLevel("WARNING")
    head = f"{'set':23}{'target':12}{'split':7}{'metric':9}{'plain':>8}{'ours':>7}{'reference':>11}"
    print(f"{head}{'plain s':>9}{'ours s':>8}")
    for task in (task for task in TASKS if task.source in given.sets):
        path = given.data / task.source / task.file
        if not path.is_file():
            print(f"{task.source}: {path} is not there; say where with --data")
            continue
        found = compare(task, read(path, task), given.folds, given.seed)
        split, (rival_s, own_s) = "time" if task.by_time else "folds", found.seconds
        for (metric, (rival, own)), known in zip(
            found.figures.items(), task.reference, strict=True
        ):
            row = f"{task.source:23}{task.target:12}{split:7}{metric:9}{rival:8.3f}{own:7.3f}"
            print(f"{row}{known or '-':>11}{rival_s:9.1f}{own_s:8.1f}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
