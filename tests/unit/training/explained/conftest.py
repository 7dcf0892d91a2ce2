"""A model small enough to reason about, whose words and facts do move its score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from zaojie_cases.history import History
from zaojie_cases.record import SHANGHAI, Case, CaseEvent
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_features.corpus import Corpus
from zaojie_features.text import TextSpace
from zaojie_models.bundle import Bundle
from zaojie_models.calibration import Sigmoid
from zaojie_models.linear import LinearHead
from zaojie_models.manifest import Manifest
from zaojie_models.target_model import HEAD_COLUMNS, BinaryModel, Inputs

AT = datetime(2026, 3, 5, 9, 30, tzinfo=SHANGHAI)
COLUMNS = (*HEAD_COLUMNS, "hour", "category", "days_open", "days_since_event", "text_length")
NARRATIVES = (
    "当事人甲（男，汉族，信佛）与来自河南省的当事人乙因排水沟争执，对方动手打伤人，扬言要弄死对方。",
    "女方的父亲说，丈夫多次酒后打人，她和儿子已经搬出。",
    "工资至今未付，外地人当事人丙多次反映没有答复。",
    "两家因排水沟争执，村干部到场劝解，双方没有动手。",
    "楼上漏水，物业一直没有答复，邻居说要拼命。",
)


def case_of(narrative: str, number: int = 0, **changes: Any) -> Snapshot:
    plain = {
        "case_id": f"c{number}",
        "source_system": "x",
        "source_case_no": str(number),
        "registered_at": AT,
        "category_code": "0201",
        "narrative_masked": narrative,
    }
    case = Case.model_validate(plain | changes)
    seen = CaseEvent(event_id="e", case_id=case.case_id, at=AT, recorded_at=AT, kind="contacted")
    return snapshot_at(case, (seen,), History(), AT + timedelta(days=2))


def space_of(narratives: tuple[str, ...]) -> TextSpace:
    corpus = Corpus()
    for narrative in narratives * 2:
        corpus.add(narrative, "plain")
    return corpus.learn(range(len(corpus)))


def model_of(space: TextSpace, columns: tuple[str, ...] = COLUMNS) -> BinaryModel:
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(len(HEAD_COLUMNS), space.size))
    rows = rng.normal(scale=2.0, size=(600, len(columns)))
    rows[:, -1] = rng.uniform(0, 60, size=600)
    y = (rows[:, 0] + rows[:, 1] + rows[:, -1] / 30 + rng.normal(size=600) > 1).astype(float)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 6}
    booster = lgb.train(settings, lgb.Dataset(rows, y), num_boost_round=20)
    return BinaryModel(
        head=LinearHead(weights, np.zeros(len(HEAD_COLUMNS))),
        columns=columns,
        trees=booster.model_to_string(),
        calibration=Sigmoid(1.5, -0.5),
        rates=None,
        thresholds={},
        bounds=space.bounds,
    )


@dataclass(frozen=True)
class Small:
    """A bundle of one target, and what its model sees of snapshots."""

    bundle: Bundle
    narratives: tuple[str, ...]
    case: Callable[..., Snapshot]

    @property
    def model(self) -> BinaryModel:
        model = self.bundle.models["harm"]
        assert isinstance(model, BinaryModel)
        return model

    def inputs(self, snapshots: list[Snapshot]) -> list[Inputs]:
        return [self.bundle.inputs_of(snapshot) for snapshot in snapshots]

    def rows(self, snapshots: list[Snapshot]) -> np.ndarray:
        return np.array([self.model.row(one) for one in self.inputs(snapshots)])

    def all_cases(self) -> list[Snapshot]:
        return [self.case(text, number) for number, text in enumerate(self.narratives)]


@pytest.fixture(scope="session")
def small() -> Small:
    space = space_of(NARRATIVES)
    manifest = Manifest.model_construct(version="", policy_version="p", valid_for_hours=168)
    return Small(Bundle(manifest, space, {"harm": model_of(space)}), NARRATIVES, case_of)
