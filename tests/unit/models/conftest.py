"""Models small enough to reason about, over a text space of a few words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from zaojie_cases.history import History
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_features.corpus import Corpus
from zaojie_features.fingerprint import fingerprint
from zaojie_features.text import TextSpace
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import write_manifest, write_model, write_space
from zaojie_models.calibration import Sigmoid
from zaojie_models.golden import write_golden
from zaojie_models.linear import LinearHead
from zaojie_models.manifest import FORMAT, Manifest
from zaojie_models.score import Level
from zaojie_models.target_model import (
    HEAD_COLUMNS,
    RATE_COLUMNS,
    AnyOfModel,
    BinaryModel,
    OneOfModel,
    PlaceRates,
    TargetModel,
)

AT = datetime(2026, 3, 5, 9, 30, tzinfo=SHANGHAI)
NARRATIVES = (
    "两家因排水沟争执，对方动手打伤人，扬言要弄死对方。",
    "两家因排水沟争执，村干部到场劝解，双方没有动手。",
    "工资至今未付，多次反映没有答复。",
    "工资已经付清，双方没有争执。",
)
COLUMNS = (*HEAD_COLUMNS, "hour", "category", "cue_injured", "days_open", *RATE_COLUMNS)


def make_case(narrative: str = NARRATIVES[0], **changes: Any) -> Case:
    plain = {"case_id": "c", "source_system": "x", "source_case_no": "1", "registered_at": AT}
    return Case.model_validate(plain | {"narrative_masked": narrative} | changes)


def make_snapshot(narrative: str = NARRATIVES[0], **changes: Any) -> Snapshot:
    return snapshot_at(make_case(narrative, **changes), (), History(), AT)


def make_space() -> TextSpace:
    corpus = Corpus()
    for narrative in NARRATIVES * 2:
        corpus.add(narrative, "plain")
    return corpus.learn(range(len(corpus)))


def make_head(space: TextSpace, functions: int, seed: int = 1) -> LinearHead:
    draw = np.random.default_rng(seed)
    weights = draw.normal(size=(functions, space.size)).astype(np.float32).astype(np.float64)
    return LinearHead(weights, np.arange(functions, dtype=np.float64) / 4)


def make_trees(columns: tuple[str, ...] = COLUMNS, rounds: int = 12) -> str:
    draw = np.random.default_rng(2)
    rows = draw.normal(size=(300, len(columns)))
    y = (rows[:, 0] + rows[:, -1] + draw.normal(size=300) > 0).astype(float)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 4}
    booster = lgb.train(settings, lgb.Dataset(rows, y), num_boost_round=rounds)
    return str(booster.model_to_string())


def make_binary(space: TextSpace, **changes: Any) -> BinaryModel:
    parts = {
        "head": make_head(space, len(HEAD_COLUMNS)),
        "columns": COLUMNS,
        "trees": make_trees(),
        "calibration": Sigmoid(1.25, -0.5),
        "rates": PlaceRates(0.25, {"360122105203": 0.5, "360122105": 0.125}),
        "thresholds": {Level.ORANGE: 0.9, Level.YELLOW: 0.5, Level.BLUE: 0.1},
        "bounds": space.bounds,
    }
    return BinaryModel(**parts | changes)


def make_models(space: TextSpace) -> dict[str, TargetModel]:
    one_of = OneOfModel(head=make_head(space, 3, 5), classes=("甲", "乙", "丙"), scale=2.5)
    any_of = AnyOfModel(
        head=make_head(space, 2, 6),
        classes=("工资", "邻里"),
        calibrations=(Sigmoid(1.0, 0.0), Sigmoid(2.0, 0.5)),
        thresholds=(0.5, 0.25),
        categories=(frozenset({701.0}), frozenset({201.0})),
    )
    return {"harm": make_binary(space), "topic": one_of, "elements": any_of}


def write_tiny(directory: Path, models: dict[str, TargetModel] | None = None) -> Manifest:
    """Write a bundle without training; ``directory`` must be there and empty."""
    space = make_space()
    models = models or make_models(space)
    write_space(directory, space)
    for name, model in models.items():
        write_model(directory, name, model)
    facts = {
        "format": FORMAT,
        "fingerprint": fingerprint(),
        "targets": list(models),
        "kinds": {name: model.kind for name, model in models.items()},
        "data_cut": "0" * 64,
        "trained_until": "",
        "seed": 0,
        "policy_version": "p",
        "valid_for_hours": 168,
        "libraries": {},
    }
    draft = Manifest.model_validate(facts | {"version": "", "files": {}})
    write_golden(directory, Bundle(draft, space, models))
    return write_manifest(directory, facts)


@dataclass(frozen=True)
class Tiny:
    """What the tests of this room make models and cases with."""

    case: Callable[..., Case] = make_case
    snapshot: Callable[..., Snapshot] = make_snapshot
    space: Callable[[], TextSpace] = make_space
    head: Callable[..., LinearHead] = make_head
    trees: Callable[..., str] = make_trees
    binary: Callable[..., BinaryModel] = make_binary
    models: Callable[[TextSpace], dict[str, TargetModel]] = make_models
    write: Callable[..., Manifest] = write_tiny
    narratives: tuple[str, ...] = NARRATIVES
    columns: tuple[str, ...] = COLUMNS


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    assert len(HEAD_COLUMNS) == len(make_space().bounds) - 1
    return Tiny()


@pytest.fixture
def bundle_dir(tmp_path: Path, tiny: Tiny) -> Path:
    """A bundle of three targets, one of each kind."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    tiny.write(directory)
    return directory
