"""Who somebody is does not move a score: names, sex, ethnicity, religion, home place."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import yaml

from zaojie_cases.history import History
from zaojie_cases.masking import mask
from zaojie_cases.record import LAWFUL_ACTS, SHANGHAI, Case, CaseEvent
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_models.score import Score

AT = datetime(2026, 6, 5, 9, 30, tzinfo=SHANGHAI)
ONE = {
    "name": "张伟",
    "other": "王建国",
    "phone": "13800138000",
    "sex": "男",
    "person": "男子",
    "pronoun": "他",
    "they": "他们",
    "spouse": "丈夫",
    "child": "儿子",
    "parent": "父亲",
    "sibling": "哥哥",
    "pair": "父子",
    "elder": "大爷",
    "ethnic": "汉族",
    "faith": "佛教徒",
    "home": "河南省",
    "origin": "本地人",
    "age": "35岁",
    "schooling": "小学文化",
    "job": "农民",
    "disabled": "肢体二级残疾",
    "town": "温州人",
    "old": "老家在赣州市于都县",
    "born": "80后",
    "worker": "外来务工人员",
    "belief": "信佛",
    "ill": "聋哑人",
    "kin": "单亲妈妈",
    "hukou": "川籍",
    "pupil": "大学生",
    "reporter": "农民工",
}
OTHER = {
    "name": "李娜",
    "other": "欧阳雪梅",
    "phone": "15912345678",
    "sex": "女",
    "person": "女子",
    "pronoun": "她",
    "they": "她们",
    "spouse": "妻子",
    "child": "女儿",
    "parent": "母亲",
    "sibling": "妹妹",
    "pair": "母女",
    "elder": "大妈",
    "ethnic": "维吾尔族",
    "faith": "基督徒",
    "home": "新疆维吾尔自治区",
    "origin": "外地人",
    "age": "七十二岁",
    "schooling": "大学本科学历",
    "job": "退休教师",
    "disabled": "持残疾证",
    "town": "黑龙江省齐齐哈尔市人",
    "old": "户籍地四川省凉山彝族自治州",
    "born": "年过七旬",
    "worker": "本地人",
    "belief": "做礼拜",
    "ill": "患有糖尿病",
    "kin": "五保户",
    "hukou": "非农业户口",
    "pupil": "小学没毕业",
    "reporter": "快递小哥",
}
NARRATIVES = [
    "申请人{name}（{sex}，{ethnic}，电话{phone}）称，被申请人{other}因排水沟走向与{pronoun}争执，"
    "前天{pronoun}动手打了{pronoun}的{child}，扬言要弄死{pronoun}一家，村干部劝解没有结果。",
    "来自{home}的{origin}{person}与同村{elder}因宅基地边界争吵，{they}多次反映没有答复，"
    "{pronoun}的{parent}说再不处理就要跟{they}拼命；{pronoun}是{faith}，平时不出门。",
    "{spouse}酒后殴打{spouse}，打{spouse}不止一次，{pair}二人已搬出，{sibling}要求派出所到场。",
    "工人{name}（{home}人）做工半年工资未付，老板{other}说要让{ethnic}{person}好看，"
    "持刀上门，{pronoun}受伤住院，至今未赔。",
    "{job}{name}（{sex}，{ethnic}，{age}，{schooling}，{job}，{disabled}）系{town}，{old}，"
    "与邻居{other}因楼上漏水多次争吵，{other}是{job}，今年{age}，昨晚两人又互相推搡。",
    "{reporter}反映，{name}（{worker}，{born}，{pupil}，{hukou}）与{kin}{other}因停车争吵，{other}{belief}，"
    "是{ill}，一名{reporter}上前劝解被推倒受伤，对方扬言要砸车。",
]
Told = tuple[Score, np.ndarray, str]


def snapshot(narrative: str, *events: CaseEvent, **more: Any) -> Snapshot:
    case = Case(
        case_id="c",
        source_system="x",
        source_case_no="1",
        registered_at=AT,
        category_code="0201",
        narrative_masked=mask(narrative).text,
        **more,
    )
    return snapshot_at(case, events, History(), AT)


def told(county, narrative: str) -> Told:
    one = snapshot(narrative)
    inputs = county.bundle.inputs_of(one)
    [score] = county.bundle.score([one])
    return score, inputs.text, repr(inputs.facts)


def same(one: Told, other: Told) -> bool:
    """Equal in every number; only where words stand may differ."""
    (score, text, facts), (score_, text_, facts_) = one, other

    def numbers(found: Score) -> list[object]:
        return [
            found.level,
            [hit.rule for hit in found.rule_hits],
            [(t.target, t.probability, t.level) for t in found.targets],
            [[(r.name, r.text, r.contribution) for r in t.reasons] for t in found.targets],
        ]

    return (
        facts == facts_
        and text.columns.tolist() == text_.columns.tolist()
        and text.weights.tobytes() == text_.weights.tobytes()
        and numbers(score) == numbers(score_)
    )


@pytest.mark.parametrize("slot", ONE)
def test_exchanging_one_of_them_moves_nothing(county, slot: str) -> None:
    touched = [narrative for narrative in NARRATIVES if f"{{{slot}}}" in narrative]
    assert touched
    for narrative in touched:
        plain = told(county, narrative.format(**ONE))
        assert same(plain, told(county, narrative.format(**ONE | {slot: OTHER[slot]})))


@pytest.mark.parametrize("narrative", NARRATIVES)
def test_exchanging_all_of_them_moves_nothing(county, narrative: str) -> None:
    assert same(told(county, narrative.format(**ONE)), told(county, narrative.format(**OTHER)))


@pytest.mark.parametrize("narrative", NARRATIVES)
def test_the_narratives_do_move_the_score(county, narrative: str) -> None:
    """What happened counts, so that the tests above could fail."""
    whole = narrative.format(**ONE)
    assert not same(told(county, whole), told(county, whole + "昨天又动手打伤人。"))
    assert told(county, whole)[0].targets


@pytest.mark.parametrize("kind", sorted(LAWFUL_ACTS))
def test_a_lawful_act_on_the_time_line_moves_nothing(county, kind) -> None:
    act = CaseEvent(event_id="e", case_id="c", at=AT, recorded_at=AT, kind=kind)
    narrative = NARRATIVES[0].format(**ONE)
    assert county.bundle.score([snapshot(narrative, act)]) == county.bundle.score(
        [snapshot(narrative)]
    )


@pytest.mark.parametrize("act", ["信访", "越级上访", "起诉", "打官司", "投诉", "找媒体", "12345"])
def test_which_lawful_act_is_told_moves_nothing(county, act: str) -> None:
    frame = "两家因排水沟争执，一方{}后，村干部到场劝解，双方没有动手。"
    assert same(told(county, frame.format("上访")), told(county, frame.format(act)))


@pytest.mark.parametrize("words", ["要跳楼", "说不想活", "喝农药", "长期家暴"])
def test_words_that_lead_to_help_move_no_probability(county, words: str) -> None:
    frame = "两家因排水沟争执，{}，村干部到场劝解。"
    kept = {"要跳楼": "要", "说不想活": "说", "喝农药": "", "长期家暴": "长期"}[words]
    gap = f"{kept}〔电话〕"  # what is not read parts the characters beside it, whatever it is
    calm, alarmed = (told(county, frame.format(part)) for part in (gap, words))
    assert [t.probability for t in alarmed[0].targets] == [t.probability for t in calm[0].targets]
    assert alarmed[2] == calm[2]
    assert alarmed[0].level.value == "red"
    assert calm[0].level.value != "red"


def test_no_neutral_word_is_in_the_vocabulary_that_training_learnt(county) -> None:
    text = (files("zaojie_cases") / "data" / "neutral.yaml").read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    words = [w for part in ("blocked", "same") for group in loaded[part].values() for w in group]
    terms = [term.replace(" ", "") for _, term in county.bundle.space.terms()]
    assert len(terms) > 10_000
    assert [word for word in words if any(word in term for term in terms)] == []
    assert [term for term in terms if "〔" in term or "当事人甲" in term] == []
