"""What becomes of each column of a file, in words for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zaojie_cases.labels import EVENTS, FIELDS, FIELDS_OF_PERSON
from zaojie_cases.mapping.model import Mapping
from zaojie_cases.masking import mask
from zaojie_cases.readers import Cells
from zaojie_cases.values import CellError, as_code

IN_VAULT = "（存入保险库）"
NOT_SHOWN = "（不显示）"
_PARTIES = ("申请人", "被申请人")
_SHOWN = 3
_LONGEST = 16


@dataclass(frozen=True, slots=True)
class Use:
    """A column and what it becomes; ``read``: it is read as something that is no identity."""

    column: str
    becomes: str
    read: bool = False
    identity: bool = False


def uses_of(mapping: Mapping, header: Iterable[str]) -> list[Use]:
    """Return what becomes of the columns of a file, in its order, then of those it lacks."""
    plain: dict[str, list[str]] = defaultdict(list)
    for column, becomes in _plain_uses(mapping):
        if column and becomes not in plain[column]:
            plain[column].append(becomes)
    identity = dict(_identity_uses(mapping))
    columns = dict.fromkeys([*header, *plain, *identity, *mapping.left_out])
    return [_use(column, plain, identity, mapping.left_out) for column in columns]


def _use(
    column: str, plain: dict[str, list[str]], identity: dict[str, str], left_out: dict[str, str]
) -> Use:
    if column in identity:
        return Use(column, "、".join([identity[column], *plain.get(column, [])]), identity=True)
    if plain.get(column):
        return Use(column, "、".join(plain[column]), read=True)
    why = left_out.get(column)
    return Use(column, f"不导入：{why}" if why else "映射没有提到，不导入")


def _plain_uses(mapping: Mapping) -> Iterator[tuple[str, str]]:
    for name, source in mapping.fields.items():
        for column in sorted(source.all_columns()):
            yield column, FIELDS.get(name, name)
    for column, wanted in mapping.filter.items():
        yield column, f"筛选（{'、'.join(wanted)}）"
    for event in mapping.events:
        for column in event.columns():
            yield column, f"时间线·{EVENTS.get(event.kind, event.kind)}"
    for target, rule in mapping.outcomes.items():
        for column in rule.columns():
            yield column, f"结果·{target}"
    for special, becomes in (
        (mapping.group, "分组"),
        (mapping.timeline, "时间线"),
        (mapping.outcome_list, "结果"),
    ):
        yield special or "", becomes


def _identity_uses(mapping: Mapping) -> Iterator[tuple[str, str]]:
    for key, columns in mapping.parties.items():
        for place, column in enumerate(columns):
            party = _PARTIES[place] if place < len(_PARTIES) else "其他当事人"
            if column:
                yield column, f"{party}·{FIELDS_OF_PERSON[key]}"


def samples_of(use: Use, rows: Sequence[Cells]) -> str:
    """Return two or three values of a column, masked and cut; none of an identity.

    Nor of a column that is not read: nobody has said what it holds.
    """
    if use.identity:
        return IN_VAULT
    if not use.read:
        return NOT_SHOWN
    values = dict.fromkeys(filter(None, (_sample(cells.get(use.column)) for cells in rows)))
    return "；".join(list(values)[:_SHOWN])


def _sample(value: object) -> str:
    try:
        text = mask(as_code(value)).text
    except CellError:
        return "（列表）"
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
