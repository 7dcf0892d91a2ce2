from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases import codes
from zaojie_cases.codes.data_files import names, table
from zaojie_cases.errors import CodeError

ALL = sorted(names("category"))
ROUTED = {"12", "13", "14", "15", "16"}


def test_the_category_table_is_whole():
    assert len(ALL) == 95
    assert {code[:2] for code in ALL} == {f"{n:02}" for n in range(1, 17)} | {"99"}
    assert all(code[:2] in names("category") for code in ALL)
    assert codes.category_name("0299") == "邻里纠纷·其他"
    assert codes.category_name("99") == "其他"


@pytest.mark.parametrize("code", ALL)
def test_types_of_other_offices_are_routed_and_never_scored(code):
    assert codes.is_scored(code) is (code[:2] not in ROUTED)
    assert (codes.route_of(code) is None) is codes.is_scored(code)


def test_a_case_without_a_type_may_be_scored():
    assert codes.is_scored(None)


def test_a_route_is_as_fine_as_the_code():
    assert codes.route_of("1403") == "人民法院"
    assert codes.route_of("1499"[:2]) == "政法委员会"


def test_the_crosswalk_is_many_to_many_and_consistent():
    assert codes.crosswalk_version() == "1"
    types = table("judicial")["types"]
    for name in types:
        for code in codes.gb_codes_for(name):
            assert name in codes.judicial_types_for(code)
            assert codes.is_scored(code)
    assert codes.judicial_types_for("0601") == ("旅游纠纷", "电子商务纠纷", "其他消费纠纷")
    assert set(codes.judicial_types_for("02")) == {"邻里纠纷", "环境污染纠纷"}
    assert codes.judicial_types_for("1403") == ()


def test_every_scored_type_has_a_judicial_type():
    fine = [code for code in ALL if len(code) == 4 or code == "99"]
    assert all(codes.judicial_types_for(code) for code in fine if codes.is_scored(code))


@pytest.mark.parametrize(
    "check",
    [
        codes.check_category,
        codes.check_scale,
        codes.check_source,
        codes.check_channel,
        codes.check_outcome,
        codes.check_judicial_type,
        codes.check_region,
        lambda code: codes.check_grid(code, None),
        codes.judicial_types_for,
        codes.gb_codes_for,
    ],
)
def test_an_unknown_code_is_refused_without_repeating_it(check):
    with pytest.raises(CodeError) as caught:
        check("张三13800138000")
    assert "张三" not in str(caught.value)


def test_the_other_tables_have_names():
    assert codes.scale_name("03") == "重大群体性事件"
    assert codes.method_name("0103") == "人民调解"
    assert codes.source_name("0303") == "公安机关委托移送"
    assert codes.channel_name("01") == "网格员巡查"
    assert codes.outcome_name("E1").startswith("登记后")


@pytest.mark.parametrize(
    ("code", "full"),
    [
        ("360102", "360102000000"),
        ("360102001", "360102001000"),
        ("360102001002", "360102001002"),
        ("360000000000", "360000000000"),
        ("441900003001", "441900003001"),  # a city without counties
    ],
)
def test_regions_are_filled_to_twelve_digits(code, full):
    assert codes.check_region(code) == full


@pytest.mark.parametrize(
    "code",
    [
        "990102",  # no such province
        "360100001001",  # a town under a whole city
        "360002001001",  # a county under a whole province
        "360102000001",  # a village under a whole county
        "360102901001",  # no such class of town
        "3601020",
        "36010200100A",
        "３６０１０２",
        "",
    ],
)
def test_wrong_regions_are_refused(code):
    with pytest.raises(CodeError):
        codes.check_region(code)


@pytest.mark.parametrize("region", [None, "360102001002", "360102001000", "360000000000"])
def test_a_grid_lies_in_its_village(region):
    assert codes.check_grid("360102001002001", region) == "360102001002001"


@pytest.mark.parametrize(
    ("grid", "region"),
    [
        ("360102001000001", None),  # directly under a town
        ("360102001002001", "360102001003"),
        ("360102001002001", "360103000000"),
        ("3601020010021", None),
    ],
)
def test_wrong_grids_are_refused(grid, region):
    with pytest.raises(CodeError):
        codes.check_grid(grid, region)


@given(st.sampled_from([2, 4, 6, 9, 12]), st.from_regex(r"36[1-9]{4}[1-5][1-9]{5}", fullmatch=True))
def test_a_region_contains_what_begins_like_it(depth, code):
    region = code[:depth].ljust(12, "0")
    assert codes.region_contains(region, code)
    assert not codes.region_contains(region, "37" + code[2:])
