"""Where a name could stand: full, hidden, spoken and titled forms, names without a surname."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from zaojie_cases.masking.name_context import (
    bucket,
    crossed,
    crossing,
    cue_ends,
    left_cue,
    right_cue,
    speech_after,
    starting,
)
from zaojie_cases.masking.name_long import dotted_names, element_names, sound_names
from zaojie_cases.masking.surnames import (
    kinds,
    surname_at,
    surname_before,
    surname_first,
    surname_last,
)
from zaojie_cases.masking.words import cues, given_names, given_odds, lexicon, names, tags, things

_PERSON = frozenset({"role", "kin", "name", "after_name", "job"})
_SURE = _PERSON - {"job"}
_UNSURE = frozenset({"rare", "doubtful"})
_FAMILY = frozenset({"pure", "common", "rare", "compound"})
_EVERYDAY = frozenset({"doubtful", "unlisted"})
_OPEN = frozenset({"start", "punct", "list", "space"})
_GRAMMAR = frozenset(
    "的地得在是了着过不没也还就才又再都后来去从和与但却能会要可由有时者为以把被对到给让向于我他她你您们这那其之多"
)
"""Characters that hold sentences together; some are surnames all the same."""
_APART = _OPEN | {"list", "after_name"}
_SOUNDED = (_SURE | _OPEN) - {"name"}
_PLACE_ENDS = frozenset("路街村镇乡县市区巷弄站院校厂店局")
_PLACE_LIKE = frozenset("线湖岭苑坪冲坝垸寨府塘桥湾咀栏郡山河江城")
_OTHER_SENSE = re.compile(
    r"[现曾历兼担调升转今月年日]任|[职务立位始起源业由属对关等处基]于|[\d几数十百千两]万"
    r"|.?白(?:[跑等干忙交搭]|花钱)|[租营工发供需托]方|.?何(?:部门|单位|[种时地人处因故])"
    r"|.任[^。;、,\W和与向被]{3,9}(?:经理|主任|教授|会长|书记|校长|院长|厂长|处长|科长|秘书|会计|董事|监事|会员|委员)"
    r"|[男女双对我甲乙校厂院资卖买各多他贵伤时]方|[师讼业理修用电通训学租运药]费|.时[男女对]方|.?曾(?:担?任|先后|经|在|就|获|于|向|被|多次|以|有|发生|看见|口头|因|给|说)"
)
"""Verbs, adverbs and numbers that end in, or begin with, what would be the surname."""
_FAMILY_PLACE = re.compile(
    r"家(?:[大小老新上下东西南北前后]?[庄坳湾沟坪坝岭冲塘洼峪屯寨铺桥店集堡营窑垸畈坞圩港渡埠岗坡嘴咀峁塬梁墩渠堰垭碾磨楼渊滩洲庙祠])"
)
"""What follows a surname in the name of a village: 王家庄, 李家坳."""
_WHEN = re.compile("于(?:[本该次当前后昨去]|[上下][月年周午]|[同明今][日月年天]|今[晨晚])")
_COMMON = 5.0
"""Log frequency of a word that is not rare."""
_UNKNOWN = -1
"""Odds of a character that jieba's dictionary does not have."""
_SELDOM = 6.5
"""Log frequency that a doubled word (天天) stays below if it may be a child's name (乐乐)."""
_BEST = 2
"""The best odds that a character has."""
_HIDING = re.compile(r"[某xX×*\d○〇]")
_HIDDEN = (
    r"某人|某{1,3}(?:[甲乙丙丁戊己庚]|\d{1,2}(?!\d))?|\d{1,2}某{1,2}[x×]?"
    r"|[xX×*○〇]{1,2}\d{0,2}(?![\dA-Za-z×*○〇])|[\u4e00-\u9fff][×*○〇](?![\dA-Za-z×*○〇])"
    r"|\d{1,2}(?![\d年月日时点分元万千百个岁号米.%/\-:])"
)
_HOMELY = ("小", "大", "晓")
"""First characters of given names such as 小芹, 大妹."""
_CRAFTS = "工总哥姐嫂婶叔伯爷姨某"


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(rf"(?<=[{surname_last()}])(?=({_HIDDEN}))")


class Candidate(NamedTuple):
    """A stretch that may be a name, and the features of its inside."""

    start: int
    end: int
    features: tuple[str, ...]


@cache
def _long_things() -> re.Pattern[str]:
    return re.compile("|".join(sorted(word for word in things() if len(word) > 2)))


@cache
def _titles() -> re.Pattern[str]:
    by_length = sorted(cues()["title"], key=len, reverse=True)
    forms = ("kin", "honour", "office")
    groups = {kind: [t for t in by_length if cues()["title"][t] == kind] for kind in forms}
    named = "|".join(f"(?P<{kind}>{'|'.join(titles)})" for kind, titles in groups.items())
    return re.compile(rf"(?<=[{surname_last()}])(?:{named}|(?P<surname>姓)|(?P<craft>[{_CRAFTS}]))")


@cache
def _spoken() -> re.Pattern[str]:
    surnames = "".join(sorted(names().spoken))
    return re.compile(rf"[老小阿](?:([{surnames}])(?![某\d])|{'|'.join(sorted(names().compound))})")


@cache
def _given_pairs() -> frozenset[str]:
    return frozenset(given_names())


def _is_given(given: str, *, sure: bool = False) -> bool:
    """Say whether ``given`` is hardly anything but a given name; it may be less if ``sure``."""
    odds = [given_odds().get(char, 0) for char in given]
    if len(given) == 1:
        return odds[0] >= (1 if sure else _BEST)
    used = given in _given_pairs() or (given.startswith(_HOMELY) and odds[-1] > 0)
    return sum(odds) >= (2 if used and sure else 3 if used or sure else 4)


@cache
def _given_alone() -> re.Pattern[str]:
    usual = "".join(sorted(names().usual))
    after = re.escape("".join(sorted(cue_ends())))
    return re.compile(rf"(?<![^{after}])(?=[{usual}]{{2}})|(?=([\u4e00-\u9fff])\1)")


@cache
def _nicknames() -> re.Pattern[str]:
    usual = "".join(sorted(names().usual - names().spoken))
    return re.compile(f"[小阿][{usual}]")


@cache
def _compound() -> re.Pattern[str]:
    return re.compile("|".join(sorted(names().compound)))


class Start(NamedTuple):
    """Where a full name may start, where its given name begins, and what speaks for it there."""

    at: int
    given: int
    features: tuple[str, ...]


def candidates(
    view: str, shape: str, near: Collection[int] | None, hopeful: Callable[[Start], bool]
) -> Iterator[Candidate]:
    """Yield the candidates of ``view``, full names only where ``near`` and ``hopeful`` allow."""
    yield from _full_names(shape, near, hopeful)
    if _HIDING.search(view):
        yield from _hidden_names(view)
    for hit in _titles().finditer(view):
        surname = surname_before(view, hit.start())
        start, form = hit.start() - len(surname), hit.lastgroup or ""
        if surname and not _is_verb(view, start, surname, form):
            yield _bare_surname(view, start, surname, form)
    at = view.find("姓")
    while at >= 0:
        if (surname := surname_at(view, at + 1)) and view[at - 1 : at] != "百":
            yield _bare_surname(view, at + 1, surname, "named")
        at = view.find("姓", at + 1)
    for hit in _spoken().finditer(view):
        kind = kinds()[hit[0][1:]]
        odds = max(0, _odds(view, hit.end()))
        yield Candidate(*hit.span(), (f"fspoken{hit[0][0]}", f"s{kind}", f"n{odds}"))
    yield from _foreign_names(view)
    yield from _familiar_names(view, near)


def _foreign_names(view: str) -> Iterator[Candidate]:
    for start, end, form in element_names(view):
        yield Candidate(start, end, (f"f{form}",))
    for start, end, form in dotted_names(view):
        yield Candidate(start, end, (f"f{form}",))
    for start, end in sound_names(view):
        if left_cue(view, start) in _SOUNDED and view[end - 1] not in _PLACE_ENDS:
            yield Candidate(start, end, (f"fsound{end - start}",))


def _places(pattern: re.Pattern[str], view: str, near: Collection[int] | None) -> Iterable[int]:
    """Return where ``pattern`` matches, at the places of ``near`` alone if there are any."""
    if near is None:
        return map(re.Match.start, pattern.finditer(view))
    return (at for at in near if 0 <= at < len(view) and pattern.match(view, at))


def _familiar_names(view: str, near: Collection[int] | None) -> Iterator[Candidate]:
    """Yield given names and compound surnames that stand alone, and forms such as 阿强."""
    for start in _places(_given_alone(), view, near):
        name = view[start : start + 2]
        if _stands_alone(view, start, name):
            same = f"i{name[0] == name[1]}:{bucket(crossing(view, start + 2))}"
            word = f"m{bucket(starting(view, start)[0])}:{tags().get(name, '')}"
            yield Candidate(start, start + 2, ("fgiven", same, word))
    for hit in _nicknames().finditer(view):
        if hit[0] not in lexicon() and not crossing(view, hit.end()):
            odds = max(0, _odds(view, hit.end() - 1))
            yield Candidate(*hit.span(), (f"fnick{hit[0][0]}", f"n{odds}"))
    for hit in _compound().finditer(view):
        if right_cue(view, hit.end()) != "other":
            yield Candidate(*hit.span(), ("fcompound",))


def _stands_alone(view: str, start: int, name: str) -> bool:
    """Say whether ``name``, which begins at ``start``, may be a given name without a surname."""
    least = _least_cue(name)
    if least == "never":
        return False
    after, person = right_cue(view, start + 2), left_cue(view, start) in _PERSON
    if least == "twice":
        fit = after == "person" or (person and starting(view, start)[0] < _SELDOM)
    else:
        fit = person or (least == "any" and after != "other" and left_cue(view, start) != "other")
    return fit and kinds().get(view[start - 1 : start]) not in _FAMILY and not crossed(view, start)


@lru_cache(1 << 16)
def _least_cue(name: str) -> str:
    """Return what must stand before ``name`` if it is a given name: any cue, a person, never."""
    if kinds().get(name[0]) in _FAMILY or name in cues()["left"] or name in cues()["title"]:
        return "never"
    if name[0] == name[1]:
        return "twice" if given_odds().get(name[0], _UNKNOWN) >= 0 else "never"
    if name in lexicon():
        return "person" if tags().get(name) == "n" and _is_given(name, sure=True) else "never"
    return "any" if _is_given(name) else "person" if _is_given(name, sure=True) else "never"


def _full_names(
    view: str, near: Collection[int] | None, hopeful: Callable[[Start], bool]
) -> Iterator[Candidate]:
    """Yield surnames with given names of one and two characters.

    Any character may be a surname, there are thousands of them: after a word for a person,
    or where a name may stand and a given name follows.
    """
    never = names().never
    unlisted = _places(_after_cue(), view, near)
    listed = _places(surname_first(), view, near)
    for start in dict.fromkeys(chain(listed, unlisted)):
        surname = surname_at(view, start) or view[start]
        given = start + len(surname)
        if view[given : given + 1] in never or crossed(view, start):
            continue
        kind, first = kinds().get(surname, "unlisted"), _odds(view, given)
        if kind == "unlisted" and not _may_be_unlisted(view, start):
            continue
        weight, size = starting(view, start)
        if size == len(surname):  # the word is the surname: 欧阳
            weight, size = 0.0, 0
        word = f"k{bucket(weight)}:{size}:{speech_after(view, start) if size else ''}"
        cued = f"h{bucket(weight)}:{left_cue(view, start)}"
        begun = Start(start, given, (f"s{kind}:{first}", word, cued))
        if hopeful(begun) and not _is_something_else(view, start, given):
            for found in _with_given(view, begun, (bucket(weight), size), first):
                if kind not in _EVERYDAY or _may_be_everyday(view, begun, found):
                    yield found


def _may_be_everyday(view: str, begun: Start, found: Candidate) -> bool:
    """Say whether a name may begin with an everyday character: 年广福, but not 年卡."""
    given, sure = view[begun.given : found.end], _introduced(view, begun.at)
    is_listed = view[begun.at : begun.given] in kinds()
    if starting(view, begun.at)[1] or not (is_listed or len(given) == 2):
        return False  # 女方回娘家, 店主失联
    if view[begun.at] in _GRAMMAR and given[0] in "小老大阿":
        return False  # 和小刘
    free = not crossing(view, begun.at) and not crossing(view, begun.given)
    if view[begun.at] in _GRAMMAR or not sure:
        sure = free and (sure or (len(given) == 2 and left_cue(view, begun.at) in _APART))
    return _is_given(given, sure=True) if sure else free and _is_given(given)


def _is_something_else(view: str, start: int, given: int) -> bool:
    """Say whether what looks like a surname is a village's, a brand's, or part of a verb."""
    return bool(
        _FAMILY_PLACE.match(view, given)
        or _long_things().match(view, start)
        or _OTHER_SENSE.match(view, max(0, start - 1))
        or _governs(view, start)
        or (kinds().get(view[start:given]) in _UNSURE and crossing(view, start) >= _COMMON)
    )


def _governs(view: str, start: int) -> bool:
    """Say whether 于, 向 or 任 is the preposition or verb of the word after it: 于签约当日."""
    if kinds().get(view[start]) != "verbal":
        return False
    common = starting(view, start + 1)[0] >= _COMMON
    return bool(_WHEN.match(view, start)) or (common and not _is_given(view[start + 1 : start + 3]))


@cache
def _after_cue() -> re.Pattern[str]:
    """Return the pattern of two characters where a word or mark ends that a name may follow."""
    after = re.escape("".join(sorted(cue_ends())))
    return re.compile(rf"(?<![^{after}])(?=[\u4e00-\u9fff]{{2}})")


def _may_be_unlisted(view: str, start: int) -> bool:
    cue = left_cue(view, start)
    if view[start] in _GRAMMAR:
        return False
    if cue in _SURE - {"name"}:
        return True
    free = not starting(view, start)[1] and not crossing(view, start + 1)
    return cue in _OPEN and free and _is_given(view[start + 1 : start + 3])


def _with_given(view: str, begun: Start, word: tuple[str, int], first: int) -> Iterator[Candidate]:
    never, (start, given, _) = names().never, begun
    joint = _joint(view, given + 1)
    for end in range(given + 1, min(given + 3, len(view) + 1)):
        last = view[end - 1]
        if last in never or last in _PLACE_ENDS or not "\u4e00" <= last <= "\u9fff":
            return
        if view[start:end] in things():
            continue
        fit = "=" if word[1] == end - start else "<" if word[1] < end - start else ">"
        place = f"j{tags().get(view[start:end]) == 'ns'}"
        features = (*begun.features, f"w{word[0]}{fit}", place, f"e{last in _PLACE_LIKE}")
        if end == given + 1:
            titled = f"z{last in _CRAFTS}"
            own = ["ffull1", f"g{first}", titled, f"n{_odds(view, end)}", f"t{joint}"]
        elif view[given:end] in cues()["title"]:
            continue
        else:
            second, known = _odds(view, end - 1), view[given:end] in lexicon()
            if second < 1 and view[start : end - 1] in things():
                continue
            pair, sense = f"p{first}:{second}", f"x{tags().get(last, '')}"
            own = ["ffull2", pair, f"v{known}", f"q{last}", sense, f"u{second}:{joint}"]
        yield Candidate(start, end, (*features, *own))


def _introduced(view: str, start: int) -> bool:
    """Say whether a name is likely at ``start`` even if it begins with an everyday character."""
    cue = left_cue(view, start)
    return cue in _PERSON or (cue == "verb" and not starting(view, start)[1])


def _odds(view: str, at: int) -> int:
    """Return how much likelier the character at ``at`` is in a given name than elsewhere."""
    return given_odds().get(view[at : at + 1], _UNKNOWN)


def _joint(view: str, at: int) -> str:
    """Return what speaks for ``at`` as the place where a name of two characters ends."""
    return f"{right_cue(view, at)}:{starting(view, at)[1]}:{bucket(crossing(view, at + 1))}"


def _hidden_names(view: str) -> Iterator[Candidate]:
    for hit in _hidden().finditer(view):
        surname = surname_before(view, hit.start())
        start, end = hit.start() - len(surname), hit.end(1)
        form, kind = re.sub(r"\d", "0", hit[1]), kinds().get(surname)
        if not kind or (form[0] == "0" and left_cue(view, start) not in _SURE):
            continue
        if len(form) == 2 and form[0] not in "某xX×*○〇0":
            form = f"字{form[1]}"
        yield Candidate(start, end, (f"fhidden{form}", f"s{kind}"))
        if form.endswith("某") and view[end : end + 1] in names().usual:
            odds = f"n{_odds(view, end)}"
            yield Candidate(start, end + 1, ("fhidden某字", f"s{kind}", odds))


def _is_verb(view: str, start: int, surname: str, form: str) -> bool:
    """Say whether a surname is a verb there: 向书记反映, 由施工方, but not 邻居向阿姨."""
    kind, cue = kinds()[surname], left_cue(view, start)
    if form == "craft" and view[start : start + 2] in lexicon():
        return cue not in _PERSON
    if kind == "doubtful" and form != "honour":
        return cue not in _PERSON | _OPEN
    return kind == "verbal" and cue not in _PERSON


def _bare_surname(view: str, start: int, surname: str, form: str) -> Candidate:
    word = f"w{bucket(starting(view, start)[0])}{form}"
    return Candidate(start, start + len(surname), (f"f{form}", f"s{kinds()[surname]}", word))
