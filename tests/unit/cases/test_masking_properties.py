"""Any generated identity in any text disappears; nothing else changes; twice is once."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from zaojie_cases.masking import Masked, mask
from zaojie_cases.masking.bank_card import luhn
from zaojie_cases.masking.id_card import check_digit

_DIGITS = st.text("0123456789", min_size=1)
_WORDS = [
    "张三",
    "王伟",
    "原告",
    "当事人",
    "当事人甲",
    "〔电话〕",
    "电话",
    "身份证",
    "卡号",
    "微信号",
]
_WORDS += ["QQ", "单元", "位于", "138", "2025", "赣A", "书记", "先生", "公司", "a.b", "12"]
_WORDS += list(
    "李某老小称与、丁〔〕号栋路村三组住元年月日高于任曾万x×*-·@E，。（）:是共的\n\ue000\ue001"
)
_PIECES = st.sampled_from(_WORDS)
_ROUGH = st.lists(_PIECES, max_size=25).map("".join)
_TEXT = st.one_of(st.text(max_size=40), _ROUGH)
_PLAIN = st.text("的是在了，。！去来看说这那里不就也", max_size=20)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def identity_cards(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1930, 1, 1), date(2010, 12, 31)))
    first = draw(st.sampled_from(["110105", "360102", "650103"]))
    first += f"{born:%Y%m%d}" + draw(digits(3))
    return first + check_digit(first)


@st.composite
def bank_cards(draw: st.DrawFn) -> str:
    body = "62" + draw(digits(draw(st.integers(13, 16))))
    return next(body + last for last in "0123456789" if luhn(body + last))


_PHONES = st.builds("{}{}".format, st.sampled_from(["13", "15", "18", "19"]), digits(9))
_LANDLINES = st.builds("0{}-8{}".format, st.sampled_from(["10", "791", "755"]), digits(7))
_PLATES = st.builds("{}{}".format, st.sampled_from(["京A", "赣B·", "粤C "]), digits(5))
_PASSPORTS = st.builds("{}{}".format, st.sampled_from("EG"), digits(8))
_IDENTITIES = st.one_of(identity_cards(), bank_cards(), _PHONES, _LANDLINES, _PLATES, _PASSPORTS)


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def outside(text: str, result: Masked) -> str:
    kept, position = [], 0
    for span in result.spans:
        kept.append(text[position : span.start])
        position = span.end
    return "".join([*kept, text[position:]])


@given(_TEXT)
@settings(max_examples=600, deadline=None)
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once
    assert mask(once).spans == ()


@given(_TEXT)
@settings(max_examples=300, deadline=None)
def test_the_text_outside_the_spans_is_unchanged(text: str) -> None:
    result = mask(text)
    rest, masked = outside(text, result), result.text
    tokens = re.compile(r"〔[^〔〕\d]{2,4}〕|当事人[甲乙丙戊己庚壬癸]+")
    if not result.spans:
        assert masked == text
    elif not tokens.search(text):
        assert tokens.sub("", masked) == rest
    ends = [0, *(edge for span in result.spans for edge in (span.start, span.end)), len(text)]
    assert ends == sorted(ends)


@given(before=_PLAIN, identity=_IDENTITIES, after=_PLAIN, full_width=st.booleans())
@settings(max_examples=400, deadline=None)
def test_every_identity_disappears_to_the_last_digit(
    before: str, identity: str, after: str, full_width: bool
) -> None:
    written = wide(identity) if full_width else identity
    result = mask(f"{before}{written}{after}")
    assert written not in result.text
    assert not re.search(r"\d", result.text)


@given(identity=st.one_of(identity_cards(), bank_cards(), _PHONES), size=st.sampled_from([4, 6]))
@settings(max_examples=300, deadline=None)
def test_spaced_numbers_disappear_too(identity: str, size: int) -> None:
    parts = [identity[at : at + size] for at in range(0, len(identity), size)]
    if len(identity) == 11:
        parts = [identity[:3], identity[3:7], identity[7:]]
    assert not re.search(r"\d", mask(f"号码是{' '.join(parts)}，请查").text)


@given(_DIGITS, _PLAIN)
@settings(max_examples=100, deadline=None)
def test_masking_is_deterministic(number: str, text: str) -> None:
    assert mask(text + number) == mask(text + number)
