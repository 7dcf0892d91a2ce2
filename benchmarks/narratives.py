"""Invented dispute narratives with known identities: a grammar, no real person, no library."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

Gold = tuple[int, int, str]
"""Start, end and type of an identity inside a text."""

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _luhn_sum(digits: str) -> int:
    doubled = [int(char) * (1 + place % 2) for place, char in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled)


class Narratives:
    """A seeded source of (text, gold spans)."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        words = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
        self._types: dict[str, str] = words.pop("types")
        self._templates: list[str] = words.pop("templates")
        self._words: dict[str, list[str]] = {key: value.split() for key, value in words.items()}

    def texts(self, count: int) -> Iterator[tuple[str, list[Gold]]]:
        """Yield ``count`` narratives of one or two sentences each."""
        for _ in range(count):
            text, gold = "", list[Gold]()
            for template in self._random.sample(self._templates, self._random.choice((1, 1, 2))):
                text = self._fill(template, text, gold)
            yield text, gold

    def _fill(self, template: str, text: str, gold: list[Gold]) -> str:
        chosen: dict[str, str] = {}
        for piece in re.split(r"(\{\w+\})", template):
            if not piece.startswith("{"):
                text += piece
                continue
            slot = piece[1:-1]
            kind = slot.rstrip("1234")
            value = chosen.get(slot) or self.value(kind)
            if slot != kind:
                chosen[slot] = value
            name = value[: -len(self._title_of(value))] if kind == "title" else value
            if kind in self._types and name:
                gold.append((len(text), len(text) + len(name), self._types[kind]))
            text += value
        return text

    def value(self, kind: str) -> str:
        """Return one invented value of a slot of the grammar."""
        if kind in self._words:
            return self._pick(self._words[kind])
        made: str = getattr(self, f"_{kind}")()
        return made

    def _pick(self, choices: list[str]) -> str:
        return self._random.choice(choices)

    def _title_of(self, value: str) -> str:
        return next(title for title in self._words["titles"] if value.endswith(title))

    def _digits(self, count: int) -> str:
        return "".join(self._random.choices("0123456789", k=count))

    def _spaced(self, digits: str, *groups: int) -> str:
        """Return ``digits`` plain, parted into ``groups``, or full-width."""
        style = self._pick(["plain", "plain", "plain", "parted", "wide"])
        if style == "wide":
            return "".join(chr(ord(char) + 0xFEE0) for char in digits)
        if style == "plain":
            return digits
        parts, at = [], 0
        for size in groups:
            parts.append(digits[at : at + size])
            at += size
        return self._pick([" ", "-"]).join(part for part in [*parts, digits[at:]] if part)

    def _name(self) -> str:
        surnames = self._words["surnames"]
        weights = [max(1, 40 - rank) for rank in range(len(surnames))]
        return self._random.choices(surnames, weights)[0] + self._pick(self._words["given"])

    def _hidden(self) -> str:
        forms = ["某", "某某", "某甲", "x1", "XX"]
        return self._pick(self._words["surnames"][:60]) + self._pick(forms)

    def _title(self) -> str:
        return self._pick(self._words["surnames"][:60]) + self._pick(self._words["titles"])

    def _phone(self) -> str:
        number = self._pick(["13", "15", "17", "18", "19"]) + self._digits(9)
        return self._pick(["", "", "", "+86 ", "86-"]) + self._spaced(number, 3, 4)

    def _landline(self) -> str:
        head = self._pick(["0791-8", "010-6", "(0755)2", "0571 8"])
        return self._pick([head + self._digits(7), f"400-{self._digits(3)}-{self._digits(4)}"])

    def _id(self) -> str:
        year, month, day = (self._random.randint(*s) for s in ((1940, 2008), (1, 12), (1, 28)))
        region = self._pick(["110105", "360102", "430102", "650103", "510107"])
        first = f"{region}{year}{month:02}{day:02}{self._digits(3)}"
        total = sum(weight * int(d) for weight, d in zip(_ID_WEIGHTS, first, strict=True))
        return self._spaced(first + "10X98765432"[total % 11], 6, 8)

    def _card(self) -> str:
        head = self._pick(["622202", "621700", "622848", "456351"])
        body = head + self._digits(self._random.choice((9, 12)))
        last = (10 - _luhn_sum(body + "0") % 10) % 10
        return self._spaced(f"{body}{last}", 4, 4, 4, 4)

    def _plate(self) -> str:
        head = self._pick(list("京沪赣湘粤川")) + self._pick(list("ABCDEF"))
        letters = self._pick(list("ABCDEFGHJKLMNPQRSTUVWXYZ"))
        tails = [
            self._digits(5),
            f"{letters}{self._digits(3)}{letters}",
            f"{self._digits(4)}警",
            f"D{self._digits(5)}",
        ]
        return head + self._pick(["", "·", " "]) + self._pick(tails)

    def _wechat(self) -> str:
        return self._pick(["abc_", "wxid_", "lucky", "Tom-", "zq"]) + self._digits(6)

    def _qq(self) -> str:
        return self._pick(list("123456789")) + self._digits(self._random.randint(6, 9))

    def _account(self) -> str:
        return self._pick(["user", "hello_", "pay"]) + self._digits(5)

    def _email(self) -> str:
        return f"user{self._digits(4)}@{self._pick(['example.com', 'mail.example.cn'])}"

    def _passport(self) -> str:
        return self._pick(["E", "G"]) + self._digits(8)

    def _house(self) -> str:
        return f"{self._random.randint(1, 999)}号" + self._pick(["", "附2号", "3栋2单元501室"])

    def _room(self) -> str:
        return self._pick(["2栋301室", "A座1203"])

    def _building(self) -> str:
        forms = ["3栋2单元501室", "12号楼1单元302", "7幢1单元", "2-1-503", "5栋", "B座1802室"]
        return self._pick(forms)

    def _group(self) -> str:
        return self._pick(["三组", "5组", "第二村民小组", "12组8号", "八组"])
