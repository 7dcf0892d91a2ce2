from __future__ import annotations

from collections import Counter
from importlib.resources import files

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.masking import mask
from zaojie_cases.normalise import fold, pieces

NEUTRAL = yaml.safe_load(
    (files("zaojie_cases") / "data" / "neutral.yaml").read_text(encoding="utf-8")
)
BLOCKED = [word for group in NEUTRAL["blocked"].values() for word in group]
SAME = {word: new for new, group in NEUTRAL["same"].items() for word in group}
WORDS = [*BLOCKED, *SAME]
TRAITS = {
    "age": [
        *("今年35岁", "七十二岁", "年近七旬", "1968年3月出生", "现年８岁"),
        *("未满十四周岁", "五十出头", "年过六十", "八十二高龄", "60年代出生", "零零后", "古稀之年"),
    ],
    "disability": [
        *("肢体二级残疾", "持残疾证", "听力残疾三级"),
        *("患有尿毒症", "身患癌症", "患有精神分裂症", "糖尿病患者", "精神残疾"),
    ],
    "education": [
        *("小学文化", "大学本科学历", "初中文化程度", "文化程度：高中", "博士研究生毕业"),
        *("大学生", "在校大学生", "中专生", "小学没毕业", "文化水平低", "高学历", "留学生"),
    ],
    "religion": ["信教", "信道", "信主", "做礼拜", "信奉基督教"],
    "occupation": [
        "系农民",
        "是一名退休教师",
        "为公务员",
        "职业：司机",
        "从事建筑工作",
        "在外打工",
        *(
            "一个收废品的",
            "是一名老教师",
            "是打工的",
            "国企职工",
            "进城务工",
            "退役军人",
            "教师家属",
        ),
    ],
    "home_place": [
        "温州人",
        "老家在四川省凉山彝族自治州",
        "来自河南农村",
        "江西省赣州市于都县人",
        "湖北籍",
        *("川籍", "越南籍", "无本地户口", "非农业户口", "外省来的"),
    ],
    "family": ["单亲家庭", "老两口", "光棍", "五保户", "失独", "宝妈"],
}
ALL_TRAITS = [text for group in TRAITS.values() for text in group]
any_text = st.text(st.characters(), max_size=60)
"""Every code point, lone surrogates too."""
neutral_texts = st.lists(
    st.sampled_from([*WORDS, *ALL_TRAITS])
    | st.sampled_from(sorted({c for word in WORDS for c in word}))
    | any_text
).map("".join)


def read(narrative: str) -> list[str]:
    return [piece.text for piece in pieces(narrative)]


@given(any_text)
def test_folding_keeps_the_length_and_is_done_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    assert all(fold(a) == b for a, b in zip(text, fold(text), strict=True))


def test_forms_of_one_character_are_one() -> None:
    assert fold("ＡＢ１２，！㈠①") == "ab12,!㈠1"
    assert fold("鄰里糾紛，調解員說對方動手打傷了人。") == "邻里纠纷,调解员说对方动手打伤了人。"
    assert fold("İ ﬀ ㎡") == "İ ﬀ ㎡", "what folds to two characters stays"


@given(neutral_texts)
def test_no_neutral_word_is_ever_read(text: str) -> None:
    for piece in pieces(text):
        bare = "".join(piece.text.split())
        assert not [word for word in WORDS if word in bare]


@given(neutral_texts)
def test_pieces_come_in_order_and_stand_where_they_say(text: str) -> None:
    folded, end = fold(text), 0
    replaced = any(word in "".join(folded.split()) for word in SAME)
    for piece in pieces(text):
        assert piece.start >= end
        end = piece.start + len(piece.text)
        assert end <= len(text)
        assert replaced or piece.text == folded[piece.start : end]


@given(any_text.filter(lambda text: not any(word in "".join(fold(text).split()) for word in WORDS)))
def test_ordinary_text_is_read_whole(text: str) -> None:
    plain = text.replace("〔", "").replace("当事人", "")
    assert "".join(read(plain)) == (fold(plain) if plain.strip() else "")


def test_each_neutral_word_is_blocked_or_read_as_its_neighbour() -> None:
    found = {word: "".join(read(f"昨天{word}在场")) for word in WORDS}
    assert found == {word: f"昨天{SAME.get(word, '')}在场" for word in WORDS}


@pytest.mark.parametrize("blank", [" ", "\u3000", "\n", " \t "])
def test_blanks_inside_a_word_do_not_hide_it(blank: str) -> None:
    assert read(f"村里{blank}外地{blank}人多") == [f"村里{fold(blank)}", "多"]
    assert read(f"儿{blank}子来了") == [f"孩子{' ' * len(blank)}来了"]


def test_traditional_and_full_width_words_are_blocked_too() -> None:
    assert read("該婦女信訪") == ["该"]
    assert read("拨打１２３４５后") == ["后"]


def test_names_and_placeholders_are_not_read() -> None:
    masked = mask("张伟的电话是13800138000，他与李娜争执。").text
    assert "".join(read(masked)) == "的电话是,某与争执。"
    assert read("当事人甲与当事人乙12〔电话〕") == ["与"]
    assert read("当事人甲乙与当事人癸癸的沟") == ["与", "的沟"], "the ninth person has two letters"


@pytest.mark.parametrize("text", ["", " \n\t\u3000", "〔电话〕", "女"])
def test_nothing_to_read(text: str) -> None:
    assert read(text) == []


def test_the_list_is_sound() -> None:
    assert all(isinstance(word, str) and word == fold(word) for word in WORDS)
    assert [word for word, times in Counter(WORDS).items() if times > 1] == []
    assert all(len(word) == len(new) for word, new in SAME.items())
    assert not [new for new in NEUTRAL["same"] for word in WORDS if word in new]


@pytest.mark.parametrize("trait", ALL_TRAITS)
def test_a_trait_of_a_person_is_not_read(trait: str) -> None:
    assert "".join(read(f"业主,{trait},反映楼上漏水")).replace(",", "") == "业主反映楼上漏水"


@pytest.mark.parametrize(
    "text",
    [
        "拖欠农民工工资3个月",
        "货车司机把路堵了",
        "医生开错了药",
        "2024年3月生病住院",
        "隔壁学校上课吵闹",
        "当事人未到场,当事人申请再调",
        "学生在校打球摔伤",
        "教师体罚学生",
        "是老板欠的钱",
        "儿童医院和幼儿园门口堵车",
        "移民安置补偿没有到位",
        "退休金少发了两个月",
        "怀孕期间被辞退",
        "礼拜天施工",
        "相信道理,相信教师",
        "书籍被淹",
        "左腿骨折,瘫痪在床",
        "文化低俗表演",
    ],
)
def test_what_happened_is_read_though_it_names_a_work_or_a_year(text: str) -> None:
    assert read(text) == [fold(text)]
