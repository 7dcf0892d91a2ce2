from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_features.cues import (
    LIMITING,
    feature_cues,
    find_cues,
    lexicon,
    red_rules,
)

BLOWS = ("struck", "pushed", "injured")
GRAVE = ("threat_explicit", "threat_vague", "ultimatum", "weapon", "smashed", "gathering", *BLOWS)
AFFIRMED = [
    ("他放话说早晚要弄死对方", "threat_explicit"),
    ("对方喊“老子今晚就烧了你家房子”", "threat_explicit"),
    ("他说“你给我等着，走着瞧”", "threat_vague"),
    ("他每天半夜蹲在对方楼下盯着看", "threat_vague"),
    ("再不把钱拿来，我就把你店砸了", "ultimatum"),
    ("限三天搬走，否则后果自负", "ultimatum"),
    ("两人互相推搡，被人拉开", "pushed"),
    ("他抬手打了对方一巴掌", "struck"),
    ("抄起板凳砸向对方", "struck"),
    ("对方额头缝了五针，肋骨骨折", "injured"),
    ("他手持柴刀站在门口", "weapon"),
    ("来时手里拎着一桶汽油", "weapon"),
    ("玻璃被他全砸了", "smashed"),
    ("他一脚把店门踹坏", "smashed"),
    ("他喊了几十个人把厂门堵死", "gathering"),
    ("满身酒气上门理论", "drink"),
    ("她说不想活了，要喝农药", "despair"),
    ("两家结怨多年，见面就扭头", "grievance"),
    ("上次调解签了协议，至今没给钱", "broken_promise"),
    ("多次反映一直没人管，互相踢皮球", "stalled"),
    ("当场表示不同意调解，摔门而去", "unwilling"),
    ("双方都愿意坐下来谈，各让一步", "willing"),
    ("丈夫长期家暴", "domestic_violence"),
]
TRAPS = [
    "没等村干部劝，他就动手打了人",
    "没说两句就动手打人",
    "不是没动过手，他打了对方两拳",
    "并非没有动手，打了一拳",
    "没人拉架，他又打了对方一拳",
    "没能拦住，他打了对方一耳光",
    "不但没道歉，反而打了对方一拳",
    "他否认动手，但监控拍到他确实打了人",
    "我亲耳听到他动手打人",
    "不管谁劝，他都动手打人",
    "没完没了地吵，最后动手打人",
    "无故殴打邻居",
    "未经商量就动手打人",
    "没钱还债，被对方殴打",
    "三年前打过架，昨天又动手打人",
    "害怕也没用，他照样打了我一拳",
]
LIMITED = [
    ("双方没有动手", "negated"),
    ("没有打人、砸东西、堵门", "negated"),
    ("未动手，未持械，也无人受伤", "negated"),
    ("从头到尾没有人动手", "negated"),
    ("说他打人，经查不属实", "negated"),
    ("报警称有人打架。民警到场核实，没有的事，系误报", "negated"),
    ("打人一说系误传，查无此事", "negated"),
    ("他矢口否认打过人", "negated"),
    ("听说他打了人", "hearsay"),
    ("群里有人讲他打人，没人亲眼看见", "hearsay"),
    ("据传他动手打人，尚未核实", "hearsay"),
    ("三年前打过一架，早已和好", "settled"),
    ("当年他动过手，后来赔了礼，两家现在来往如常", "settled"),
    ("早年打过架。事后双方已和解，再没吵过", "settled"),
    ("担心他会动手打人", "hypothetical"),
    ("万一打起来怎么办", "hypothetical"),
    ("为防止双方动手，分开谈话", "hypothetical"),
    ("叮嘱双方不要动手", "hypothetical"),
    ("要是他打我，我该找谁", "hypothetical"),
    ("《治安管理处罚法》规定，殴打他人的处以拘留", "quoted"),
    ("宣传栏写着：打架斗殴害人害己", "quoted"),
    ("新闻里说有人因停车打人被拘留", "quoted"),
    ("村规民约第三条：不得打架", "quoted"),
    ("隔壁村那两家打过架", "other"),
    ("打架的是另一起纠纷的人，与本案无关", "other"),
    ("前面那户打架，不是这两家", "other"),
]


def scopes(narrative: str, *cues: str) -> set[str]:
    return {hit.scope for hit in find_cues(narrative) if hit.cue in cues}


def rules(narrative: str) -> list[str]:
    return [rule.name for rule in red_rules(find_cues(narrative))]


MATTERS = [
    ("倒车时撞倒邻居，住院三十天，护理费没谈拢", "injured"),
    ("孩子课间追跑时磕掉门牙", "injured"),
    ("挖地基致邻居家墙体开裂", "smashed"),
    ("骑摩托打滑，与人相碰，车把摔坏", "smashed"),
    ("欠村民的钱拖了四年", "stalled"),
    ("这是第2次反映同一件事", "stalled"),
    ("打了欠条，年底还，到期未还", "broken_promise"),
    ("付定金后卖家反悔", "broken_promise"),
    ("双方此前不认识", "broken_promise"),
    ("被申请人的朋友也来电说明", "gathering"),
    ("因三轮车停在路中产生纠纷", "gathering"),
    ("来调委会申请调解", "willing"),
    ("要求对方书面致歉", "willing"),
    ("双方对利息各执一词", "unwilling"),
    ("已分别谈话", "unwilling"),
    ("请莫怪我话多", "threat_vague"),
    ("天还没亮，就坐下写信", "ultimatum"),
]


@pytest.mark.parametrize(("narrative", "cue"), MATTERS)
def test_the_plain_matter_of_a_dispute_is_no_cue(narrative: str, cue: str) -> None:
    assert "affirmed" not in scopes(narrative, cue)


@pytest.mark.parametrize(
    ("narrative", "cue"),
    [
        ("因追尾争吵，他下车一拳把对方鼻梁打断", "injured"),
        ("修路挡了门，他一气之下把围栏砸烂", "smashed"),
        ("反映三个月，物业推给社区，没人管", "stalled"),
        ("调解时说好还借款，签了协议，转头就不认", "broken_promise"),
        ("被申请人叫来二十个人堵着厂门不让走", "gathering"),
        ("刀架在脖子上说下次不劝也砍", "threat_explicit"),
        ("把会计反锁在办公室一夜", "pushed"),
    ],
)
def test_the_same_matter_with_a_deed_is_one(narrative: str, cue: str) -> None:
    assert "affirmed" in scopes(narrative, cue)


@pytest.mark.parametrize(
    ("narrative", "scope"),
    [
        ("有人喊堵门、砸牌子，都没动", "hypothetical"),
        ("再不修就砸你家，大伙笑成一团", "hypothetical"),
        ("他打了保安，道了歉，赔了钱，保安收下，说算了", "settled"),
    ],
)
def test_heat_and_redress_take_the_weight_away(narrative: str, scope: str) -> None:
    assert scope in scopes(narrative, *GRAVE)
    assert "affirmed" not in scopes(narrative, *GRAVE)


@pytest.mark.parametrize(("narrative", "cue"), AFFIRMED)
def test_what_a_mediator_would_see(narrative: str, cue: str) -> None:
    assert "affirmed" in scopes(narrative, cue)


def test_every_cue_has_a_case_above() -> None:
    assert {cue for _, cue in AFFIRMED} == set(lexicon().cues)


@pytest.mark.parametrize("narrative", TRAPS)
def test_not_every_no_denies(narrative: str) -> None:
    assert "affirmed" in scopes(narrative, *BLOWS)


@pytest.mark.parametrize(("narrative", "scope"), LIMITED)
def test_what_is_not_affirmed(narrative: str, scope: str) -> None:
    assert scopes(narrative, *BLOWS) == {scope}
    assert "affirmed" not in scopes(narrative, *GRAVE)


def test_every_scope_has_a_case_above() -> None:
    assert {scope for _, scope in LIMITED} == LIMITING


@pytest.mark.parametrize(
    "narrative",
    ["再不还钱就砍死你", "三天内不搬走，就把你家砸了", "“不赔钱我就打断你的腿”，他说"],
)
def test_a_threat_with_a_condition_is_an_ultimatum(narrative: str) -> None:
    found = {(hit.cue, hit.scope) for hit in find_cues(narrative)}
    assert ("ultimatum", "affirmed") in found
    assert {scope for cue, scope in found if cue in GRAVE and cue != "ultimatum"} == {"ultimatum"}


@pytest.mark.parametrize(
    "narrative",
    [
        "再不还钱就去法院起诉",
        "否则我就打12345投诉",
        "月底前不付款，就申请劳动仲裁",
        "多次上访，到法院起诉，又打12345投诉，找记者曝光",
        "打了三个电话",
        "他打工多年，打算回家打水",
        "打死我也不卖",
        "砍价砍了半天",
        "家里杀猪，烧火做饭",
        "带菜刀回家切菜",
        "热得要命",
        "消防安全受到威胁",
    ],
)
def test_lawful_acts_and_figures_of_speech_are_no_cues(narrative: str) -> None:
    assert "affirmed" not in scopes(narrative, *lexicon().cues)


@pytest.mark.parametrize(
    ("narrative", "scope"),
    [
        ("他对着我说“我要弄死你”", "affirmed"),
        ("宣传单上写“弄死你不是气话，是犯罪”", "quoted"),
        ("“弄死你”这句话，在场的都没听见，他没说过", "negated"),
    ],
)
def test_whose_words_stand_in_quotation_marks(narrative: str, scope: str) -> None:
    assert scopes(narrative, "threat_explicit") == {scope}


@pytest.mark.parametrize(
    ("narrative", "expected"),
    [
        ("他手持柴刀扬言要弄死对方", ["explicit_threat"]),
        ("扬言要弄死对方。次日又带刀上门", ["explicit_threat"]),
        ("拎着砍刀说，再不还钱就砍死你", ["explicit_threat"]),
        ("扬言要弄死对方", []),
        ("手持柴刀上山砍柴", []),
        ("手持柴刀，听说他要弄死对方", []),
        ("没有持刀，只说要弄死对方", []),
        ("丈夫打老婆", ["domestic_violence"]),
        ("妻子打老公", ["domestic_violence"]),
        ("长期家暴", ["domestic_violence"]),
        ("没有家暴", []),
        ("她说不想活了", ["self_harm"]),
        ("没钱看病，不想活了", ["self_harm"]),
        ("他拿刀说要砍死邻居，骂骂咧咧地走了", ["explicit_threat"]),
        ("举着菜刀喊砍死你，说完哈哈大笑", ["explicit_threat"]),
        ("持刀扬言要弄死保安，道了歉，保安收下", ["explicit_threat"]),
        ("起初好好谈，说着站到楼顶要跳楼", ["self_harm"]),
        ("没人管我，我要跳楼", ["self_harm"]),
        ("没有轻生念头", []),
        ("宣传单写着：珍爱生命，拒绝自杀", []),
        ("", []),
    ],
)
def test_red_rules(narrative: str, expected: list[str]) -> None:
    assert rules(narrative) == expected


def test_a_rule_names_its_help_and_the_places_it_rests_on() -> None:
    narrative = "昨天他拿刀，說要弄死人！沒有人受傷。"
    [rule] = red_rules(find_cues(narrative))
    assert {narrative[slice(*span)] for span in rule.spans} >= {"拿刀"}
    assert "派出所" in rule.help
    assert rule.title == lexicon().rules["explicit_threat"].title


def test_rules_lead_to_help_and_are_no_features() -> None:
    assert set(lexicon().cues) - set(feature_cues()) == {"domestic_violence", "despair"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("打老婆", "打老公"),
        ("殴打妻子", "殴打丈夫"),
        ("跟维吾尔族小伙子拼命", "跟汉族姑娘拼命"),
        ("没有对来自河南的当事人甲动手", "没有对来自广西壮族自治区的当事人乙动手"),
        ("让当事人甲好看", "让〔姓名〕好看"),
    ],
)
def test_who_somebody_is_moves_no_cue(one: str, other: str) -> None:
    found = [[(hit.cue, hit.scope) for hit in find_cues(text)] for text in (one, other)]
    assert found[0] == found[1] != []


def test_spans_lead_back_over_what_is_not_read() -> None:
    narrative = "听说当事人甲昨天对〔姓名〕說要弄死他，打了當事人乙一拳。"
    found = {hit.cue: narrative[slice(*hit.span)] for hit in find_cues(narrative)}
    assert found["threat_explicit"].endswith("弄死")
    assert found["struck"].startswith("打了")


CALM = st.text(alphabet="天地日月山川田园春夏秋冬东西南北桥亭", min_size=1, max_size=60)
STORIES = st.sampled_from([text for text, _ in AFFIRMED + LIMITED] + TRAPS)
LAW = "《治安管理处罚法》第四十三条规定：殴打他人的，处五日以上十日以下拘留。"


@given(CALM, STORIES)
def test_a_sentence_far_away_moves_nothing(calm: str, story: str) -> None:
    shift = len(calm) + 1
    moved = [
        (h.cue, h.span[0] - shift, h.span[1] - shift, h.scope)
        for h in find_cues(f"{calm}。{story}")
    ]
    assert moved == [(h.cue, *h.span, h.scope) for h in find_cues(story)]


@given(STORIES, st.booleans())
def test_a_sentence_of_law_moves_no_affirmed_cue(story: str, first: bool) -> None:
    affirmed = [h.cue for h in find_cues(f"{story}。") if h.scope == "affirmed"]
    with_law = f"{LAW}{story}。" if first else f"{story}。{LAW}"
    assert [h.cue for h in find_cues(with_law) if h.scope == "affirmed"] == affirmed


@given(st.lists(STORIES | st.text(max_size=12), max_size=5))
def test_hits_stand_in_order_inside_the_text(parts: list[str]) -> None:
    narrative = "".join(parts)
    hits = find_cues(narrative)
    places = [span for hit in hits for span in (hit.span, hit.because) if span]
    assert all(0 <= start < end <= len(narrative) for start, end in places)
    assert [hit.span for hit in hits] == sorted(hit.span for hit in hits)


@pytest.mark.parametrize(
    "narrative", ["", "😀\x00", "no Chinese", "排" * 20_000, "，" * 20_000, "“" * 3_000]
)
def test_odd_text_has_no_cues(narrative: str) -> None:
    assert find_cues(narrative) == ()


def test_a_long_page_without_marks_is_read() -> None:
    hits = find_cues("没动手" * 6_666)
    assert {hit.scope for hit in hits} == {"negated"}
    assert len(hits) == 6_666
