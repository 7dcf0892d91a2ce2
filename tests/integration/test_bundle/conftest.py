"""A bundle trained on a small simulated county, once for all tests of this folder."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from zaojie_cases.mapping import Mapping, load_mapping
from zaojie_cases.simulate import write_county
from zaojie_cases.snapshot import Snapshot
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_models.target_model import TargetModel
from zaojie_training.assemble import LearntBundle, Recipe, learn_bundle, write_bundle
from zaojie_training.dataset import Dataset, from_file
from zaojie_training.examples import Examples
from zaojie_training.fit import fit_file
from zaojie_training.targets import load_targets

CASES, SEED = 400, 3
TARGETS = ("breakdown", "overdue")
SHEET = {
    "name": "sheet",
    "version": 1,
    "source_system": "sheet",
    "filter": {"域": "民事"},
    "fields": {
        "source_case_no": "编号",
        "narrative": "内容",
        "registered_at": "时间",
        "category_code": "类别",
        "scoring_opt_out": "不评分",
    },
    "outcomes": {
        "failed": {"code": "M1", "kind": "binary", "column": "失败"},
        "topic": {"code": "topic", "kind": "one_of", "column": "主题"},
        "elements": {"code": "elements", "kind": "any_of", "column": "要素"},
    },
}
"""A mapping of a source of our own, with one target of each kind."""
Line = dict[str, Any]


def contents_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def train(county: Path, directory: Path) -> tuple[Dataset, Examples, LearntBundle]:
    """Make the bundle of ``county`` in ``directory``."""
    targets = [target for target in load_targets() if target.name in TARGETS]
    data = from_file(county, load_mapping("county"), targets)
    examples = Examples.of(data)
    learnt = learn_bundle(data, examples, targets, Recipe(load_policy()), progress=lambda _: None)
    write_bundle(directory, data, learnt, ledger=True, card="# 卡片\n")
    return data, examples, learnt


@dataclass(frozen=True, repr=False)
class County:
    """The file, what was learnt from it, and the bundle as written and as read."""

    file: Path
    directory: Path
    data: Dataset
    examples: Examples
    learnt: LearntBundle
    bundle: Bundle

    def snapshots(self, every: int = 1) -> list[Snapshot]:
        """Every so many cases, each as of its registration."""
        return [self.data.snapshot(i) for i in range(0, len(self.data), every)]


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    folder = tmp_path_factory.mktemp("bundle")
    file, directory = folder / "county.jsonl.gz", folder / "bundle"
    write_county(file, cases=CASES, seed=SEED)
    parts = train(file, directory)
    return County(file, directory, *parts, bundle=Bundle.load(directory))


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    return contents_of


@dataclass(frozen=True, repr=False)
class Sheet:
    """A spreadsheet with one target of each kind, and the mapping that reads it."""

    folder: Path
    mapping: Mapping
    rows: list[Line]

    def write(self, name: str, rows: list[Line]) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def fit(self, target: str) -> Fit:
        directory = self.folder / target
        fitted = fit_file(
            self.write("train.csv", self.rows),
            self.mapping,
            target,
            directory,
            seed=0,
            policy=load_policy(),
            progress=lambda _: None,
        )
        return Fit(directory, Bundle.load(directory), fitted.learnt.model)


@dataclass(frozen=True, repr=False)
class Fit:
    """A bundle of one target as written and as read, and the model as it was learnt."""

    directory: Path
    bundle: Bundle
    model: TargetModel


def _line(number: int, found: Line) -> Line:
    group = found["category_code"][:2]
    return {
        "编号": f"S{number}",
        "域": "民事",
        "内容": found["narrative"],
        "时间": found["registered_at"],
        "类别": found["category_code"],
        "不评分": "",
        "失败": "1" if any(o["code"] in {"M1", "R2"} for o in found["outcomes"]) else "0",
        "主题": f"类{group}",
        "要素": "|".join(
            name
            for name, word in (("钱", "元"), ("村", "村"), ("打", "打"))
            if word in found["narrative"]
        ),
    }


def _lines(path: Path) -> Iterator[Line]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        yield from map(json.loads, text)


@pytest.fixture(scope="session")
def sheet(county: County, tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    folder = tmp_path_factory.mktemp("sheet")
    (folder / "sheet.yaml").write_text(yaml.safe_dump(SHEET, allow_unicode=True), encoding="utf-8")
    common = {"01", "02", "05"}
    lines = [line for line in _lines(county.file) if line["category_code"][:2] in common]
    rows = [_line(number, line) for number, line in enumerate(lines[:160])]
    return Sheet(folder, load_mapping(str(folder / "sheet.yaml")), rows)


@pytest.fixture(scope="session")
def fits(sheet: Sheet) -> dict[str, Fit]:
    """By target: yes/no, one of several, any of several."""
    return {target: sheet.fit(target) for target in ("failed", "topic", "elements")}
