"""Identities of Faker zh_CN for the benchmark of masking; nothing is fitted on them."""

from __future__ import annotations

import random

from faker import Faker
from identities import Identities

_FAKER = Faker("zh_CN")
_FAKER.seed_instance(20260101)


def faker_name() -> tuple[str, str]:
    """Return surname and given name of an invented person."""
    return _FAKER.last_name(), _FAKER.first_name()


def faker_company() -> str:
    """Return the name of an invented firm."""
    return str(_FAKER.company())


class FakerIdentities(Identities):
    """Numbers of Faker, written as people write them; what Faker lacks is our own."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__(dice)
        self._makers |= {
            "电话": lambda: (
                self._pick("", "", "+86", "86-") + self._written(_FAKER.phone_number(), 3, 4)
            ),
            "证件": lambda: self._written(_FAKER.ssn(), 6, 8),
            "车牌": lambda: str(_FAKER.license_plate()),
            "银行卡": lambda: self._written(_FAKER.credit_card_number(), 4, 4, 4),
            "邮箱": lambda: str(_FAKER.email()),
            "住址": lambda: self._pick(_FAKER.building_number(), self._address(), self._address()),
        }
