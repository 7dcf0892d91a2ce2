"""Single rows of the departments' samples, field by field."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from zaojie_cases import codes
from zaojie_cases.importing import Row, read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import LAWFUL_ACTS, SHANGHAI, EventKind

SAMPLES = Path(str(files("zaojie_cases"))) / "mappings" / "samples"
NOW = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)


@cache
def rows_of(name: str) -> dict[str, Row]:
    path = next(path for path in SAMPLES.iterdir() if path.name.partition(".")[0] == name)
    rows = read_records(path, load_mapping(name), now=NOW)
    return {row.source_id: row for row in rows if row.case or row.skipped}


def by_number(name: str, number: str) -> Row:
    return rows_of(name)[number]


def test_table_30_in_detail():
    row = by_number("gb31000_table30", "ZZ20260009")
    case = row.case
    assert (case.scale_code, case.category_code, case.judicial_type) == (
        "02",
        "0703",
        "拖欠农民工工资纠纷",
    )
    assert (case.involved_count, case.due_on) == (12, date(2026, 4, 9))
    assert case.registered_at == datetime(2026, 3, 9, 9, 30, tzinfo=SHANGHAI)
    assert case.grid_code.startswith(case.region_code)
    late = next(o for o in row.outcomes if o.outcome_code == "L1")
    assert (late.value, late.observed_at.date()) == ("1", date(2026, 4, 9))  # when the limit passed
    assert set(row.parties[0].identity) == {
        "name",
        "id_type",
        "id_no",
        "sex",
        "ethnicity",
        "education",
        "category",
        "address",
    }
    assert by_number("gb31000_table30", "ZZ20260007").case.scale_code == "01"  # written as a name


def test_table_30_says_nothing_of_what_is_still_open():
    row = by_number("gb31000_table30", "ZZ20260010")  # 化解是否成功 0, but no day of a result
    assert row.case is not None
    assert (row.events, row.outcomes) == ((), ())
    rated = by_number("gb31000_table30", "ZZ20260015")  # only the day of the rating is given
    assert [(o.value, o.observed_at.date()) for o in rated.outcomes] == [("0", date(2026, 4, 30))]


def test_table_30_as_the_standard_has_it_without_number_or_registration(tmp_path):
    header = (
        "事件名称,发生日期,发生地点,事件规模,事件类别,涉及人数,事件简述,涉及单位,主要当事人证件代码,"
        "主要当事人证件号码,主要当事人姓名,主要当事人性别,主要当事人民族,主要当事人学历,主要当事人人员类别,"
        "主要当事人居住详址,化解时限,化解方式,化解组织,化解责任人姓名,化解责任人联系方式,化解是否成功,化解情况,"
        "考评日期,考评意见,经度,纬度"
    )
    line = (
        "排水纠纷,20260301,甲村,01,0201,2,排水沟堵塞引发争执,,111,,张三,1,01,,0102,,20260401,"
        "0103,甲镇,乙,,{},,{},,,"
    )
    path = tmp_path / "table30.csv"
    lines = [header, line.format(0, ""), line.format(0, 20260420).replace("甲村", "丙村")]
    path.write_text("\n".join(lines), encoding="gb18030")
    rows = list(read_records(path, load_mapping("gb31000_table30"), now=NOW))
    assert len({row.case.source_case_no for row in rows}) == 2
    assert rows[0].case.registered_at == datetime(2026, 3, 1, tzinfo=SHANGHAI)
    assert [[(o.outcome_code, o.value) for o in row.outcomes] for row in rows] == [
        [],
        [("M1", "1")],
    ]


def test_people_s_mediation_in_detail():
    row = by_number("people_mediation_register", "人调〔2026〕10号")
    assert (row.case.source_code, row.case.category_code) == ("0301", "0804")
    assert (row.case.judicial_type, row.case.amount_yuan) == ("合同纠纷", 30_000)
    assert row.case.accepted_at.date() == date(2026, 4, 11)
    assert {o.outcome_code: o.value for o in row.outcomes}["R2"] == "1"
    assert EventKind.AGREEMENT_WRITTEN in {e.kind for e in row.events}
    registered = next(e for e in row.events if e.kind is EventKind.REGISTERED)
    assert registered.payload == {"纠纷类型": "合同纠纷", "纠纷小类": "民间借贷"}
    wages = by_number("people_mediation_register", "人调〔2026〕14号")
    assert (wages.case.involved_count, wages.case.amount_yuan) == (15, 120_000)
    assert {o.outcome_code: o.value for o in wages.outcomes} == {"M1": "0", "R1": "0", "L1": "1"}
    again = by_number("people_mediation_register", "人调〔2026〕7号")
    came_back = next(o for o in again.outcomes if o.outcome_code == "R1")
    assert (came_back.value, came_back.observed_at.date()) == ("1", date(2026, 6, 2))


def test_the_hotline_in_detail():
    row = by_number("hotline_12345", "SL202605180018")
    first = by_number("hotline_12345", "SL202605010001")
    assert row.case.prior_case_ids == (first.case.case_id,)
    assert (row.case.prior_reports, row.case.channel_code) == (2, "04")
    assert {o.outcome_code: o.value for o in first.outcomes} == {"L1": "0", "R1": "1"}
    wages = by_number("hotline_12345", "SL202605030003")
    assert "〔电话〕" in wages.case.narrative_masked
    routed = by_number("hotline_12345", "SL202605110011")
    assert not codes.is_scored(routed.case.category_code)


def test_the_police_in_detail():
    row = by_number("police_nonpolice_dispute", "JJ36990120260603003")
    assert (row.case.channel_code, row.case.source_code) == ("08", "0303")
    assert row.case.registered_at == datetime(2026, 6, 3, 10, 15, 20, tzinfo=SHANGHAI)
    found = {o.outcome_code: (o.value, o.observed_at.date()) for o in row.outcomes}
    assert found["E1"] == ("1", date(2026, 6, 16))
    assert found["R1"] == ("1", date(2026, 6, 15))
    assert by_number("police_nonpolice_dispute", "JJ36990120260617017").case.is_minor_involved


def test_the_court_in_detail():
    row = by_number("court_prefiling_mediation", "(2026)赣9901诉前调5号")
    assert (row.case.source_code, row.case.amount_yuan) == ("0301", 125_000)
    assert row.case.region_code == "369901000000"
    lawsuit = [e for e in row.events if e.kind in LAWFUL_ACTS]
    assert [e.kind for e in lawsuit] == [EventKind.LAWSUIT]
    assert {o.outcome_code for o in row.outcomes} == {"M1", "L1"}  # to sue is no outcome


def test_the_grid_in_detail():
    row = by_number("grid_report", "WG20260808008")
    kinds = [event.kind.value for event in row.events]
    assert kinds[4:7] == ["whistle", "reported_in", "upgraded"]
    assert (row.case.category_code, row.case.involved_count) == ("0703", 6)
    afternoon = by_number("grid_report", "WG20260814014").case
    assert afternoon.registered_at == datetime(2026, 8, 14, 15, 20, tzinfo=SHANGHAI)


def test_civil_affairs_in_detail():
    row = by_number("civil_affairs", "MZ-2026-09-005")
    assert row.case.service_needs == ("手语翻译", "无障碍通道")
    assert {o.outcome_code: o.value for o in row.outcomes}["R1"] == "1"
    divorce = by_number("civil_affairs", "MZ-2026-09-004")
    assert {o.outcome_code: o.value for o in divorce.outcomes}["M1"] == "0"  # agreed upon
    relief = by_number("civil_affairs", "MZ-2026-09-007").case
    assert codes.route_of(relief.category_code) == "民政部门"


def test_medicine_in_detail():
    row = by_number("medical_dispute", "医调2026-011")
    assert (row.case.amount_yuan, row.case.involved_count) == (800_000, 20)
    assert (row.case.org_kind, row.case.source_code) == ("三级医院", "0303")
    roles = [(p.role, sorted(p.identity)) for p in row.parties]
    assert roles == [
        ("applicant", ["id_no", "name", "phone"]),
        ("respondent", ["name", "phone"]),
        ("other", ["id_no", "name", "sex"]),
    ]
    assert "示例科" not in row.case.model_dump_json()
