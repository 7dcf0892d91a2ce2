"""Long names: with a dot (阿卜杜拉·买买提), and after a cue names that have no known surname."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches

# Characters that write the sounds of names from other languages of China and abroad.
_SOUND = (
    "阿艾爱安奥巴白拜班贝比别伯卜不布采察才查次措达大戴丹丁多东登德杜顿恩尔伊依亚娅耶叶尤玉约于力里丽利莉莱来拉兰郎勒里仑伦罗洛龙路鲁"
    "玛马麦买曼梅美蒙米明莫姆木穆纳娜乃南尼妮宁努诺欧帕派潘培皮平普朴齐其奇恰强乔琼曲热仁荣茹瑞萨赛桑色沙莎珊尚少史什斯思苏索塔泰坦汤特提"
    "铁图吐土托娃瓦外旺维威韦温翁沃乌吾西希夏先谢辛兴许旭雅杨央扬伊英尤扎再泽扎增詹哲珍芝孜子祖卓佐古格噶尕嘎高戈公贡果哈海汗和合赫黑胡华怀"
    "霍加嘉江杰金晶居卡凯坎康考柯科克肯孔库奎昆兰甫夫弗福菲费芬丰朋彭买提江吉基及季加迦尖姜久朱仓嘉钦青却确群然日若赞扎紫巴措姆珠拥忠央卓嘎逊翰密冈埃伍雪彼保罗戴维珀蒂诗迪黛妲朵卜盖葛基切柏隆宾逸波坡博菩"
)
_DOT = "[·•・‧∙]"
_DOTTED = re.compile(rf"[{_SOUND}]{{1,7}}(?:{_DOT}[{_SOUND}]{{1,7}}){{1,3}}")
_ELEMENT = (
    "扎西|卓玛|顿珠|次仁|达瓦|尼玛|旺堆|旺姆|平措|多吉|央金|格桑|洛桑|索朗|丹增|白玛|拉姆|曲珍|次旦|边巴|巴桑|普布|米玛|拉巴|德吉|仁增|仁青|扎巴"
    "|加措|嘉措|尼珍|曲扎|桑珠|旦增|强巴|土登|阿旺|罗布|群培|泽仁|拥忠|买买提|艾买提|阿卜杜|阿不都|吐尔逊|古丽|阿依|帕提|热合曼|麦麦提|玉素甫|艾尔肯"
    "|库尔班|依明|巴特尔|乌兰|其其格|图雅|格日勒|苏和|巴雅尔|那仁|斯琴|高娃|朝鲁|哈斯|萨仁|娜仁|托娅|阿木尔|宝音|孟和|吉木|阿呷|阿依|拉马|尔古"
)
_ELEMENTS = re.compile(
    rf"(?:{_ELEMENT})(?:{_ELEMENT}|[{_SOUND}]{{1,3}}(?={_ELEMENT})){{1,3}}|(?:买买提|吐尔逊|阿卜杜|阿不都|热合曼|麦麦提)[{_SOUND}]{{0,4}}"
)
_FIELD = re.compile(
    r"(?:姓名|户名|我叫|名叫|联系人)[::是为]{0,2} ?([\u4e00-\u9fff]{2,4})(?=[,。;、)( \n]|$)"
)


_PROVERBIAL = re.compile(
    r"(?:张三|李四|王五|赵六|孙七|周八|吴九)(?![年月日天岁个人次万千百十元米分点号楼])"
)


def find(view: str) -> Iterator[Span]:
    """Yield dotted names, names of two known elements, 张三 and 李四, the value of a field 姓名."""
    yield from matches(_DOTTED, view, SpanType.NAME)
    yield from matches(_ELEMENTS, view, SpanType.NAME)
    yield from matches(_PROVERBIAL, view, SpanType.NAME)
    yield from matches(_FIELD, view, SpanType.NAME, group=1)
