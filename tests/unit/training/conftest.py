"""Small sources written on the spot, and the training sets that come of them."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.mapping import Mapping as SourceMapping
from zaojie_cases.record import SHANGHAI
from zaojie_training.dataset import Dataset, from_file
from zaojie_training.targets import target_of_mapping

START = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
WORDS = ("水沟", "噪音", "工资", "借款", "宅基", "围墙", "物业", "电梯", "彩礼", "车位", "树木")
FIELDS = {
    "source_case_no": "编号",
    "narrative": "内容",
    "registered_at": "时间",
    "place_key": "地点",
}


def row(number: int, label: str, **changes: str) -> dict[str, str]:
    """Return a row of its own day, with four words that say nothing of its label."""
    words = random.Random(number).sample(WORDS, 4)
    plain = {
        "编号": f"N{number}",
        "内容": "，".join(words) + f"，第{number}件",
        "时间": f"{START + timedelta(days=number):%Y-%m-%d %H:%M}",
        "地点": f"A{number % 5}",
        "组": "",
        "结果": label,
    }
    return plain | changes


@dataclass(frozen=True)
class Source:
    """A CSV file with one outcome ``y`` and its mapping."""

    path: Path
    mapping: SourceMapping

    def data(self) -> Dataset:
        return from_file(self.path, self.mapping, [target_of_mapping(self.mapping, "y")])


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Source]:
    """Write rows as a source whose outcome is of some kind, or follows a rule."""

    def write(
        rows: Iterable[Mapping[str, str]],
        kind: str = "binary",
        *,
        fields: Mapping[str, str] | None = None,
        **rule: Any,
    ) -> Source:
        outcome = {"code": "Y", "kind": kind} | (rule or {"column": "结果"})
        mapping = SourceMapping.model_validate(
            {
                "name": "tiny",
                "version": 1,
                "source_system": "tiny",
                "fields": FIELDS | dict(fields or {}),
                "group": "组",
                "outcomes": {"y": outcome},
            }
        )
        path = tmp_path / "tiny.csv"
        found = list(rows)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(found[0]))
            writer.writeheader()
            writer.writerows(found)
        return Source(path, mapping)

    return write


@pytest.fixture
def make_row() -> Callable[..., dict[str, str]]:
    return row


@pytest.fixture
def start() -> datetime:
    """The moment of row 0; row n comes n days later."""
    return START
