"""The part of an address below the street or village: house, building, unit, room, group.

Province to street and village names stay, they are no identity. A stretch is taken when it
stands on a street or village name, follows a word like 家住, or has two parts by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import before as before_of

_HAN = "一二三四五六七八九十百"
_NUMBER = (
    rf"(?:第?(?:[A-Za-z]?\d{{1,5}}(?:[\-—~/]\d{{1,5}}){{0,3}}[A-Za-z]?|[{_HAN}]{{1,4}})"
    r"|[A-Za-z]\d?|[东西南北甲乙丙丁])"
)
_UNIT = (
    r"号楼|号院|F(?![A-Za-z\d])|门洞|梯(?!子|队|形|田)|号门|号商?铺|号库|号厂房|号|弄|栋|幢|#栋|#楼|#|座|单元|室|房(?![屋子产价间地])|楼|层"
    r"|(?<=[\d一二三四五六七八九十])门(?!面)|村民小组|小组|组(?![织建成])|生产队|队(?!伍)|排|铺"
)
_PART = rf"{_NUMBER} ?(?:{_UNIT})"
_STEP = rf"(?:[ \-—之附,、]{{0,2}}{_PART})"
_ROOM = r"(?:[ \-—]{0,2}[A-Za-z]?\d{3,4}[A-Za-z]?(?![\d元万年米平㎡.多余]))"
_PLAIN_ROOM = (
    r"[A-Za-z]?-?\d{3,4}(?:-\d{1,4})?[A-Za-z]?"
    r"(?![\d年月日元点时分米公里人名辆条个次处车小多余几期段家天万吨进出班栋亩平㎡kKmM%.:~\-—+路线])"
    r"(?: ?[室房])?"
)
_CHAIN = re.compile(
    rf"(?=[附第A-Za-z\d东西南北甲乙丙丁 \-{_HAN}])(?:(?:附?{_PART}){_STEP}*{_ROOM}?"
    r"|(?<![\d.\-A-Za-z])[A-Za-z]?\d{1,3}[\-—]{1,2}(?:[A-Za-z]?\d{1,2}[\-—]{1,2})?\d{3,4}[A-Za-z]?"
    r"(?![\d\-—元年月日.万])(?: ?[室房号])?"
    rf"|(?:(?<=大厦)|(?<=广场)|(?<=大楼)|(?<=公寓)|(?<=商城)|(?<=[苑园]))[ \-]?{_PLAIN_ROOM}"
    r"|(?:(?<=[路街])|(?<=大道))\d{1,5}(?:-\d{1,4})?"
    r"(?![\d年月日元点时分米公里人名辆条个次处车小多余几期段家天万吨进出班栋亩kKmM%.:~\-—+]))"
)
_ROOM_END = re.compile(r"[栋幢座楼元号] ?[A-Za-z]?\d{3,4}[A-Za-z]?$")
_STEADY = re.compile(r"\d{3,4}室|\d[\-—]{1,2}[A-Za-z]?\d{1,2}[\-—]{1,2}\d{3,4}")
"""Shapes that are an address wherever they stand."""
_POSTCODE = re.compile(r" ?(?:\(?邮编:?)? ?\d{6}\)?(?!\d)")

_ROAD = re.compile(
    r"(?:路|街|道|巷|弄|里|胡同|线|段|期|花园|公寓|大厦|广场|宿舍|大院|家园|小区|苑|城|湾|府|庭|馆|郡|寓|厦"
    r"|邸|园|坊|墅|中心|楼|新村|国际|嘉园|工业区|开发区|新区|[A-Za-z\d一二三四五六七八九东南西北]区)"
    r"[( \-,]?$"
)
_TOWER = re.compile(
    r"(?:大厦|广场|写字楼|大楼|公寓|商[贸业务]?城|国际|中心|厂房|市场|超市|号楼?|[苑园])[( \-,]?$"
)
_VILLAGE = re.compile(
    r"(?:村|社区|居委会|村委会|大队|堡|畈|坊|里|宅|浜|桥|屯|庄|寨|寨子|湾|冲|坪|坝|乡|镇|街道|组|队)"
    r"[ \-,]?$"
)
_CUE = re.compile(
    r"(?:地址|住址|住所地?|家住|住在|居住[在于]?|现住|户籍地?|户籍所在地|租住[在于]?|租房"
    r"|坐落[在于]?|位于|收件|邮寄)[^。;!?,\n]{0,40}$"
)
_REGION = re.compile(r"(?:[省市县区镇乡村]|街道|自治[州县旗])[\u4e00-\u9fff\dA-Za-z]{0,14}$")
_COUNTED = re.compile(
    r"(?:[共有第近约余达每几多各建这那整变为]|一共|总共|地铁|公交|高铁|台风|文件|政府|局|院|部|委|厅|公司)$"
)
_AFTER = re.compile(
    r"^(?:地块|大厅|楼|文件?|令|线|公告|通知|批复|提案|高层?|以[上下]|[日晚早凌上下]午?)"
)
_HOUSE = re.compile(r"号|弄|附|[\-—]\d")
_INDOOR = re.compile(r"栋|幢|座|单元|室|号楼|#")
_FLOOR = re.compile(r"[楼层]")
_SHOP = re.compile(r"[房铺]")
_STREET_ENDS = frozenset("路街道巷弄里同")
_GROUP = re.compile(r"村民小组|小组|组|队|排")
_DAY = re.compile(r"第?(?:[12]?\d|3[01]|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])号")


def _accepted(view: str, start: int, end: int) -> bool:
    """Say whether the chain ``view[start:end]`` is somebody's address and not a count or a date."""
    chain, before = view[start:end], before_of(view, start, 50)
    if _AFTER.match(view[end : end + 3]) or _COUNTED.search(before):
        return False
    parts = len(re.findall(_PART, chain)) + chain.count("-") + bool(_ROOM_END.search(chain))
    on_road, indoor, house = _ROAD.search(before), _INDOOR.search(chain), _HOUSE.search(chain)
    bare = (
        chain[:1].isdigit()
        and not re.search(r"[\u4e00-\u9fff]", chain)
        and (before[-1:] in "路街道" or bool(_TOWER.search(before)))
    )
    if _CUE.search(before) or _STEADY.search(chain) or bare:
        return True
    if parts >= 2 and (on_road or indoor):
        return True
    if _GROUP.search(chain) and not house:
        return "村民" in chain or bool(_VILLAGE.search(before))
    if _DAY.fullmatch(chain) and before[-1:] not in _STREET_ENDS:
        return False
    floor = _FLOOR.search(chain) and _TOWER.search(before)
    on_street = on_road and (house or indoor or _SHOP.search(chain))
    in_village = (house or indoor) and (_VILLAGE.search(before) or _REGION.search(before))
    return bool(floor or on_street or in_village)


def find(view: str) -> Iterator[Span]:
    """Yield house numbers, buildings, units, rooms and village groups."""
    for hit in _CHAIN.finditer(view):
        if _accepted(view, hit.start(), hit.end()):
            post = _POSTCODE.match(view, hit.end())
            yield Span(hit.start(), post.end() if post else hit.end(), SpanType.ADDRESS)
