"""Invented dispute narratives with known identities: the templates of ``voices/``, filled.

A template belongs to the part ``fit`` or ``held-out`` by a hash of its text, whatever fills it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zlib import crc32

import yaml
from identities import Identities

from zaojie_cases.masking.words import given_names, given_odds, lexicon, long_names, names

Gold = tuple[int, int, str]
"""Start, end and type of an identity inside a text."""
Maker = Callable[[], str]

_FOLDER = Path(__file__).parent / "voices"
_HELD_OUT = 6
"""One template in so many is held out."""
_PEOPLE = "甲乙丙丁戊"
_SLOT = re.compile(
    r"([老小阿]?)\{([甲乙丙丁戊])姓\}(某某|某[甲乙丙丁]|某|[XxＸ×*]{1,2})?|\{(\w+)\}"
)
TYPES = {
    "电话": "phone",
    "座机": "landline",
    "证件": "id_card",
    "银行卡": "bank_card",
    "车牌": "plate",
    "邮箱": "email",
    "微信": "wechat",
    "QQ": "account",
    "护照": "passport",
    "账号": "account",
    "住址": "address",
}
_TOO_COMMON = 6.9
_TRIES = 5
_FREQUENT = "王李张刘陈" * 6 + "杨黄赵吴周徐孙马朱胡郭何林罗高" * 2


@cache
def templates(part: str) -> list[str]:
    """Return the templates of ``part``: ``fit`` or ``held-out``."""
    lines = [
        line.strip()
        for path in sorted(_FOLDER.glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    held = [crc32(line.encode()) % _HELD_OUT == 0 for line in lines]
    return [line for line, out in zip(lines, held, strict=True) if out == (part == "held-out")]


@cache
def stock() -> dict[str, list[str]]:
    """Return the word stock of ``narratives.yaml``."""
    words = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return {key: str(value).split() for key, value in words.items()}


@cache
def _usual_characters() -> list[str]:
    return sorted(names().usual)


@cache
def _any_characters() -> list[str]:
    """Return characters that seldom stand in given names, so that no name can be ruled out."""
    never = names().never
    return [char for char, odds in sorted(given_odds().items()) if odds >= -1 and char not in never]


@cache
def _words_like_names() -> list[str]:
    """Return everyday words that may be names as well: 高峰, 武松, 白云."""
    surnames, odds = names().common, given_odds()
    return [
        word
        for word, weight in sorted(lexicon().items())
        if weight < _TOO_COMMON
        and len(word) < 4
        and word[0] in surnames
        and all(odds.get(c, -2) >= 1 for c in word[1:])
    ]


@dataclass
class Filled:
    """A text; ``gold`` are its identities, ``open`` places that may count either way."""

    text: str = ""
    gold: list[Gold] = field(default_factory=list)
    open: list[tuple[int, int]] = field(default_factory=list)

    def add(self, value: str, kind: str | None = None, *, either: bool = False) -> None:
        """Append ``value``, as an identity of ``kind`` if there is one."""
        start, self.text = len(self.text), self.text + value
        if either:
            self.open.append((start, len(self.text)))
        elif kind:
            self.gold.append((start, len(self.text), kind))


class Narratives:
    """A seeded source of filled templates; ``name`` and ``company`` may come from elsewhere."""

    def __init__(
        self,
        seed: int,
        name: Callable[[], tuple[str, str]] | None = None,
        company: Maker | None = None,
        identities: Callable[[random.Random], Identities] = Identities,
    ) -> None:
        self.random = random.Random(seed)
        self.identities = identities(self.random)
        self._name = name or self.person
        self._company = company or self.organisation

    def pick(self, words: str) -> str:
        """Return a word of the stock."""
        return self.random.choice(stock()[words])

    def person(self) -> tuple[str, str]:
        """Return an invented (surname, given name); one of the two may be empty."""
        kinds, dice = names(), self.random.random()
        if dice < 0.05:
            return "", self._foreign()
        if dice < 0.1:
            return self._familiar()
        if dice > 0.97:
            word = self.random.choice(_words_like_names())
            return word[0], word[1:]
        surname = self.random.choice(_FREQUENT)
        if dice < 0.45:
            surname = self.random.choice(sorted(kinds.common))
        elif dice < 0.51:
            surname = self.random.choice(sorted(kinds.compound))
        elif dice < 0.62:
            surname = self.random.choice(sorted(kinds.rare))
        elif dice < 0.76:
            surname = self.random.choice(sorted(kinds.doubtful))
        elif dice < 0.79:
            surname = self.random.choice(_any_characters())
        given = self._given()
        for _ in range(_TRIES):
            if not any(surname + given[:size] in lexicon() for size in (1, 2)):
                break
            given = self._given()  # or names would excuse everyday words
        return surname, given

    def _familiar(self) -> tuple[str, str]:
        """Return a given name, a compound surname or a nickname that stands alone."""
        dice = self.random.random()
        if dice < 0.5:
            return "", self.random.choice([g for g in stock()["given"] if len(g) == 2])
        if dice < 0.65:
            return "", self.random.choice(given_names())
        if dice < 0.8:
            return "", self.random.choice(_usual_characters()) * 2
        if dice < 0.9:
            return self.random.choice(sorted(names().compound)), ""
        return "", self.random.choice("阿小") + self.random.choice(_usual_characters())

    def _given(self) -> str:
        usual, dice = _usual_characters(), self.random.random()
        if dice < 0.1:
            return "".join(self.random.choices(_any_characters(), k=self.random.choice((1, 2))))
        if dice < 0.35:
            return self.pick("given")
        if dice < 0.5:
            return self.random.choice(given_names())
        return "".join(self.random.choices(usual, k=1 if dice < 0.75 else 2))

    def _foreign(self) -> str:
        kind = self.random.choice(("minority", "elements", "elements", "long", "sounds", "dotted"))
        if kind in stock():
            return self.pick(kind)
        if kind == "elements":
            elements = sorted(long_names().elements)
            return "".join(self.random.choices(elements, k=self.random.choice((1, 2, 2))))
        if kind == "dotted":
            parts = (
                self.random.choices(_any_characters(), k=self.random.randint(2, 4)) for _ in "ab"
            )
            return "·".join(map("".join, parts))
        return "".join(self.random.choices(long_names().sounds, k=self.random.randint(3, 6)))

    def hide(self, surname: str) -> str:
        """Return a form that hides the given name."""
        forms = ("某", "某某", "某甲", "某乙", "XX", "X", "×", "××", "某1", "某某")
        return surname + self.random.choice(forms)

    def place(self) -> str:
        """Return an invented village, town, street or estate."""
        chars = self.pick(self.random.choice(("geo", "geo", "brand"))) + self.pick("geo2")
        if self.random.random() < 0.25:
            chars = (
                self.pick("brand")
                + self.pick("brand")
                + self.random.choice(("", self.pick("geo2")))
            )
        if self.random.random() < 0.2:  # a place that looks like a given name
            chars = self.random.choice(given_names())
        if self.random.random() < 0.05:
            chars = f"{self.pick('brand')}{self.pick('brand')}·{chars}"
        name = chars + self.pick("place_end")
        return (self.pick("region") if self.random.random() < 0.4 else "") + name

    def organisation(self) -> str:
        """Return an invented firm or office."""
        if self.random.random() < 0.2:
            return self.pick("organ")
        head = self.pick("region") if self.random.random() < 0.3 else ""
        brand = self.pick("brand") + self.pick("brand")
        if self.random.random() < 0.3:  # a brand that looks like a name
            surname = self.random.choice(sorted(names().common))
            brand = surname + "".join(
                self.random.choices(_usual_characters(), k=self.random.choice((1, 2)))
            )
            brand += self.random.choice(("", "", self.pick("trade")))
        return head + brand + self.pick("firm_end")

    def _other(self, slot: str) -> str:
        number = self.random.randint
        if slot == "机构":
            return self._company()
        if slot == "地名":
            return self.place()
        if slot == "案号":
            return f"〔{number(2015, 2026)}〕赣{number(100, 999):04}民初{number(1, 9999)}号"
        if slot == "金额":
            forms = (
                f"{number(1, 99)}万元",
                f"人民币{number(100, 99999)}元",
                f"{number(2, 9)}千元",
                "三万五千元",
            )
            return self.random.choice(forms)
        if slot == "日期":
            year, month, day = number(2015, 2026), number(1, 12), number(1, 28)
            forms = (
                f"{year}年{month}月{day}日",
                f"{month}月{day}日",
                f"{year}-{month:02}-{day:02}",
                "去年三月",
            )
            return self.random.choice(forms)
        return self.pick("statute")

    def fill(self, template: str, hidden: float = 0.06) -> Filled:
        """Return ``template`` filled; a person is hidden (王某) with probability ``hidden``."""
        people: dict[str, tuple[str, str]] = {}
        shown: dict[str, str] = {}
        for letter in _PEOPLE:
            surname, given = people[letter] = self._name()
            hide = (
                surname
                and "{" + letter + "姓}" not in template
                and "{" + letter + "名}" not in template
            )
            shown[letter] = (
                self.hide(surname) if hide and self.random.random() < hidden else surname + given
            )
        filled, position = Filled(), 0
        for hit in _SLOT.finditer(template):
            filled.add(template[position : hit.start()])
            self._fill_slot(filled, hit, people, shown, template)
            position = hit.end()
        filled.add(template[position:])
        return filled

    def _fill_slot(
        self,
        filled: Filled,
        hit: re.Match[str],
        people: dict[str, tuple[str, str]],
        shown: dict[str, str],
        template: str,
    ) -> None:
        slot = hit[4]
        if slot is None:
            surname = people[hit[2]][0] or people[hit[2]][1][:1]
            home = template[hit.end() : hit.end() + 1] in {"家", "记"} and not hit[1]
            filled.add(
                hit[1] + surname + (hit[3] or ""), "name", either=home or not people[hit[2]][0]
            )
        elif slot in shown:
            filled.add(shown[slot], "name")
        elif slot[0] in people and slot[1:] == "名":
            given = people[slot[0]][1]
            sure = len(given) >= 2 and "{" + slot[0] + "}" in template and people[slot[0]][0]
            filled.add(given, "name", either=not sure)
        elif slot in self.identities.kinds:
            filled.add(self.identities.make(slot), TYPES[slot])
        else:
            filled.add(self._other(slot))

    def texts(self, part: str, count: int, holding: str = "") -> Iterator[Filled]:
        """Yield ``count`` filled templates of ``part`` that match ``holding``, equally often."""
        pool: list[str] = []
        for _ in range(count):
            if not pool:
                pool = [line for line in templates(part) if re.search(holding, line)]
                self.random.shuffle(pool)
            yield self.fill(pool.pop())
