from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.importing import Row, read_records
from zaojie_cases.mapping import Mapping
from zaojie_cases.record import SHANGHAI
from zaojie_cases.simulate import Preset, load_preset, oracle_path, truth_path, write_county

NOW = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)
BASE = {
    "name": "x",
    "version": 1,
    "source_system": "x",
    "fields": {
        "source_case_no": "编号",
        "narrative": {"columns": ["标题", "内容"]},
        "registered_at": "登记时间",
        "region_code": "区划",
        "grid_code": "网格",
        "category_code": {
            "column": "类型",
            "translate": {"邻里": "0299", "物业": "0402"},
            "on_unknown": "reject",
        },
        "involved_count": "人数",
        "amount_yuan": "金额",
        "due_on": "期限",
        "place_key": "地点",
    },
}
ROW = {
    "编号": "A-1",
    "标题": "楼上漏水",
    "内容": "找过物业三次没人管",
    "登记时间": "2026年3月2日上午9时5分",
    "区划": "360102001002",
    "网格": "360102001002001",
    "类型": "物业",
    "人数": "约３人",
    "金额": "1.2万元",
    "期限": "2027/1/1",
    "地点": "A3",
}


@dataclass(frozen=True)
class Sheet:
    """A small source: one good ``row``, its mapping, and ways to read changed rows of it."""

    directory: Path

    @property
    def row(self) -> dict[str, Any]:
        return dict(ROW)

    def mapping(self, **more: Any) -> Mapping:
        return Mapping.model_validate(BASE | more)

    def field_mapping(self, **fields: Any) -> Mapping:
        return self.mapping(fields=BASE["fields"] | fields)

    def write(self, *rows: dict[str, Any]) -> Path:
        path = self.directory / "a.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def read(self, *rows: dict[str, Any], using: Mapping | None = None) -> list[Row]:
        return list(read_records(self.write(*rows), using or self.mapping(), now=NOW))

    def read_one(self, using: Mapping | None = None, **changes: Any) -> Row:
        return self.read(ROW | changes, using=using)[0]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    return Sheet(tmp_path)


@dataclass(frozen=True, repr=False)
class County:
    """A plain simulated county whose outcomes are all reported at once and truly."""

    preset: Preset
    path: Path
    rows: list[dict[str, Any]]
    oracle: list[dict[str, Any]]
    truth: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> County:
    path = tmp_path_factory.mktemp("county") / "county.jsonl.gz"
    preset = load_preset("default").model_copy(update={"noise": 0.0, "report_days": 0.0})
    write_county(path, cases=10_000, seed=20260101, preset=preset, truth=True)
    truth = {line["case_no"]: line for line in _lines(truth_path(path))}
    return County(preset, path, list(_lines(path)), list(_lines(oracle_path(path))), truth)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        yield from map(json.loads, text)
