from __future__ import annotations

import re

import pytest

from zaojie_cases.errors import ConfigError
from zaojie_cases.record import Case, Party
from zaojie_features.allowlist import AllowList, allow_list, check_columns
from zaojie_features.cues import feature_cues, lexicon

FORBIDDEN = frozenset(
    re.findall(
        r"\w+",
        """name sex gender ethnic nation religion faith age birth education school occupation job
        employ marital marriage spouse hukou household migrant native origin income salary credit
        housing health disab mental illness medic phone mobile id idno identity card passport
        plate address email wechat qq account bank party token person people criminal record drug
        correction petition lawsuit complaint media hotline face voice track family social
        character self_harm suicide violence mediator committee""",
    )
)
"""Domain rules: sensitive personal information, proxies of it, and rights of a party."""
FORBIDDEN_TITLES = re.compile(
    r"姓名|性别|民族|宗教|年龄|学历|职业|婚|户籍|户口|籍贯|收入|信用|健康|残疾|精神|电话|身份证|"
    r"住址|前科|吸毒|上访|信访|诉讼|投诉|媒体|热线|轻生|家暴|调解员|人员类别"
)


def parts(name: str) -> set[str]:
    return {*name.split("_"), name}


def test_no_forbidden_field_or_proxy_is_on_the_list() -> None:
    for feature in allow_list().features:
        assert not parts(feature.name) & FORBIDDEN, feature.name
        assert not FORBIDDEN_TITLES.search(feature.title + feature.unit), feature.name


def test_the_deny_list_does_deny() -> None:
    assert parts("party_sex") & FORBIDDEN
    assert FORBIDDEN_TITLES.search("当事人年龄")


def test_no_field_of_a_party_and_no_identifier_of_a_case_is_on_the_list() -> None:
    names = {feature.name for feature in allow_list().features}
    identifiers = {field for field in Case.model_fields if field.endswith(("_id", "_no", "_key"))}
    assert not names & (set(Party.model_fields) | identifiers)
    assert "case_id" in identifiers


def test_every_feature_has_one_name_an_owner_a_purpose_and_a_unit() -> None:
    whole = allow_list()
    names = [feature.name for feature in whole.features]
    assert len(names) == len(set(names)) > 40
    assert whole.owner
    assert {feature.purpose for feature in whole.features} == set(whole.purposes)
    assert all(feature.title and feature.unit for feature in whole.features)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_every_cue_that_is_a_feature_is_on_the_list_and_no_other() -> None:
    listed = {f.name for f in allow_list().features if f.purpose == "cue"}
    counts = {f"cue_{name}" for name in feature_cues()}
    limited = {f"cue_{group}_limited" for group in lexicon().groups}
    assert listed == counts | limited | {"cues_limited", "cue_severity", "cue_kinds"}


def test_a_column_that_is_not_listed_is_refused_by_name() -> None:
    check_columns([feature.name for feature in allow_list().features])
    check_columns([])
    with pytest.raises(ConfigError, match="许可清单") as refused:
        check_columns(["days_open", "party_age", "sex"])
    assert refused.value.field == "party_age"
    assert "sex" in str(refused.value)


def test_the_list_takes_no_unknown_key() -> None:
    with pytest.raises(ValueError, match="owner"):
        AllowList.model_validate({"version": 1, "purposes": {}, "features": []})
    with pytest.raises(ValueError, match="nobody"):
        AllowList.model_validate(allow_list().model_dump() | {"nobody": 1})
