from __future__ import annotations

import pytest

from zaojie_cases.masking import Span, SpanType, mask


def masked(text: str) -> str:
    return mask(text).text


def types(text: str) -> list[str]:
    return [span.type.value for span in mask(text).spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话13812345678。", "电话〔电话〕。"),
        ("电话１３８　１２３４　５６７８", "电话〔电话〕"),
        ("打138-1234-5678", "打〔电话〕"),
        ("打+86 138 1234 5678找我", "打〔电话〕找我"),
        ("座机0791-88665110转801", "座机〔座机〕"),
        ("电话：88665110", "电话：〔座机〕"),
        ("身份证11010519491231002X", "身份证〔证件〕"),
        ("证：110105 19491231 002Ｘ", "证：〔证件〕"),
        ("身份证号110105194912310021（错）", "身份证号〔证件〕（错）"),
        ("旧证110105491231002", "旧证〔证件〕"),
        ("卡号6222 0210 0112 2334 455", "卡号〔银行卡〕"),
        ("打到4111111111111111里", "打到〔银行卡〕里"),
        ("京A12345追尾沪AF12345", "〔车牌〕追尾〔车牌〕"),
        ("粤B·1234警", "〔车牌〕"),
        ("护照E12345678", "护照〔护照〕"),
        ("微信号：zhang_san88", "微信号：〔社交账号〕"),
        ("QQ12345678", "QQ〔账号〕"),
        ("抖音号dy123456", "抖音号〔账号〕"),
        ("发到zhang.san@example.com吧", "发到〔邮箱〕吧"),
        ("住东湖区八一大道123号3栋2单元501室", "住东湖区八一大道〔住址〕"),
        ("家住青山村三组12号", "家住青山村〔住址〕"),
        ("石桥村第五村民小组", "石桥村〔住址〕"),
    ],
)
def test_numbers_and_addresses_become_tokens(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("张三称李四打人，张三报警。", "当事人甲称当事人乙打人，当事人甲报警。"),
        ("申请人王某与被申请人李某某协商", "申请人当事人甲与被申请人当事人乙协商"),
        ("原告王x1诉被告赵××", "原告当事人甲诉被告当事人乙"),
        ("老张找到李女士", "当事人甲找到当事人乙女士"),
        ("尊敬的胡书记：", "尊敬的当事人甲书记："),
        ("我叫王建国，丈夫欧阳志强", "我叫当事人甲，丈夫当事人乙"),
        ("阿卜杜拉·买买提反映", "当事人甲反映"),
        ("當事人張偉報警", "當事人当事人甲報警"),
        ("姓名：扎西顿珠，男", "姓名：当事人甲，男"),
    ],
)
def test_names_become_stable_pseudonyms(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "案号〔2025〕赣0102民初123号，又（2015）阳民初字第407号",
        "依据民法典第五百七十七条，赔偿三万元，另付2,350.50元",
        "于2024年5月12日9时30分发生，2024-05-12登记",
        "高度重视，方便群众，金额三万元，安全第一，水费黄色单，周边马上张贴",
        "许可证已办，左拐弯，普惠园，高铁站，毛坯房，万元户",
        "A7县A3区A市地铁2号线，用户A00045581，订单号202511240001",
        "王府井路、李家湾村、周庄镇黄土坡村和张家界市",
        "向书记反映，由于某些原因，关于某小区，属于某公司",
        "小区共有12栋楼，3号停水，5号文件",
        "😀\x00 no Chinese at all, 12345 \n\t",
        "拨打12345、110或12315，客服400-820-8820",
        "王家庄与李家坳两村因灌溉渠道争执，张家新屯和马家老寨没有参加",
        "王老吉促销摊占道，周大福门店赔付，金耳环换成金项链，给孙子报班",
        "由何部门验收，出租方有权解除合同，经营方承诺整改，双方曾有口头约定",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert masked(text) == text
    assert mask(text).spans == ()


def test_spans_are_offsets_of_the_original() -> None:
    text = "原告李某电话１３８１２３４５６７８"
    assert mask(text).spans == (Span(2, 4, SpanType.NAME), Span(6, 17, SpanType.PHONE))


def test_pseudonyms_of_an_earlier_masking_are_not_given_again() -> None:
    assert masked("当事人甲说李某某来过") == "当事人甲说当事人乙来过"


def test_more_people_than_letters_get_distinct_pseudonyms() -> None:
    surnames = "王李张刘陈杨赵吴周徐孙"
    text = "、".join(f"{surname}某" for surname in surnames)
    assert len(set(masked(text).split("、"))) == len(surnames)


def test_private_use_characters_of_the_input_hide_nothing() -> None:
    assert types("\ue00013812345678\ue001") == ["phone"]


def test_an_enormous_text_is_masked_in_one_go() -> None:
    text = "原告李某电话13812345678，住解放路8号。\n" * 20_000
    result = mask(text)
    assert len(result.spans) == 60_000
    assert "138" not in result.text
