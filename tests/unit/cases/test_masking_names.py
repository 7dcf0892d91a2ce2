"""Names by context: hard forms, exchange of names, what is no name, who is who."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zaojie_cases.errors import ZaojieError
from zaojie_cases.mask_lines import mask_lines
from zaojie_cases.masking import Pseudonyms, mask

_PSEUDONYM = re.compile("当事人[甲乙丙戊己庚壬癸]+")


def names(text: str) -> list[str]:
    return [text[s.start : s.end] for s in mask(text).spans if s.type == "name"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("马福文说他没有拿钱", ["马福文"]),
        ("向廖福东作了调查", ["廖福东"]),
        ("与贺姓住户发生争吵", ["贺"]),
        ("李某某的丈夫王伟动手打人", ["李某某", "王伟"]),
        ("原告欧阳建国诉被告上官云", ["欧阳建国", "上官云"]),
        ("申请人阿卜杜热西提与房东争吵", ["阿卜杜热西提"]),
        ("艾尼瓦尔·买买提反映工资被拖欠", ["艾尼瓦尔·买买提"]),
        ("村民扎西顿珠称牛被偷", ["扎西顿珠"]),
        ("邻居巴特尔把草场围了", ["巴特尔"]),
        ("卓玛的丈夫次仁喝酒打人", ["卓玛", "次仁"]),
        ("马木提江说没有收到钱", ["马木提江"]),
        ("老张和张师傅都在场", ["老张", "张"]),
        ("王女士向小李道歉", ["王", "小李"]),
        ("张某某、王某甲、李XX和刘×均到场", ["张某某", "王某甲", "李XX", "刘×"]),
        ("被告高峰称不知情", ["高峰"]),
        ("金帆公司拖欠王建国工资，建国说要去告", ["王建国", "建国"]),
        ("县委书记李明亮到场", ["李明亮"]),
        ("王 强与 李 娜 因孩子打架", ["王 强", "李 娜"]),
        ("姓 名 : 逄 玉 梅 , 女", ["逄 玉 梅"]),
        ("冷秀英说自己种桑养蚕", ["冷秀英"]),
        ("秀英说她男人在外头跑车", ["秀英"]),
        ("被害人H某某的法定代理人到场", ["H某某"]),
        ("收款方：*丽，备注房租", ["*丽"]),
        ("没跟房东库尔班·艾合买提打招呼", ["库尔班·艾合买提"]),
        ("原告吉木·阿呷诉被告阿苦·木果离婚纠纷", ["吉木·阿呷", "阿苦·木果"]),
        ("司马说这事不怪他", ["司马"]),
    ],
)
def test_every_form_of_a_name_is_found_with_its_edges(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "高峰时段堵车，黄金价格上涨，方便群众，任何单位不得任意变更",
        "梅源镇、罗岭镇后塅村、锦绣花园和解放路都通知到了",
        "楚绣服装店、金帆商贸有限公司和县人民法院派人到场",
        "向书记反映，关于某小区，于2024年5月12日，双方当事人",
        "男方父母和女方父母均到场，我方和对方各退一步",
        "被告于签约当日付款，乙方于本协议签订之日起七日内腾退",
        "超市值班经理和班组长在场，称系代婆婆取药，夏令营结束",
        "马钢总公司改制为马钢（集团）控股有限公司，服务于康力电梯有限公司",
    ],
)
def test_places_firms_and_words_are_no_names(text: str) -> None:
    assert names(text) == []


_ORDINARY = ["张桂芳", "王伟", "李建国", "欧阳建国", "谢婷婷", "陈涛", "刘秀荣"]
_FRAMES = [
    "申请人{}与被申请人{}系邻居，{}称{}多次堵塞水沟。",
    "{}的丈夫{}动手打人，调解员{}到场劝阻。",
    "村民{}反映，{}欠其货款三万元，{}可以作证。",
    "原告{}诉被告{}民间借贷纠纷，证人{}出庭。",
]


@pytest.mark.parametrize("frame", _FRAMES)
def test_one_ordinary_name_is_masked_like_another(frame: str) -> None:
    shapes = set()
    for first in range(len(_ORDINARY)):
        crowd = _ORDINARY[first:] + _ORDINARY[:first]
        shapes.add(_PSEUDONYM.sub("#", mask(frame.format(*crowd)).text))
    assert shapes == {frame.replace("{}", "#")}


def test_one_person_keeps_one_pseudonym() -> None:
    text = "王建国打了李秀英，老王不认，建国说是误会，王某愿意赔。"
    expected = "当事人甲打了当事人乙，当事人甲不认，当事人甲说是误会，当事人甲愿意赔。"
    assert mask(text).text == expected


def test_forms_that_contradict_each_other_are_not_one_person() -> None:
    assert mask("王先生和王女士吵架").text == "当事人甲先生和当事人乙女士吵架"
    text = mask("王建国和王建军是兄弟，老王是他们的父亲").text
    assert len(set(_PSEUDONYM.findall(text))) == 3


def test_known_parties_come_first_wherever_they_stand() -> None:
    found = mask(
        "问寸有才，甯 有德（有德）与寸有才相熟", pseudonyms=Pseudonyms(["甯有德", "寸有才"])
    )
    assert found.text == "问当事人乙，当事人甲（当事人甲）与当事人乙相熟"


def test_an_absent_party_keeps_its_letter() -> None:
    assert mask("原告王建国到庭", pseudonyms=Pseudonyms(["李秀英"])).text == "原告当事人乙到庭"


def test_masking_again_with_the_parties_changes_nothing() -> None:
    parties = ["李秀英", "王建国"]
    once = mask("王建国称李秀英欠钱", pseudonyms=Pseudonyms(parties)).text
    assert mask(once, pseudonyms=Pseudonyms(parties)).text == once


def test_texts_of_one_case_share_pseudonyms() -> None:
    people = Pseudonyms(["王建国"])
    assert mask("李秀英与王建国争吵", pseudonyms=people).text == "当事人乙与当事人甲争吵"
    assert mask("秀英称建国跑了", pseudonyms=people).text == "当事人乙称当事人甲跑了"
    assert mask("证人张伟说李秀英在场", pseudonyms=people).text == "证人当事人丙说当事人乙在场"


def test_a_file_of_lines_gets_spans_and_keeps_what_it_cannot_read(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "text": "原告王伟"}\n{"id": 2}\n', "utf-8")
    assert mask_lines(source, out, lambda rows: rows) == (2, 1)
    first, second = out.read_text("utf-8").splitlines()
    assert '"spans": [{"start": 2, "end": 4, "type": "name"}]' in first
    assert "缺少文字项 text" in second
    with pytest.raises(ZaojieError):
        mask_lines(tmp_path / "in.csv", out, lambda rows: rows)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("年广福、巩丽晴到场，年广福要求赔偿", ["年广福", "巩丽晴", "年广福"]),
        ("张三丰说不赔，李四说要赔", ["张三丰", "李四"]),
        ("申请人夔明海，男，住在村里", ["夔明海"]),
        ("女方都晓霞，男方全立新，因琐事争吵", ["都晓霞", "全立新"]),
        ("池小芳（网格员）上报：麻建勇家的水沟堵了", ["池小芳", "麻建勇"]),
        ("我叫麦迪娜·吐尔逊，贾尔肯·胡安卖给我的羊病了", ["麦迪娜·吐尔逊", "贾尔肯·胡安"]),
    ],
)
def test_a_rare_surname_is_one_where_a_name_may_stand(text: str, names: list[str]) -> None:
    assert [text[span.start : span.end] for span in mask(text).spans] == names


@pytest.mark.parametrize(
    "text",
    [
        "年卡不退，全程无人处理，都说没办法",
        "来年开春再修水渠，后来双方都同意",
        "由社区牵头，车位纠纷已调解成功",
        "店主失联，客服推诿，女方回娘家",
        "屋前杨树遮挡，原告采光受影响，司机逃逸",
        "退住时押金未退，催收时双方争吵",
    ],
)
def test_an_everyday_word_with_the_character_of_a_rare_surname_stays(text: str) -> None:
    assert mask(text).spans == ()
