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
    assert set(found) == {"AUC", "AP"}
    assert all(0 < figure < 1 for pair in found.values() for figure in pair)

    train, held = ([rows[i] for i in part] for part in parts[0])
    told = bench.ours(task, train, held, tmp_path)
    assert len(told) == len(held)
    assert all(0 < probability < 1 for probability in told)
    with (tmp_path / "held.csv").open(encoding="utf-8", newline="") as stream:
        scored = csv.DictReader(stream)
        assert not set(task.hidden) & set(scored.fieldnames or ())
        assert [row["message_id"] for row in scored] == [row["message_id"] for row in held]


def test_without_the_sets_it_says_what_to_do(
    bench: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--data", str(tmp_path), "--sets", "tipdm_hot"])
    bench.main()
    assert "--data" in capsys.readouterr().out
