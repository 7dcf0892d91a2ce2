from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.importing import Row, read_records
from zaojie_cases.mapping import Mapping
from zaojie_cases.record import SHANGHAI

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
