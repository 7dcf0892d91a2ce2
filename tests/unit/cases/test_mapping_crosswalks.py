"""The crosswalks of the departments agree with our own code tables."""

from __future__ import annotations

import pytest

from zaojie_cases import codes
from zaojie_cases.codes.crosswalks import code_list, crosswalk, crosswalk_names


@pytest.mark.parametrize("name", crosswalk_names())
def test_a_crosswalk_agrees_with_our_own_tables(name):
    content = crosswalk(name)
    assert content["title"]
    assert content["source"]
    assert content["version"]
    assert content["judicial_version"] == codes.crosswalk_version()
    for theirs, (category, judicial) in content["types"].items():
        assert not category or codes.check_category(category), theirs
        assert not judicial or codes.check_judicial_type(judicial), theirs
        if category and judicial:
            assert judicial in codes.judicial_types_for(category), theirs
        if category and not codes.is_scored(category):
            assert not judicial, theirs
    for title, check in (("source", codes.check_source), ("channel", codes.check_channel)):
        for ours in content.get("lists", {}).get(title, {}).values():
            assert check(ours)
    for title in ("failed", "unperformed"):
        if title in content.get("lists", {}):
            assert set(code_list(f"{name}.{title}").values()) <= {"0", "1", ""}


def test_the_standard_s_codes_have_a_judicial_type_only_where_it_is_sure():
    types = code_list("gb31000.judicial_type")
    for code in (c for c in types if c.isdecimal()):
        possible = codes.judicial_types_for(code)
        assert types[code] == (possible[0] if len(possible) == 1 else "")
