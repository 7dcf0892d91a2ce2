"""How one value is found: other ways, conditions, several columns, units, fingerprints."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zaojie_cases.errors import MappingError
from zaojie_cases.importing.fields import pick
from zaojie_cases.mapping import Mapping, load_mapping, parse_mapping
from zaojie_cases.mapping.source import Source, bare_header
from zaojie_cases.values import CellError

HEAD = "name: x\nversion: 1\nsource_system: x\nfields:\n  narrative: 内容\n"


def source(**keys):
    return Source.model_validate(keys)


def test_otherwise_is_read_when_the_first_way_gives_nothing():
    two = source(column="办结", otherwise="考评")
    assert pick(two, {"办结": "1", "考评": "2"}) == "1"
    assert pick(two, {"办结": "无", "考评": "2"}) == "2"
    assert pick(two, {"办结": ""}) is None


def test_when_reads_only_rows_that_have_the_value():
    one = source(column="日期", when={"形式": ["口头 协议", "口头"]}, default="x")
    assert pick(one, {"日期": "1", "形式": "口头协议"}) == "1"
    assert pick(one, {"日期": "1", "形式": "书面"}) is None  # not even the default
    assert pick(one, {"日期": "1"}) is None


def test_a_star_wants_any_value_but_none():
    one = source(column="结果", when={"日期": "*"})
    assert pick(one, {"结果": "0", "日期": "2026-03-02"}) == "0"
    assert pick(one, {"结果": "0", "日期": " - "}) is None


def test_several_columns_are_looked_up_finest_first():
    types = source(columns=["大类", "小类"], translate={"邻里": "02", "邻里 / 噪声": "0203"})
    assert pick(types, {"大类": "邻里", "小类": "噪声"}) == "0203"
    assert pick(types, {"大类": "邻里", "小类": "养狗"}) == "02"
    assert pick(types, {"大类": "邻里", "小类": ""}) == "02"
    with pytest.raises(CellError):
        pick(types, {"大类": "别的", "小类": "噪声"})


def test_codes_are_compared_without_blanks_and_width():
    one = source(column="类型", translate={"房屋（宅基地）": "0902"})
    assert pick(one, {"类型": "房屋 (宅基地)"}) == "0902"


def test_an_empty_translation_means_nothing_and_is_no_fault():
    assert pick(source(column="类型", translate={"合同": ""}), {"类型": "合同"}) is None


def test_a_crosswalk_stands_for_translate():
    one = source(column="渠道", crosswalk="hotline_12345.channel")
    assert pick(one, {"渠道": "微信"}) == "06"
    assert one.crosswalk_version == "hotline_12345/1"
    assert "hotline_12345/1" in one.model_dump_json()  # a new version makes an import a new one


def test_the_unit_of_a_column_goes_to_bare_numbers_only():
    one = source(column="金额（万元）", unit="万元")
    assert pick(one, {"金额（万元）": "3.5"}) == "3.5万元"
    assert pick(one, {"金额（万元）": 3}) == "3万元"
    assert pick(one, {"金额（万元）": "3500元"}) == "3500元"


def test_a_fingerprint_tells_rows_apart_and_shows_nothing():
    one = source(columns=["名称", "日期"], digest=True)
    first = pick(one, {"名称": "张三与李四", "日期": "20260301"})
    assert first == pick(one, {"名称": "张三与李四", "日期": "20260301"})
    assert first != pick(one, {"名称": "张三与李四", "日期": "20260302"})
    assert "张三" not in str(first)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("source_case_no: {column: a, crosswalk: nowhere.x}", "没有名为 nowhere 的代码对照表"),
        ("source_case_no: {column: a, crosswalk: hotline_12345.x}", "没有 x"),
        (
            "source_case_no: {column: a, crosswalk: hotline_12345.channel, translate: {a: b}}",
            "translate 与 crosswalk 只能写一个",
        ),
        ("source_case_no: {column: a, otherwise: {join: x}}", "otherwise：要写 column"),
    ],
)
def test_what_is_wrong_is_said(line, sentence):
    with pytest.raises(MappingError, match=sentence):
        parse_mapping(f"{HEAD}  {line}\n", "own.yaml")


def test_a_narrative_is_no_code():
    text = HEAD.replace("内容", "{column: 内容, translate: {a: b}}") + "  source_case_no: a\n"
    with pytest.raises(MappingError, match="narrative 是叙述"):
        parse_mapping(text, "own.yaml")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("工单编号", "工单号"),
        (" 登记 时间 ", "登记时间"),
        ("登记日期", "登记时间"),
        ("涉及金额（元）", "涉及金额"),
        ("涉及人数(人)", "涉及人数"),
        ("发生日期（YYYYMMDD）", "发生日期"),
        ("事件描述*", "事件描述"),
        ("ＩＤ", "id"),
    ],
)
def test_names_that_are_the_same(one, other):
    assert bare_header(one) == bare_header(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("涉及金额（万元）", "涉及金额（元）"),
        ("电话", "电话(2)"),
        ("当事人（甲）", "当事人（乙）"),
        ("期限（工作日）", "期限"),
        ("受理时间", "登记时间"),
    ],
)
def test_names_that_are_not(one, other):
    assert bare_header(one) != bare_header(other)


@example("（元）")
@given(st.text("登记时间编号日期（元）* Ab1", min_size=1, max_size=12))
def test_blanks_and_marks_do_not_count_and_a_name_never_vanishes(name):
    assert bare_header(name)
    if any(char.isalnum() for char in bare_header(name)):
        assert bare_header(f"　*{name} ") == bare_header(name)


def example(**keys):
    return Mapping.model_validate(
        {
            "name": "x",
            "version": 1,
            "source_system": "x",
            "aliases": {"编号": ["受理号"]},
            "fields": {
                "source_case_no": "编号",
                "narrative": {"columns": ["标题", "内容"], "otherwise": "内容"},
                "registered_at": {"column": "登记时间", "otherwise": "发生日期"},
            },
            "parties": {"name": ["姓名"]},
            "events": [{"kind": "closed", "at": "办结时间", "payload": {"方式": "方式"}}],
            "outcomes": {
                "late": {
                    "code": "L1",
                    "kind": "binary",
                    "delay": {"to": "办结时间", "longer_than_days": 3},
                },
                "bad": {"code": "M1", "kind": "binary", "column": "结果", "observed": "办结时间"},
            },
            "left_out": {"地址": "太细"},
        }
        | keys
    )


def test_a_mapping_takes_the_names_of_the_file():
    header = ["受理编号", "内容", "发生 日期", "姓名（必填）", "办结日期", "方式", "结果", "地址 "]
    fitted = example().fitted(header)
    assert fitted.fields["source_case_no"].columns == ("受理编号",)
    assert fitted.fields["narrative"].columns == ("内容",)  # the way with a title is closed
    assert fitted.fields["registered_at"].columns == ("发生 日期",)
    assert fitted.parties["name"] == ("姓名（必填）",)
    assert fitted.events[0].at.columns == ("办结日期",)
    assert fitted.outcomes["late"].delay.end.columns == ("办结日期",)
    assert fitted.outcomes["bad"].observed.columns == ("办结日期",)
    assert set(fitted.left_out) == {"地址 "}
    assert fitted.required_columns() <= set(header)


def test_a_dump_reads_back():
    mapping = load_mapping("police_nonpolice_dispute")
    assert Mapping.model_validate(mapping.model_dump(by_alias=True)) == mapping


def test_names_that_are_there_stay_and_what_is_missing_keeps_its_own():
    header = ["编号", "受理编号", "标题", "内容", "登记时间", "发生日期"]
    fitted = example().fitted(header)
    assert fitted.fields["source_case_no"].columns == ("编号",)
    assert fitted.fields["narrative"].columns == ("标题", "内容")
    assert fitted.fields["registered_at"].otherwise.columns == ("发生日期",)
    assert fitted.parties["name"] == ("姓名",)
