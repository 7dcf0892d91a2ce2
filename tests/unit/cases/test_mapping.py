from __future__ import annotations

import pytest

from zaojie_cases.errors import MappingError
from zaojie_cases.mapping import load_mapping, shipped_mappings

REAL = (
    "cail2019_elements",
    "cjrc_case_cause",
    "lawbench_consult_type",
    "lawbench_dispute_focus",
    "tipdm_hot",
    "tipdm_messages",
    "tipdm_replies",
)
GOOD = """
name: county_x
version: 1
source_system: county_x
fields:
  source_case_no: 编号
  narrative: {columns: [标题, 内容]}
"""


def load(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(str(path))


def faults(tmp_path, text):
    with pytest.raises(MappingError) as caught:
        load(tmp_path, text)
    assert "own.yaml" in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("name", shipped_mappings())
def test_every_shipped_mapping_bears_its_own_name(name):
    assert load_mapping(name).name == name


def test_the_real_sets_are_shipped():
    assert set(REAL) <= set(shipped_mappings())


@pytest.mark.parametrize("name", REAL)
def test_nothing_after_the_fact_or_about_a_user_feeds_a_case(name):
    columns = {c for s in load_mapping(name).fields.values() for c in s.columns}
    assert not columns & {
        "user_id",
        "likes",
        "dislikes",
        "reply",
        "replied_at",
        "reply_explains",
        "response_days",
        "slow_reply_30d",
        "hot_5",
        "category",
        "cause",
        "cause_group",
    }


def test_the_targets_of_the_real_sets():
    replies = load_mapping("tipdm_replies").outcomes["overdue"]
    assert replies.code == "L1"
    assert replies.delay is not None
    assert (replies.delay.longer_than_days, replies.delay.end.columns) == (30, ("replied_at",))
    hot = load_mapping("tipdm_hot").outcomes
    assert hot["recurrence"].repeat is not None
    assert hot["recurrence"].repeat.within_days == 30
    assert hot["attention"].column is not None
    assert load_mapping("tipdm_messages").group == "dup_group"
    elements = load_mapping("cail2019_elements")
    assert (elements.group, elements.outcomes["elements"].kind) == ("doc_id", "any_of")
    assert set(elements.fields["category_code"].codes.values()) == {"0101", "0701", "0804"}
    assert load_mapping("cjrc_case_cause").filter == {"domain": ("civil",)}


def test_which_columns_a_mapping_needs():
    assert load_mapping("tipdm_replies").required_columns() == {
        "message_id",
        "title",
        "detail",
        "posted_at",
    }
    assert load_mapping("tipdm_messages").required_columns() == {"row_id", "text_segmented"}
    assert load_mapping("tipdm_replies").other_columns() == {"region_code"}  # not replied_at


def test_codes_with_leading_zeros_stay_text(tmp_path):
    text = GOOD + "  category_code: {column: 类型, translate: {01: 0101, 02: 0899}, default: 99}\n"
    source = load(tmp_path, text).fields["category_code"]
    assert source.translate == {"01": "0101", "02": "0899"}
    assert source.default == "99"


def test_a_file_with_a_bom_is_read(tmp_path):
    assert load(tmp_path, "\ufeff" + GOOD).name == "county_x"


def test_an_unknown_name_names_the_shipped_mappings():
    with pytest.raises(MappingError) as caught:
        load_mapping("no_such_mapping")
    assert all(name in caught.value.message for name in REAL)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name: county_x", "nme: county_x", "name：缺少这一项"),
        ("version: 1", "version: one", "version：应为整数"),
        ("version: 1", "version: 0", "version：应不小于 1"),
        ("version: 1", "version: 1\nfilters: {a: b}", "filters：没有这样的选项"),
        ("source_system: county_x", "source_system: 甲县", "source_system：应符合"),
        ("  source_case_no: 编号\n", "", "缺少 source_case_no"),
        ("source_case_no: 编号", "source_case_no: {join: x}", "要写 column"),
        ("source_case_no: 编号", "source_case_no: ''", "不能为空"),
        ("source_case_no: 编号", "source_case_no: {column: a, columns: [b]}", "只能写一个"),
        ("source_case_no: 编号", "source_case_no: 编号\n  party_sex: 性别", "party_sex"),
        ("source_case_no: 编号", "source_case_no: {column: a, on_unknown: guess}", "只能是"),
        ("source_case_no: 编号", "source_case_no: {column: a, on_unknown: default}", "default"),
        ("source_case_no: 编号", "source_case_no: {column: a, required: false}", "registered_at"),
        ("fields:", "parties: {religion: [x]}\nfields:", "religion"),
        ("fields:", "events: [{kind: party, at: x}]\nfields:", "events.0.kind：只能是"),
        ("fields:", "outcomes: {a: {code: E1, kind: binary}}\nfields:", "写且只能写一个"),
        (
            "fields:",
            "outcomes: {a: {code: E1, kind: one_of, delay: {to: x, longer_than_days: 3}}}\nfields:",
            "kind: binary",
        ),
        (
            "fields:",
            "outcomes: {a: {code: E1, kind: binary, delay: {to: x, longer_than_days: 0}}}\nfields:",
            "longer_than_days：应大于 0",
        ),
        (
            "fields:",
            "outcomes: {a: {code: R1, kind: binary,"
            " repeat: {within_days: 3, similarity: 2}}}\nfields:",
            "similarity：应不大于 1",
        ),
        (
            "fields:",
            "outcomes: {a: {code: E1, kind: binary, repeat: {within_days: 3, similarity: 1},"
            " observed: x}}\nfields:",
            "observed",
        ),
        (
            "fields:",
            "outcomes: {a: {code: E1, kind: one_of, column: x},"
            " b: {code: E1, kind: one_of, column: y}}\nfields:",
            "重复的 code",
        ),
        ("version: 1", "version: [1", "不是正确的 YAML"),
        ("fields:", "fields: []\nfeld:", "fields：应写成“键: 值”"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_field_at_fault(tmp_path, old, new, sentence):
    assert sentence in faults(tmp_path, GOOD.replace(old, new, 1))


def test_all_faults_are_told_at_once(tmp_path):
    text = GOOD.replace("version: 1", "version: x").replace("name: county_x", "title: y")
    message = faults(tmp_path, text)
    assert "version：" in message
    assert "name：" in message


@pytest.mark.parametrize("text", ["", "- a\n", "just words"])
def test_what_is_no_mapping_at_all(tmp_path, text):
    assert "键: 值" in faults(tmp_path, text)


def test_another_encoding_is_refused(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(MappingError, match="UTF-8"):
        load_mapping(str(path))
