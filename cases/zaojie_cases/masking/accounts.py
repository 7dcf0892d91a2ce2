"""WeChat (type ``wechat``), and accounts of other services, QQ among them (type ``account``).

Most are named by a word before or after them. A name of letters and digits that nothing
announces is taken for a chat account when it looks like one and not like a product.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.plate import PROVINCE
from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import FILL, NAME_FILL, matches

_WORD = (
    r"(?:(?:微信|薇信|威信|微兴|徽信|[威Vv]❤|微xin|微X|[Vv]信|绿泡泡|绿信|企微)"
    r"|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]|[Ww]e-?[Cc]hat|WECHAT|[Ww]ei[Xx]in|[Vv](?=[::])|[Vv]号))"
)
# Between the word and the value: 号, 账号, 是, a colon, brackets, "同手机号"...
_LINK = (
    r"(?: ?(?:的)?(?:好友)?(?:联系|搜索?|添加|加|找)?[我他她]?"
    r"(?:号码|号|[账帐]号|[账帐]户|ID|Id|id|昵称|名|群号|群)?)"
    r"(?:\(?同?(?:手机|电话)(?:号码?)?同?号?\)?)?[ ]?(?:是|为|叫|:|=|,|→)?"
    r"[ \"'“”‘’「」『』\[(【<《@]{0,3}"
)
_WECHAT_ID = (
    r"(?:[A-Za-z_][A-Za-z0-9_\-]{4,29}|\d{5,12}(?![\d元万块年月日%次人个]))(?![A-Za-z0-9_\-])"
)
_CHAT = re.compile(
    rf"(?:{_WORD}|(?<=加)[Vv微薇]|[加私]我?(?:个|的)?(?:私人|个人|工作|[大小])?号"
    r"|加我(?=[A-Za-z_]*[\d_-])|\+(?=[A-Za-z]+[\d_-]))"
    rf"{_LINK}({_WECHAT_ID})"
)
_SAME_NUMBER = re.compile(rf"同|(?:电话|手机)号?[ /、(,和兼及]{{0,2}}{_WORD}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_QQ = re.compile(
    rf"(?:(?<![A-Za-z{PROVINCE}])[Qq]{{1,2}}|扣扣|球球|企鹅号?)(?![A-Za-z]){_LINK}"
    r"(\d{5,12}|\d{3,4}(?: \d{3,4}){1,2})(?![\d元万])"
)
_WXID = re.compile(r"(?<![A-Za-z0-9])wxid_[A-Za-z0-9]{4,30}")

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{5,}")
_LONGEST = 20
_ADDRESS = frozenset("./@:#=&?%+-_")
_PRODUCT = re.compile(
    r"(?:iphone|ipad|imac|mac|oppo|vivo|huawei|honor|xiaomi|redmi|hongmi|mate|nova|reno|galaxy|note"
    r"|win|office|excel|word|wps|ppt|cad|python|java|model|level|type|covid|gbk?|gbt|jb|jgj|cjj|hj"
    r"|db|iso|iec|astm|din|en|ccc|rtx|gtx|hp|zl|no|sn|ip|http|www|tm|kw|pm|ph|mp|ps|usb|ddr|utf|sha"
    r"|md)[\-_]?\d",
    re.IGNORECASE,
)
_SAID_BEFORE = re.compile(rf"{_WORD}[^。;!?\nA-Za-z0-9{FILL}{NAME_FILL}]{{1,14}}$")
_SAID_AFTER = re.compile(
    r"[\"'”’」』\])】>》]?[ ,]?\(?这?个?(?:才?是|为)?(?:[我你他她其]|对方|本人|店家|老板)?的?"
    rf"(?:私人|个人|工作|[大小])?(?:{_WORD}|名片)"
)
_OWN_SHAPE = re.compile(
    r"[A-Za-z][a-z0-9]{1,15}_(?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]+"
    r"|[A-Z]?[a-z]{2,15}-\d{4,12}|[A-Z]?[a-z]{2,15}(?!(?:19|20)\d\d$)\d{4,12}"
)
"""What nothing but an account looks like: a word, then a number that is no year."""
_THING_AFTER = re.compile(r"[\u4e00-\u9fff]?(?:号楼|型|款|版|文件|系列|标准|[号字]?令)")
_OTHER_THING = re.compile(
    r"(?:型号?|编号|规格|标准|规范|规程|文号|[单批版货件]号|序列号|品牌|设备|条码|代码|密码|验证码"
    r"|学号|工号|第|字|网址|合同)"
    r"[是为:( 《]{0,3}$"
)
_GOAL = re.compile(
    r"(?:[退转打汇存][到入给]|[款,]入)(?=[A-Za-z_]{0,12}\d{5})(?!1[3-9]\d{9}(?!\d))([A-Za-z0-9_]{7,20})(?![A-Za-z0-9_\-元万%年月])"
)
_SERVICE = (
    r"支付宝|抖音|快手|微博|淘宝|京东|拼多多|闲鱼|陌陌|钉钉|小红书|B站|贴吧|知乎|飞书|游戏|宽带|视频号|微店|火山|探探|美团|饿了么"
    r"|[Tt]elegram|[Ff]acebook|[Tt]witter|Skype|skype"
)
_ACCOUNT_ID = r"(?:\d{4}(?: \d{2,4}){1,4}|[A-Za-z0-9_][A-Za-z0-9_.\-]{4,39})"
_OTHER = re.compile(
    rf"(?:(?:{_SERVICE})(?:登录|直播|平台|用户|店铺)?(?:号码|号|[账帐]号|[账帐]户|ID|id|用户名|昵称|名|账户名)"
    r"|(?:会员|登录|网银|户|用户|开户|客户|学籍|住院|病历|就诊卡|门诊|存折|折|社保卡?|医保卡?|公积金|缴费|缴存|燃气|水表|电表)"
    r"(?:[账帐]?号|编号)"
    rf"|卡号|(?:{_SERVICE}):?(?=[A-Za-z0-9]*[A-Za-z_])"
    r"|[账帐]号|[账帐]户|[账帐]单号|户头|存折|存单|村[账帐]|用户名|登录名|户名|UID|uid)"
    r"(?:ID|id)?码?[ ]?[是为见:=]?[ \"'“”\[(【]{0,3}"
    rf"({_ACCOUNT_ID})(?![A-Za-z0-9_\-元万年月日个])"
)
_NOT_A_WORD = re.compile(r"[\d_.\-]")
_SERVICE_NAMED = re.compile(_SERVICE)


def find(view: str) -> Iterator[Span]:
    """Yield chat accounts, then any other account named as such, then what looks like one."""
    named = list(_named(view))
    yield from named
    for hit in _TOKEN.finditer(view):
        apart = all(hit.end() <= span.start or span.end <= hit.start() for span in named)
        if apart and _is_chat_account(view, hit):
            yield Span(*hit.span(), SpanType.WECHAT)


def _is_chat_account(view: str, hit: re.Match[str]) -> bool:
    """Say whether a name of letters and digits is a chat account, by its shape or what is near."""
    start, end = hit.span()
    edges = _ADDRESS & {view[start - 1 : start], view[end : end + 1]}
    letters_only = hit[0].replace("-", "").isalpha()
    if edges or letters_only or end - start > _LONGEST or _PRODUCT.match(hit[0]):
        return False
    if _SAID_BEFORE.search(view, max(0, start - 24), start) or _SAID_AFTER.match(view, end):
        return True
    before = view[start - 1 : start]
    if not _OWN_SHAPE.fullmatch(hit[0]) or (before and before in PROVINCE):
        return False
    other = _OTHER_THING.search(view, max(0, start - 8), start) or _THING_AFTER.match(view, end)
    return other is None


def _named(view: str) -> Iterator[Span]:
    """Yield what a word before or after it names."""
    yield from matches(_WXID, view, SpanType.WECHAT)
    for hit in _CHAT.finditer(view):
        said = view[max(0, hit.start() - 4) : hit.start(1)]
        if not (_MOBILE.fullmatch(hit[1]) and _SAME_NUMBER.search(said)):
            yield Span(hit.start(1), hit.end(1), SpanType.WECHAT)
    yield from matches(_QQ, view, SpanType.ACCOUNT, group=1)
    yield from matches(_GOAL, view, SpanType.ACCOUNT, group=1)
    for hit in _OTHER.finditer(view):
        if _NOT_A_WORD.search(hit[1]) or _SERVICE_NAMED.match(hit[0]):
            yield Span(hit.start(1), hit.end(1), SpanType.ACCOUNT)
