"""Where a name could stand: full, hidden, spoken and titled forms, names without a surname."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import NamedTuple

from zaojie_cases.masking.name_context import (
    bucket,
    crossed,
    crossing,
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
from zaojie_cases.masking.words import cues, given_odds, lexicon, names, tags, things

_PERSON = frozenset({"role", "kin", "name", "after_name", "job"})
_SURE = _PERSON - {"job"}
_PLACE_ENDS = frozenset("路街村镇乡县市区巷弄站院校厂店局")
_PLACE_LIKE = frozenset("线湖岭苑坪冲坝垸寨府塘桥湾咀栏郡山河江城")
_OTHER_SENSE = re.compile(
    r"[现曾历兼担调升转今月年日]任|[职务立位始起源业由属对关等处基]于|[\d几数十百千两]万"
    r"|[租营工发供需托]方|.?何(?:部门|单位|[种时地人处因故])"
    r"|.任[^。;、,\W和与向被]{3,9}(?:经理|主任|教授|会长|书记|校长|院长|厂长|处长|科长|秘书|会计|董事|监事|会员|委员)"
    r"|[男女双对我甲乙校厂院资卖买各多他贵伤时]方|[师讼业理修用电通训学租运药]费|.时[男女对]方|.?曾(?:担?任|先后|经|在|就|获|于|向|被|多次|以|有|发生|看见|口头|因|给|说)"
)
"""Verbs, adverbs and numbers that end in, or begin with, what would be the surname."""
_FAMILY_PLACE = re.compile(
    r"家(?:[大小老新上下东西南北前后]?[庄坳湾沟坪坝岭冲塘洼峪屯寨铺桥店集堡营窑垸畈坞圩港渡埠岗坡嘴咀峁塬梁墩渠堰垭碾磨楼渊滩洲庙祠])"
)
"""What follows a surname in the name of a village: 王家庄, 李家坳."""
_UNKNOWN = -1
"""Odds of a character that jieba's dictionary does not have."""
_HIDING = re.compile(r"[某xX×*\d○〇]")
_HIDDEN = (
    r"某人|某{1,3}(?:[甲乙丙丁戊己庚]|\d{1,2}(?!\d))?|\d{1,2}某{1,2}[x×]?"
    r"|[xX×*○〇]{1,2}\d{0,2}(?![\dA-Za-z×*○〇])|[\u4e00-\u9fff][×*○〇](?![\dA-Za-z×*○〇])"
    r"|\d{1,2}(?![\d年月日时点分元万千百个岁号米.%/\-:])"
)
_CRAFTS = "工总哥姐嫂婶叔伯爷姨某"


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(rf"(?<=[{surname_last()}])(?:{_HIDDEN})")


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
        if surname and not _is_verb(view, hit.start() - len(surname), surname):
            yield _bare_surname(view, hit.start() - len(surname), surname, hit.lastgroup or "")
    at = view.find("姓")
    while at >= 0:
        if surname := surname_at(view, at + 1):
            yield _bare_surname(view, at + 1, surname, "named")
        at = view.find("姓", at + 1)
    for hit in _spoken().finditer(view):
        kind = kinds()[hit[0][1:]]
        odds = max(0, _odds(view, hit.end()))
        yield Candidate(*hit.span(), (f"fspoken{hit[0][0]}", f"s{kind}", f"n{odds}"))
    yield from _foreign_names(view)


def _foreign_names(view: str) -> Iterator[Candidate]:
    for start, end, form in element_names(view):
        yield Candidate(start, end, (f"f{form}",))
    for start, end in dotted_names(view):
        yield Candidate(start, end, ("fdotted",))
    for start, end in sound_names(view):
        if left_cue(view, start) in _PERSON:
            yield Candidate(start, end, (f"fsound{end - start}",))


def _full_names(
    view: str, near: Collection[int] | None, hopeful: Callable[[Start], bool]
) -> Iterator[Candidate]:
    """Yield surnames with given names of one and two characters."""
    never, doubtful = names().never, names().doubtful
    for hit in surname_first().finditer(view):
        start = hit.start()
        if near is not None and start not in near:
            continue
        surname = surname_at(view, start)
        given = start + len(surname)
        if not surname or view[given : given + 1] in never or crossed(view, start):
            continue
        if _FAMILY_PLACE.match(view, given) or _long_things().match(view, start):
            continue
        if surname not in doubtful or _introduced(view, start):
            kind, first = kinds()[surname], _odds(view, given)
            weight, size = starting(view, start)
            word = f"k{bucket(weight)}:{size}:{speech_after(view, start) if size else ''}"
            cued = f"h{bucket(weight)}:{left_cue(view, start)}"
            begun = Start(start, given, (f"s{kind}:{first}", word, cued))
            if hopeful(begun) and not _OTHER_SENSE.match(view, max(0, start - 1)):
                yield from _with_given(view, begun, (bucket(weight), size), first)


def _with_given(view: str, begun: Start, word: tuple[str, int], first: int) -> Iterator[Candidate]:
    never, (start, given, _) = names().never, begun
    joint = _joint(view, given + 1)
    for end in range(given + 1, min(given + 3, len(view) + 1)):
        last = view[end - 1]
        if last in never or last in _PLACE_ENDS or not "\u4e00" <= last <= "\u9fff":
            return
        if view[start:end] in things():
            continue
        if tags().get(view[start:end]) == "ns" and left_cue(view, start) not in _PERSON:
            continue
        fit = "=" if word[1] == end - start else "<" if word[1] < end - start else ">"
        features = (*begun.features, f"w{word[0]}{fit}", f"e{last in _PLACE_LIKE}")
        if end == given + 1:
            titled = f"z{last in _CRAFTS}"
            own = ["ffull1", f"g{first}", titled, f"n{_odds(view, end)}", f"t{joint}"]
        elif view[given:end] in cues()["title"]:
            continue
        else:
            second, known = _odds(view, end - 1), view[given:end] in lexicon()
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
        start, end = hit.start() - len(surname), hit.end()
        form, kind = re.sub(r"\d", "0", hit[0]), kinds().get(surname)
        if not kind or (form[0] == "0" and left_cue(view, start) not in _SURE):
            continue
        if len(form) == 2 and form[0] not in "某xX×*○〇0":
            form = f"字{form[1]}"
        yield Candidate(start, end, (f"fhidden{form}", f"s{kind}"))
        if form.endswith("某") and view[end : end + 1] in names().usual:
            odds = f"n{_odds(view, end)}"
            yield Candidate(start, end + 1, ("fhidden某字", f"s{kind}", odds))


def _is_verb(view: str, start: int, surname: str) -> bool:
    """Say whether a surname like 向 is the verb: 向书记反映, but not 邻居向阿姨."""
    return kinds()[surname] == "verbal" and left_cue(view, start) not in _PERSON


def _bare_surname(view: str, start: int, surname: str, form: str) -> Candidate:
    word = f"w{bucket(starting(view, start)[0])}{form}"
    return Candidate(start, start + len(surname), (f"f{form}", f"s{kinds()[surname]}", word))
