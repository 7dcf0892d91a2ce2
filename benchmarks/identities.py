"""Invented numbers that identify somebody, in the ways that people write them: no real one."""

from __future__ import annotations

import random

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def luhn_sum(digits: str) -> int:
    """Return the Luhn sum of ``digits``."""
    doubled = [int(char) * (1 + place % 2) for place, char in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled)


class Identities:
    """A seeded source of numbers; ``kind`` is a slot of the templates in ``voices/``."""

    def __init__(self, dice: random.Random) -> None:
        self._random = dice
        self._makers = {
            "电话": self._phone,
            "座机": self._landline,
            "证件": self._id_card,
            "银行卡": self._bank_card,
            "车牌": self._plate,
            "邮箱": self._email,
            "微信": self._wechat,
            "QQ": self._qq,
            "护照": self._passport,
            "账号": self._account,
            "住址": self._address,
        }

    @property
    def kinds(self) -> set[str]:
        """The slots that this source fills."""
        return set(self._makers)

    def make(self, kind: str) -> str:
        """Return one invented value of ``kind``."""
        return self._makers[kind]()

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _digits(self, count: int) -> str:
        return "".join(self._random.choices("0123456789", k=count))

    def _written(self, digits: str, *groups: int) -> str:
        """Return ``digits`` plain, parted into ``groups``, or full-width."""
        style = self._pick("plain", "plain", "plain", "parted", "wide")
        if style == "wide":
            return "".join(chr(ord(char) + 0xFEE0) for char in digits)
        if style == "plain":
            return digits
        parts, at = [], 0
        for size in groups:
            parts.append(digits[at : at + size])
            at += size
        return self._pick(" ", "-").join(part for part in [*parts, digits[at:]] if part)

    def _phone(self) -> str:
        number = self._pick("13", "15", "17", "18", "19") + self._digits(9)
        return self._pick("", "", "", "", "+86 ", "86-", "+86") + self._written(number, 3, 4)

    def _landline(self) -> str:
        local = self._pick("2", "3", "5", "6", "8") + self._digits(6)
        area = self._pick("0791-8", "010-6", "(0755)2", "0571 8", "0310-", "08375", "021—5")
        tail = self._pick("", "", "", "转801", "-8012")
        return area + local + tail

    def _id_card(self) -> str:
        year, month, day = (self._random.randint(*s) for s in ((1940, 2008), (1, 12), (1, 28)))
        region = self._pick("110105", "360102", "430102", "650103", "510107", "220182")
        first = f"{region}{year}{month:02}{day:02}{self._digits(3)}"
        total = sum(weight * int(d) for weight, d in zip(_ID_WEIGHTS, first, strict=True))
        return self._written(first + "10X98765432"[total % 11], 6, 8)

    def _bank_card(self) -> str:
        head = self._pick("622202", "621700", "622848", "456351", "623052", "601428")
        body = head + self._digits(self._random.choice((9, 10, 11, 12)))
        last = (10 - luhn_sum(body + "0") % 10) % 10
        return self._written(f"{body}{last}", 4, 4, 4, 4)

    def _plate(self) -> str:
        head = self._pick(*"京沪赣湘粤川豫鲁苏浙皖鄂") + self._pick(*"ABCDEF")
        letter = self._pick(*_CAPITALS)
        tail = self._pick(
            self._digits(5),
            f"{letter}{self._digits(4)}",
            f"{letter}{self._digits(3)}{letter}",
            f"{self._digits(4)}警",
            f"{self._digits(4)}学",
            f"D{self._digits(5)}",
            f"F{self._digits(5)}",
        )
        return head + self._pick("", "", "·", " ", "-") + tail

    def _wechat(self) -> str:
        stem = self._pick("abc_", "wxid_", "lucky", "Tom-", "zq", "xiaoli")
        return stem + self._digits(self._random.randint(4, 8))

    def _qq(self) -> str:
        return self._pick(*"123456789") + self._digits(self._random.randint(6, 9))

    def _account(self) -> str:
        return self._pick("user", "hello_", "pay", "62", "dy") + self._digits(
            self._random.randint(5, 9)
        )

    def _email(self) -> str:
        user = self._pick("user", "li.wei", "zhang_san", "a-b", "wx") + self._digits(3)
        return f"{user}@{self._pick('example.com', 'mail.example.cn', 'example.net')}"

    def _passport(self) -> str:
        return self._pick("E", "G") + self._pick(*"0123456789ABCDEFGH") + self._digits(7)

    def _address(self) -> str:
        number, room = self._random.randint(1, 399), self._random.randint(101, 1899)
        house, unit = self._random.randint(1, 40), self._random.randint(1, 6)
        return self._pick(
            f"{number}号",
            f"{number}号{unit}单元{room}室",
            f"{number}号附{unit}号",
            f"{number}号{house}栋{unit}单元{room}室",
            f"{house}栋{unit}单元{room}",
            f"{house}号楼{unit}单元{room}室",
            f"{house}幢{room}室",
            f"{house}-{unit}-{room}",
            f"{self._pick(*'ABCDE')}座{room}室",
            f"{house}栋",
            f"{self._pick(*'一二三四五六七八九')}组{number}号",
            f"{unit}组{number}号",
            f"{house}组",
            f"第{self._pick(*'一二三四五六')}村民小组{number}号",
        )
