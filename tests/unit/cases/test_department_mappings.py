"""Each department's mapping reads its sample exactly, and nothing where it must not be."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from zaojie_cases import codes
from zaojie_cases.importing import Row, read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.mapping.columns import is_id_no
from zaojie_cases.mapping.guess import head_of
from zaojie_cases.record import SHANGHAI

SAMPLES = Path(str(files("zaojie_cases"))) / "mappings" / "samples"
NOW = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)
UNKNOWN = "代码不在映射的对照表中"
BAD_DATE = "不是能识别的日期时间，如 2026-03-02 09:05 或 2026年3月2日"


@dataclass(frozen=True)
class Expected:
    """What must come of a sample."""

    rows: int
    cases: int
    rejects: list[tuple[int, str, str]]
    outcomes: dict[str, tuple[int, int]]
    """Outcome code -> how many say no, how many say yes."""
    events: dict[str, int]
    parties: int
    version: str
    skipped: int = 0
    categories: dict[str | None, int] = field(default_factory=dict)
    """A part of the codes, with the number of cases."""


EXPECTED = {
    "gb31000_table30": Expected(
        rows=26,
        cases=24,
        rejects=[
            (1, "所属区划代码", "文件中没有这一列，相应内容留空"),
            (18, "involved_count", "不是数目，如 3 或 3人"),
            (19, "due_on", BAD_DATE),
            (
                25,
                "category_code",
                "不是事件类别（GB/T 31000 表5.56）代码表中的代码，请核对代码表",
            ),
            (26, "source_case_no", "编号与前面的一行重复，只导入第一次出现的"),
            (27, "narrative", "内容是空的"),
        ],
        outcomes={"M1": (19, 2), "L1": (19, 1)},
        events={"closed": 20},
        parties=24,
        version="gb31000/1",
        categories={"0201": 1, "02": 1, "1301": 1, "1502": 1, "99": 1, None: 1},
    ),
    "people_mediation_register": Expected(
        rows=25,
        cases=24,
        rejects=[
            (
                19,
                "region_code",
                "区划代码应为 6、9 或 12 位数字，请填写统计用区划代码（12 位）",
            ),
            (22, "registered_at", "日期在未来，请核对"),
            (25, "category_code", UNKNOWN),
        ],
        outcomes={"M1": (20, 2), "R2": (18, 2), "R1": (20, 1), "L1": (22, 1)},
        events={
            "registered": 24,
            "session": 24,
            "agreement_oral": 12,
            "agreement_written": 9,
            "judicial_confirmation": 1,
            "performed": 18,
            "breached": 2,
            "revisit": 21,
            "reopened": 1,
            "closed": 23,
        },
        parties=48,
        version="people_mediation/1",
        # Of a house or homestead the type alone does not say which: no code rather than a guess.
        categories={"0201": 1, "02": 1, "0902": 1, "0804": 1, "0703": 1, None: 2},
    ),
    "hotline_12345": Expected(
        rows=22,
        cases=18,
        skipped=2,
        rejects=[
            (20, "category_code", UNKNOWN),
            (22, "registered_at", BAD_DATE),
            (23, "narrative", "内容是空的"),
        ],
        outcomes={"L1": (15, 1), "R1": (15, 1)},
        events={
            "registered": 18,
            "assigned": 18,
            "signed_for": 18,
            "contacted": 18,
            "revisit": 16,
            "reopened": 1,
            "closed": 16,
        },
        parties=18,
        version="hotline_12345/1",
        categories={"0203": 2, "0703": 1, "1301": 1, "1201": 1, None: 1},
    ),
    "police_nonpolice_dispute": Expected(
        rows=22,
        cases=20,
        skipped=1,
        rejects=[
            (17, "registered_at", BAD_DATE),
            (20, "involved_count", "小于允许的最小值"),
            (22, "category_code", UNKNOWN),
        ],
        outcomes={
            "E1": (0, 1),
            "E2": (0, 1),
            "E3": (0, 1),
            "E4": (0, 1),
            "M1": (16, 2),
            "R1": (18, 1),
            "L1": (18, 1),
        },
        events={
            "registered": 20,
            "police_dispatch_linked": 20,
            "protective_order": 1,
            "transferred": 20,
            "signed_for": 20,
            "closed": 19,
        },
        parties=40,
        version="police_dispute/1",
        categories={"0101": 2, "0203": 2, "13": 1, None: 1},
    ),
    "court_prefiling_mediation": Expected(
        rows=23,
        cases=22,
        rejects=[
            (7, "amount_yuan", "不是金额（元），如 1200 或 1.2万元"),
            (23, "category_code", UNKNOWN),
            (24, "source_case_no", "编号是空的"),
        ],
        outcomes={"M1": (16, 4), "R2": (15, 2), "L1": (20, 1)},
        events={
            "registered": 22,
            "transferred": 22,
            "session": 22,
            "judicial_confirmation": 2,
            "performed": 15,
            "breached": 2,
            "lawsuit": 4,
            "closed": 21,
        },
        parties=44,
        version="court_cause/1",
        categories={"0804": 4, "0602": 2, "0303": 1, "0201": 2, None: 1},
    ),
    "grid_report": Expected(
        rows=23,
        cases=21,
        skipped=1,
        rejects=[
            (16, "grid_code", "网格应属于一个村（社区），不能直接属于乡镇"),
            (19, "category_code", UNKNOWN),
            (23, "", "这一行不是完整的 JSON"),
        ],
        outcomes={"M1": (17, 2), "R1": (19, 1), "L1": (19, 1)},
        events={
            "registered": 21,
            "assigned": 21,
            "signed_for": 21,
            "contacted": 21,
            "whistle": 1,
            "reported_in": 1,
            "upgraded": 1,
            "revisit": 20,
            "reopened": 1,
            "closed": 20,
        },
        parties=42,
        version="grid_event/1",
        categories={"0703": 1, "1201": 1, "09": 1, None: 1},
    ),
    "civil_affairs": Expected(
        rows=22,
        cases=20,
        skipped=1,
        rejects=[
            (19, "category_code", UNKNOWN),
            (20, "is_minor_involved", "应为 是/否 或 1/0"),
            (22, "registered_at", "登记时间是空的"),
        ],
        outcomes={"M1": (16, 3), "R1": (18, 1), "L1": (18, 1)},
        events={"registered": 20, "contacted": 20, "transferred": 1, "revisit": 19, "closed": 19},
        parties=40,
        version="civil_affairs/1",
        categories={"0101": 5, "0102": 6, "1202": 1, "1201": 1, "1203": 1, None: 1},
    ),
    "medical_dispute": Expected(
        rows=20,
        cases=19,
        rejects=[
            (10, "amount_yuan", "不是金额（元），如 1200 或 1.2万元"),
            (17, "source_case_no", "编号与前面的一行重复，只导入第一次出现的"),
            (21, "category_code", UNKNOWN),
        ],
        outcomes={"M1": (16, 2), "R2": (14, 1), "L1": (17, 1)},
        events={
            "registered": 19,
            "session": 19,
            "note_added": 2,
            "agreement_written": 16,
            "judicial_confirmation": 1,
            "performed": 14,
            "breached": 1,
            "lawsuit": 2,
            "closed": 18,
        },
        parties=57,
        version="medical_dispute/1",
        categories={"0502": 14, "0601": 2, "0505": 2, None: 1},
    ),
}
AFTERWARDS = re.compile(
    "化解(方式|是否成功|情况|日期)|考评|结果|履行|是否超|再次|回访|办结|结案|结束日期|后续|协议|复发|反复|反馈时间|跟进|满意"
)
"""Names of columns that are known only afterwards."""


def sample_of(name: str) -> Path:
    return next(path for path in SAMPLES.iterdir() if path.name.partition(".")[0] == name)


@cache
def rows_of(name: str) -> list[Row]:
    path = sample_of(name)
    return list(read_records(path, load_mapping(name), now=NOW))


def test_every_department_has_a_sample_and_every_sample_a_mapping():
    assert {path.name.partition(".")[0] for path in SAMPLES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_becomes_exactly_this(name):
    expected, rows = EXPECTED[name], rows_of(name)
    cases = [row.case for row in rows if row.case]
    assert 20 <= expected.rows <= 40
    assert (len(rows), len(cases)) == (expected.rows, expected.cases)
    assert sum(row.skipped for row in rows) == expected.skipped
    assert [(f.row, f.field, f.reason) for row in rows for f in row.rejects] == expected.rejects
    assert sum(len(row.parties) for row in rows) == expected.parties
    assert Counter(e.kind.value for row in rows for e in row.events) == expected.events
    found = Counter((o.outcome_code, o.value) for row in rows for o in row.outcomes)
    assert {code: (found[code, "0"], found[code, "1"]) for code, _ in found} == expected.outcomes
    categories = Counter(case.category_code for case in cases)
    assert {code: categories[code] for code in expected.categories} == expected.categories
    assert {case.crosswalk_version for case in cases} <= {expected.version, None}
    assert all(case.crosswalk_version for case in cases if case.category_code)


@pytest.mark.parametrize("name", EXPECTED)
def test_both_codes_of_a_case_stand_beside_each_other_in_the_crosswalk(name):
    cases = [row.case for row in rows_of(name) if row.case]
    pairs = [(c.category_code, c.judicial_type) for c in cases if c.judicial_type]
    assert pairs
    for category, judicial in pairs:
        assert category is None or judicial in codes.judicial_types_for(category)


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_known_afterwards_is_a_field_of_the_case(name):
    mapping = load_mapping(name)
    fields = {c for source in mapping.fields.values() for c in source.all_columns()}
    assert not [column for column in fields if AFTERWARDS.search(column)]
    assert not {"status", "difficulty_tier", "mediator_id"} & mapping.fields.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_result_without_its_time_is_no_outcome(name):
    for row in rows_of(name):
        for outcome in row.outcomes:
            assert row.case is not None
            assert outcome.observed_at > row.case.registered_at


@pytest.mark.parametrize("name", EXPECTED)
def test_identity_is_in_the_vault_and_nowhere_else(name):
    mapping = load_mapping(name)
    identity = {column for columns in mapping.parties.values() for column in columns}
    plain = {c for source in mapping.fields.values() for c in source.all_columns()}
    plain.update(
        c for rule in (*mapping.events, *mapping.outcomes.values()) for c in rule.columns()
    )
    assert not identity & plain
    values = {
        str(cells.get(column))
        for cells in head_of(sample_of(name))
        for key in ("name", "id_no", "phone", "address")
        for column in mapping.parties.get(key, ())
        if cells.get(column)
    }
    assert values
    for row in rows_of(name):
        records = (row.case, *row.events, *row.outcomes)
        text = "".join(record.model_dump_json() for record in records if record)
        assert not [value for value in values if value in text]


@pytest.mark.parametrize("name", EXPECTED)
def test_numbers_of_persons_in_the_samples_belong_to_nobody(name):
    text = sample_of(name).read_bytes().decode("gb18030" if name == "gb31000_table30" else "utf-8")
    numbers = re.findall(r"(?<!\d)\d{17}[\dX](?!\d)", text)
    assert all(number.startswith("999999") and is_id_no(number) for number in numbers)
    assert all(phone.startswith("1990000") for phone in re.findall(r"(?<!\d)1\d{10}(?!\d)", text))
