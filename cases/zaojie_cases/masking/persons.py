"""Who is who inside one text: 王建国, 建国, 老王 and 王某 may be one person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zaojie_cases.masking.surnames import kinds
from zaojie_cases.masking.words import names

_HIDDEN = re.compile(r"(?:某{1,3}|[xX×*○〇]{1,2})")
_DOTS = frozenset("·•・‧∙.")
_DOT = re.compile("[·•・‧∙.]")
_HIDING = frozenset("某xX×*○〇0123456789")
_SEXED = {
    "男": "先生 大爷 大叔 大伯 大哥 爷爷 叔叔 老汉 伯伯 老爷子 哥 叔 伯 爷",
    "女": "女士 小姐 太太 夫人 大妈 大婶 大娘 大嫂 大姐 阿姨 奶奶 老太太 婆婆 嫂子 姐 嫂 婶 姨",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it stands in a text, folded and without blanks, and what stands after it."""

    name: str
    after: str


def surname_of(name: str) -> str:
    """Return the surname of ``name``, empty if it has none that is known."""
    for size in (2, 1):
        if name[:size] in kinds():
            return name[:size]
    return ""


def given_of(name: str) -> str:
    """Return what ``name`` is called without the surname: empty if that is one character."""
    if not _DOTS.isdisjoint(name):
        return _DOT.split(name)[0]
    given = name[len(surname_of(name)) :] if 3 <= len(name) <= 4 and is_full(name) else ""
    return given if len(given) >= 2 else ""


def is_full(name: str) -> bool:
    """Say whether ``name`` is a full name: it hides nothing and is more than a surname."""
    return len(name) > 1 and _HIDING.isdisjoint(name) and not _bare_surname(name)


def _bare_surname(name: str) -> str:
    """Return the surname of a form that shows nothing else: 王, 老王, 王某, 王××."""
    if len(name) == 2 and name[0] in "老小阿" and name[1] in names().spoken:
        return name[1]
    surname = surname_of(name)
    rest = name[len(surname) :]
    return surname if surname and (not rest or _HIDDEN.fullmatch(rest)) else ""


def _sex(mention: Mention) -> str:
    for sex, titles in _SEXED.items():
        if mention.after.startswith(tuple(titles.split())):
            return sex
    return ""


def identify(mentions: Sequence[Mention], known: Iterable[str]) -> list[str]:
    """Return for each mention the key of its person, equal for the same person.

    ``known`` are full names that are known already. A given name belongs to the only person
    who bears it. A form that shows no more than a surname belongs to the only person of that
    surname, unless forms in the text contradict each other (王先生 and 王女士, 王某 and 王某某).
    """
    bare = {mention.name: _bare_surname(mention.name) for mention in mentions}
    full = dict.fromkeys([*known, *filter(is_full, bare)])
    by_given = _index((given_of(name), name) for name in full)
    if not (by_given.keys() & bare.keys() or any(bare.values())):
        return [mention.name for mention in mentions]
    by_surname = _index((surname_of(name), name) for name in full if name not in by_given)
    shapes = _index((surname, _hidden_part(name)) for name, surname in bare.items())
    sexes = _index((bare[m.name], _sex(m)) for m in mentions)

    def key(mention: Mention) -> str:
        name, surname = mention.name, bare[mention.name]
        if bearers := by_given.get(name):
            return bearers[0] if len(bearers) == 1 else name
        if not surname:
            return name
        clear = len(shapes.get(surname, ())) <= 1 and len(sexes.get(surname, ())) <= 1
        bearers = by_surname.get(surname, [])
        return bearers[0] if clear and len(bearers) == 1 else name + _sex(mention)

    return [key(mention) for mention in mentions]


def _hidden_part(name: str) -> str:
    hit = _HIDDEN.search(name)
    return hit[0] if hit else ""


def _index(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Return the distinct second parts by first part; pairs with an empty part are left out."""
    index: dict[str, list[str]] = {}
    for first, second in pairs:
        if first and second and second not in index.setdefault(first, []):
            index[first].append(second)
    return index
