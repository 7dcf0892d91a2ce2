"""Numbers and addresses in the ways that people write them; numbers that name nobody."""

from __future__ import annotations

import pytest

from zaojie_cases.masking import mask


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], str(span.type)) for span in mask(text).spans]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("电话（+86 13812345678）", "+86 13812345678", "phone"),
        ("电话138 1234 5678。", "138 1234 5678", "phone"),
        ("手机１３８１２３４５６７８", "１３８１２３４５６７８", "phone"),
        ("座机（083755367362）找他", "083755367362", "landline"),
        ("座机(0755)26543210", "(0755)26543210", "landline"),
        ("卡号尾号1234的卡", "1234", "bank_card"),
        ("卡号371449635398431", "371449635398431", "bank_card"),
        ("卡号4992 7398 7160 1238", "4992 7398 7160 1238", "bank_card"),
        ("存折号62524650", "62524650", "account"),
        ("低保存折（user62498）拿走", "user62498", "account"),
        ("户头pay0956829上", "pay0956829", "account"),
        ("微信号zhang_san88", "zhang_san88", "wechat"),
        ("护照EA1234567", "EA1234567", "passport"),
        ("北京路12号3单元402室的住户", "12号3单元402室", "address"),
        ("住幸福村3组15号", "3组15号", "address"),
        ("住阳光小区5栋2单元301", "5栋2单元301", "address"),
        ("湖南省上海县城东兴城路b座 123456", "b座 123456", "address"),
        ("家住擎天半岛7幢3539", "7幢3539", "address"),
        ("桃源村Y座的住户", "Y座", "address"),
        ("在长河大厦1605办公", "1605", "address"),
        ("新区云江标准厂房9号楼7F", "9号楼7F", "address"),
    ],
)
def test_the_whole_value_and_nothing_else_is_masked(text: str, value: str, kind: str) -> None:
    assert found(text) == [(value, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "工号12345，订单号202511240001234567，信用代码91360102MA35XXXX12",
        "人民路110kv高压线，学府路2019年完工，广场3000平米，大厦共1200户",
        "南昌市青山湖区北京东路、梅源镇高桥村和锦绣花园",
        "〔2025〕赣0102民初123号与(2024)粤01民终456号之二",
    ],
)
def test_numbers_that_name_nobody_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("公积金账号0791 0038 2746写错", "0791 0038 2746"),
        ("社保编号3601028847对不上", "3601028847"),
        ("社保卡号C48172936没有更新", "C48172936"),
        ("拿别人的社保卡（卡号D60517283）就诊", "D60517283"),
        ("支付宝mrl_zhfb77收了六百", "mrl_zhfb77"),
    ],
)
def test_an_account_is_found_by_the_word_before_it(text: str, value: str) -> None:
    assert found(text) == [(value, "account")]


def test_money_sent_by_a_service_is_no_account() -> None:
    assert mask("用支付宝20000元付了定金").spans == ()
