"""What masking returns: the masked text and where the original was covered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SpanType(StrEnum):
    """Kinds of identity that are masked."""

    NAME = "name"
    PHONE = "phone"
    LANDLINE = "landline"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    ADDRESS = "address"
    EMAIL = "email"
    WECHAT = "wechat"
    PASSPORT = "passport"
    ACCOUNT = "account"


LABELS = {
    SpanType.PHONE: "电话",
    SpanType.LANDLINE: "座机",
    SpanType.ID_CARD: "证件",
    SpanType.BANK_CARD: "银行卡",
    SpanType.PLATE: "车牌",
    SpanType.ADDRESS: "住址",
    SpanType.EMAIL: "邮箱",
    SpanType.WECHAT: "社交账号",
    SpanType.PASSPORT: "护照",
    SpanType.ACCOUNT: "账号",
}
"""What stands in 〔〕 for each type; a name gets a pseudonym instead."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open stretch ``[start, end)`` of the original text that names somebody."""

    start: int
    end: int
    type: SpanType


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without identity; ``spans`` are sorted, disjoint, offsets in the original."""

    text: str
    spans: tuple[Span, ...]
