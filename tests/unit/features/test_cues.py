from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.normalise import fold
from zaojie_features.cues import REACH, feature_cues, find_cues, lexicon, red_rules

LEXICON = lexicon()
PHRASES = [
    (name, phrase.replace(".", "某"))
    for name, cue in LEXICON["cues"].items()
    for phrase in cue["phrases"]
]


def scopes(narrative: str, cue: str) -> list[str]:
    return [hit.scope for hit in find_cues(narrative) if hit.cue == cue]


def rules(narrative: str) -> list[str]:
    return [rule.name for rule in red_rules(list(find_cues(narrative)))]


def test_every_phrase_of_the_lexicon_is_found_affirmed() -> None:
    missed = [
        (cue, phrase) for cue, phrase in PHRASES if "affirmed" not in scopes(f"对方{phrase}", cue)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("narrative", "scope"),
    [
        ("对方动手了", "affirmed"),
        ("無故動手打傷鄰居", "affirmed"),
        ("双方未动手", "negated"),
        ("没有发生肢体冲突", "negated"),
        ("未对其进行殴打", "negated"),
        ("对方否认当天在场院里动手", "denied"),
        ("村干部劝阻他们动手", "denied"),
        ("听说前天对方动手", "hearsay"),
        ("去年在田里动手", "past"),
        ("动手的事已和解", "settled"),
        ("殴打一事并不属实", "negated_after"),
        ("法律规定不得殴打他人", "other"),
        ("隔壁村也动手", "other"),
    ],
)
def test_scope(narrative: str, scope: str) -> None:
    assert set(scopes(narrative, "blow")) == {scope}


def test_each_scope_of_the_lexicon_has_a_case_above() -> None:
    [mark] = [m for m in test_scope.pytestmark if m.name == "parametrize"]
    assert {scope for _, scope in mark.args[1]} == {"affirmed", *LEXICON["scopes"]}


@pytest.mark.parametrize("mark", "，。；！？、,;!?\n")
def test_a_scope_ends_with_its_clause(mark: str) -> None:
    assert scopes(f"听说有争吵{mark}对方动手", "blow") == ["affirmed"]
    assert scopes(f"对方动手{mark}已和解", "blow") == ["affirmed"]


@pytest.mark.parametrize("bridge", ["：", " ", "“"])
def test_a_scope_reaches_over_what_is_no_clause_end(bridge: str) -> None:
    assert scopes(f"听说{bridge}对方动手", "blow") == ["hearsay"]


@pytest.mark.parametrize(
    "narrative",
    [
        "无故动手打伤邻居",
        "未经商量就动手",
        "没想到对方会动手",
        "没完没了地吵，最后动手",
        "没人管就动手",
        "没有收入只好回家时被对方动手推出门",
    ],
)
def test_not_every_no_denies(narrative: str) -> None:
    assert set(scopes(narrative, "blow")) == {"affirmed"}


@pytest.mark.parametrize("phrase", ["无故", "没有办法", "没钱"])
def test_an_exception_does_not_hide_a_denial_beside_it(phrase: str) -> None:
    assert scopes(f"{phrase}但没有动手", "blow") == ["negated"]


@pytest.mark.parametrize(
    ("narrative", "expected"),
    [
        ("他手持柴刀扬言要弄死对方", ["explicit_threat"]),
        ("扬言要弄死对方。次日又带刀上门", ["explicit_threat"]),
        ("扬言要弄死对方", []),
        ("手持柴刀上山砍柴", []),
        ("手持柴刀，听说他要弄死对方", []),
        ("没有持刀，只说要弄死对方", []),
        ("丈夫打老婆", ["domestic_violence"]),
        ("妻子打老公", ["domestic_violence"]),
        ("长期家暴", ["domestic_violence"]),
        ("没有家暴", []),
        ("她说不想活了", ["self_harm"]),
        ("没钱看病，不想活了", ["self_harm"]),
        ("没钱看病不想活了", ["self_harm"]),
        ("没人管我，我要跳楼", ["self_harm"]),
        ("没有轻生念头", []),
        ("劝阻其跳楼", []),
        ("持刀要弄死妻子，长期家暴，自己也要自杀", [*LEXICON["rules"]]),
        ("", []),
    ],
)
def test_red_rules(narrative: str, expected: list[str]) -> None:
    assert rules(narrative) == expected


def test_a_rule_names_its_help_and_the_places_it_rests_on() -> None:
    narrative = "昨天拿刀，說要弄死人！沒有人受傷。"
    [rule] = red_rules(list(find_cues(narrative)))
    assert sorted(narrative[slice(*span)] for span in rule.spans) == ["弄死", "拿刀"]
    assert "派出所" in rule.help
    assert rule.title == LEXICON["rules"]["explicit_threat"]["title"]


def test_rules_lead_to_help_and_are_no_features() -> None:
    assert not {"domestic_violence", "self_harm"} & set(feature_cues())
    assert set(LEXICON["cues"]) - set(feature_cues()) == {"domestic_violence", "self_harm"}
    assert all(rule["help"] and rule["title"] for rule in LEXICON["rules"].values())


def test_rules_name_cues_that_exist() -> None:
    named = {cue for rule in LEXICON["rules"].values() for cue in (*rule["cues"], *rule["needs"])}
    assert named <= set(LEXICON["cues"])


@pytest.mark.parametrize(
    ("one", "other"),
    [("打老婆", "打老公"), ("殴打妻子", "殴打丈夫"), ("跟维吾尔族小伙子拼命", "跟汉族姑娘拼命")],
)
def test_sex_and_ethnicity_move_no_cue(one: str, other: str) -> None:
    found = [[(hit.cue, hit.scope) for hit in find_cues(text)] for text in (one, other)]
    assert found[0] == found[1] != []


def test_a_wildcard_stays_in_its_clause_and_is_short() -> None:
    assert scopes("让你好看", "threat") == ["affirmed"]
    assert scopes("让当事人甲好看", "threat") == ["affirmed"]
    assert scopes("让一，二好看", "threat") == scopes("让一二三四五六七好看", "threat") == []


@given(st.lists(st.sampled_from([phrase for _, phrase in PHRASES]) | st.text(max_size=10)))
def test_a_hit_stands_where_it_says(parts: list[str]) -> None:
    narrative = "".join(parts)
    patterns = {name: cue["phrases"] for name, cue in LEXICON["cues"].items()}
    for hit in find_cues(narrative):
        stretch = fold(narrative[slice(*hit.span)])
        first = {fold(phrase)[0] for phrase in patterns[hit.cue]}
        last = {fold(phrase)[-1] for phrase in patterns[hit.cue]}
        assert stretch[0] in first
        assert stretch[-1] in last


def test_a_scope_does_not_reach_across_a_page_without_marks() -> None:
    assert scopes("听说" + "排" * (REACH - 2) + "动手", "blow") == ["hearsay"]
    assert scopes("听说" + "排" * REACH + "动手", "blow") == ["affirmed"]
    many = list(find_cues("没动手" * 6_666))
    assert {hit.scope for hit in many} == {"negated"}
    assert len(many) == 6_666


@pytest.mark.parametrize("narrative", ["", "😀\x00", "no Chinese", "排" * 20_000, "，" * 20_000])
def test_odd_text_has_no_cues(narrative: str) -> None:
    assert list(find_cues(narrative)) == []
