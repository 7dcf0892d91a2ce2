"""Invented people: they give names to narratives and columns and never touch a risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from operator import mul
from random import Random
from typing import Any

from zaojie_cases.simulate.draw import pick, read_data

COUNTY_CODE = "369901"
"""A county code that no table holds: the county and its people are invented."""
MOBILE_PREFIX = "164"
"""A mobile prefix that is not in use."""
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"


@dataclass(frozen=True, slots=True)
class Person:
    """One invented party; ``sex`` by GB/T 2261.1 (1 male, 2 female)."""

    name: str
    sex: str
    id_no: str
    phone: str
    address: str


@cache
def name_stock() -> dict[str, Any]:
    """Return the word stock of ``data/names.yaml``."""
    return read_data("names.yaml")


def draw_person(rng: Random, village: str, *, urban: bool) -> Person:
    """Return an invented person who lives in ``village``."""
    sex = "1" if rng.random() < 0.55 else "2"
    return Person(
        name=draw_name(rng, sex),
        sex=sex,
        id_no=_draw_id(rng, sex),
        phone=f"{MOBILE_PREFIX}{int(rng.random() * 10**8):08d}",
        address=_draw_address(rng, village, urban=urban),
    )


def draw_name(rng: Random, sex: str) -> str:
    """Return an invented name of two or three characters."""
    given = name_stock()["given_male" if sex == "1" else "given_female"]
    first = pick(rng, given) if rng.random() < 0.85 else ""
    return str(pick(rng, name_stock()["surnames"]) + first + pick(rng, given))


def _draw_id(rng: Random, sex: str) -> str:
    """Return an id with a right check digit (GB 11643) and a county that does not exist."""
    born = date(1945, 1, 1) + timedelta(days=int(rng.random() * 365 * 58))
    order = 2 * int(rng.random() * 500) + (1 if sex == "1" else 0)
    body = f"{COUNTY_CODE}{born:%Y%m%d}{order:03d}"
    total = sum(map(mul, map(int, body), _ID_WEIGHTS))
    return body + _ID_CHECK[total % 11]


def _draw_address(rng: Random, village: str, *, urban: bool) -> str:
    number = rng.randint(1, 199)
    if not urban:
        return f"{village}{number}号"
    room = f"{rng.randint(1, 18)}栋{rng.randint(1, 6)}0{rng.randint(1, 4)}室"
    return f"{village}{pick(rng, name_stock()['roads'])}{number}号{room}"
