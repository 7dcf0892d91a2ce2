"""WeChat and QQ (type ``wechat``), and accounts of other services (type ``account``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches

# Between the word and the value: 号, 账号, 是, a colon, brackets, "同手机号"...
_LINK = (
    r"(?:(?:的)?(?:好友)?(?:号码|号|[账帐]号|[账帐]户|ID|Id|id|名|群号|群)?)"
    r"(?:\(?同?(?:手机|电话)(?:号码?)?同?号?\)?)?[ ]?(?:是|为|叫|:|=|,|→)?"
    r"[ \"'“”‘’「」『』\[(【<《@]{0,3}"
)
_WECHAT_ID = (
    r"(?:[A-Za-z_][A-Za-z0-9_\-]{4,29}|\d{5,12}(?![\d元万块年月日%次人个]))(?![A-Za-z0-9_\-])"
)
_CHAT = re.compile(
    r"(?:(?:微信|薇信|威信|微兴|徽信|[Vv]信)"
    r"|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]|[Ww]e[Cc]hat|[Ww]eixin|[Vv](?=:))|(?<=加)[Vv微薇])"
    rf"{_LINK}({_WECHAT_ID})"
)
_QQ = re.compile(rf"(?:(?<![A-Za-z])[Qq]{{1,2}}|扣扣|企鹅号?){_LINK}(\d{{5,12}})(?![\d元万])")
_WXID = re.compile(r"(?<![A-Za-z0-9])(wxid_[A-Za-z0-9]{4,30})")
_BARE = re.compile(r"(?<![A-Za-z0-9])[a-z]{2,12}_\d{4,12}(?![A-Za-z0-9_\-])")
_GOAL = re.compile(
    r"(?:[退转打汇存][到入给]|[款,]入)(?=[A-Za-z_]{0,12}\d{5})(?!1[3-9]\d{9}(?!\d))([A-Za-z0-9_]{7,14})(?![A-Za-z0-9_\-元万%年月])"
)
_SERVICE = (
    r"支付宝|抖音|快手|微博|淘宝|京东|拼多多|闲鱼|陌陌|钉钉|小红书|B站|贴吧|知乎|飞书|游戏|宽带"
    r"|[Tt]elegram|[Ff]acebook|[Tt]witter|Skype|skype"
)
_ACCOUNT_ID = r"(?:\d{4}(?: \d{2,4}){1,4}|[A-Za-z0-9_][A-Za-z0-9_.\-]{4,39})"
_OTHER = re.compile(
    rf"(?:(?:{_SERVICE})(?:登录|直播|平台|用户)?(?:号码|号|[账帐]号|[账帐]户|ID|id|用户名|昵称|名)"
    r"|(?:会员|登录|网银|户|用户|开户|客户|学籍|住院|病历|就诊卡|门诊|存折|折|社保卡?|医保卡?|公积金)"
    r"(?:[账帐]?号|编号)"
    r"|卡号|支付宝(?=[A-Za-z0-9]*[A-Za-z_])"
    r"|[账帐]号|[账帐]户|[账帐]单号|户头|存折|存单|村[账帐]|用户名|登录名)"
    rf"码?[ ]?[是为见:=]?[ \"'“”\[(【]{{0,3}}({_ACCOUNT_ID})(?![A-Za-z0-9_\-元万年月日个])"
)


def find(view: str) -> Iterator[Span]:
    """Yield chat accounts, then any other account named as such."""
    for pattern in (_WXID, _CHAT, _QQ):
        yield from matches(pattern, view, SpanType.WECHAT, group=1)
    yield from matches(_GOAL, view, SpanType.ACCOUNT, group=1)
    for hit in _OTHER.finditer(view):
        if any(char.isdigit() for char in hit[1]):
            yield Span(hit.start(1), hit.end(1), SpanType.ACCOUNT)
    yield from matches(_BARE, view, SpanType.WECHAT)
