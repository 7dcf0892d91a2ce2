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


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("加V abc_12345 聊", "abc_12345", "wechat"),
        ("vx:lucky888，别打电话", "lucky888", "wechat"),
        ("abc-123是我的微信，你加", "abc-123", "wechat"),
        ("他微信上有个叫happy2020a的人", "happy2020a", "wechat"),
        ("五百转我xiaoli47428，下不为例", "xiaoli47428", "wechat"),
        ("发个Tom-07426的名片", "Tom-07426", "wechat"),
        ("扣扣 445566778", "445566778", "account"),
        ("扣扣445 5667 788不回", "445 5667 788", "account"),
        ("聊价加我qian66shao再说", "qian66shao", "wechat"),
        ("邻居+[lou_dong3]进群", "lou_dong3", "wechat"),
        ("收款账号wangchun-pay，已付", "wangchun-pay", "account"),
        ("抖音号nongjia.xiaoyuan发视频", "nongjia.xiaoyuan", "account"),
        ("打一三八五六七〇二二一九找我", "一三八五六七〇二二一九", "phone"),
        ("微信同号13812345678", "13812345678", "phone"),
        ("手机/微信：13812345678", "13812345678", "phone"),
        ("快手ab_666kj骗人", "ab_666kj", "account"),
        ("户名chy00369", "chy00369", "account"),
        ("拖拉机豫17-28356过磅", "豫17-28356", "plate"),
        ("驾驶证，车牌湘X-64485", "湘X-64485", "plate"),
    ],
)
def test_an_account_is_told_by_its_words_or_its_shape(text: str, value: str, kind: str) -> None:
    assert found(text) == [(value, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "iPhone15Pro坏了，换iphone14promax",
        "微信里说iPhone14Pro有问题",
        "GB31000-2014、gb8702-88和iso9001标准",
        "装Excel2016和v2.1.3版，word2007文件打不开",
        "型号hro7558，编号tm00012，model2023款",
        "微信支付3000元，微信转账12000元，加V信任",
        "RTX4090显卡，COVID-19疫情，快递SF1387204561930",
        "见www.abc_12.com和/x/abc_1234",
    ],
)
def test_products_standards_and_sums_are_no_accounts(text: str) -> None:
    assert found(text) == []


def test_money_sent_by_a_service_is_no_account() -> None:
    assert mask("用支付宝20000元付了定金").spans == ()
