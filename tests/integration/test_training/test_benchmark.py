"""The benchmark on the real sets, in short: it learns, judges and keeps the outcome apart."""

from __future__ import annotations

import csv
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
REPLIES = ROOT.parent / "shared" / "data" / "tipdm_replies" / "train.csv.gz"
ELEMENTS = REPLIES.parents[1] / "cail2019_elements" / "train.jsonl.gz"
ROWS = 200


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("bench_real_sets")


@pytest.mark.skipif(not REPLIES.is_file(), reason="the real sets (../shared/data) are not here")
def test_on_two_hundred_replies(bench: ModuleType, tmp_path: Path) -> None:
    task = next(task for task in bench.TASKS if task.target == "overdue")
    rows = bench.read(REPLIES, task)[:ROWS]
    parts = bench.splits(task, rows, 2, 0)
    for train, held in parts:
        assert not {rows[i]["detail"] for i in train} & {rows[i]["detail"] for i in held}
    assert sorted(i for _, held in parts for i in held) == list(range(ROWS))

    found = bench.compare(task, rows, 2, 0)
    assert set(found.figures) == {"AUC", "AP"}
    assert all(0 < figure < 1 for pair in found.figures.values() for figure in pair)
    assert min(found.seconds) > 0

    train, held = ([rows[i] for i in part] for part in parts[0])
    told = bench.ours(task, train, held, tmp_path)
    assert len(told) == len(held)
    assert all(0 < probability < 1 for probability in told)
    with (tmp_path / "held.csv").open(encoding="utf-8", newline="") as stream:
        scored = csv.DictReader(stream)
        assert not set(task.hidden) & set(scored.fieldnames or ())
        assert [row["message_id"] for row in scored] == [row["message_id"] for row in held]


@pytest.mark.skipif(not ELEMENTS.is_file(), reason="the real sets (../shared/data) are not here")
def test_on_the_sentences_of_some_documents(bench: ModuleType) -> None:
    task = next(task for task in bench.TASKS if task.target == "elements")
    rows = bench.read(ELEMENTS, task)
    rows = [row for row in rows if row["doc_id"].endswith(("1", "5"))][::3]
    for train, held in bench.splits(task, rows, 2, 0):
        assert not {rows[i]["doc_id"] for i in train} & {rows[i]["doc_id"] for i in held}
    [pair] = bench.compare(task, rows, 2, 0).figures.values()
    assert all(0.1 < figure < 1 for figure in pair)


def test_elements_are_judged_domain_by_domain(bench: ModuleType) -> None:
    truth = [("A", "B"), ("A",), (), ("X",)]
    told = [("A",), ("A",), ("A",), ("X",)]
    micro, macro = 2 * 2 / (2 * 2 + 1 + 1), (2 * 2 / (2 * 2 + 1) + 0) / 2
    expected = ((micro + macro) / 2 + 1.0) / 2
    figure = bench.elements_score(truth, told, ["one", "one", "one", "two"])
    assert figure == pytest.approx(expected)


def test_without_the_sets_it_says_what_to_do(
    bench: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--data", str(tmp_path), "--sets", "tipdm_hot"])
    bench.main()
    assert "--data" in capsys.readouterr().out
