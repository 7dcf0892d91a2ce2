"""Which field of the record each column of an unknown file most likely belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from zaojie_cases.mapping.columns import Column, Kind, closeness, header_words

_NOT_RECOGNISED = "没有认出，请核对：要用的移到上面，不用的留在这里"

_KINDS: dict[str, frozenset[Kind]] = {
    "registered_at": frozenset({Kind.DATE}),
    "occurred_on": frozenset({Kind.DATE}),
    "accepted_at": frozenset({Kind.DATE}),
    "due_on": frozenset({Kind.DATE}),
    "region_code": frozenset({Kind.PLACE, Kind.NUMBER}),
    "grid_code": frozenset({Kind.PLACE, Kind.NUMBER}),
    "involved_count": frozenset({Kind.NUMBER}),
    "amount_yuan": frozenset({Kind.NUMBER}),
    "prior_reports": frozenset({Kind.NUMBER}),
    "category_code": frozenset({Kind.CODES, Kind.NUMBER, Kind.OTHER}),
}
"""What the values of a field must look like; a field not named here takes any."""

_SHORT_CODES = ("id_type", "sex", "ethnicity", "education", "category")
"""What of a person may be written as a short number."""
_PERSONAL = frozenset({Kind.ID_NO, Kind.PHONE})


@dataclass(slots=True)
class Roles:
    """Which columns become what; every column of the file is in exactly one of these."""

    fields: dict[str, Column] = field(default_factory=dict)
    title: Column | None = None
    """What stands before the narrative."""
    parties: dict[str, list[str]] = field(default_factory=dict)
    """Identity -> columns, applicant first; "" where a party has none."""
    events: dict[str, Column] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """Column -> why it is not read."""


def roles_of(columns: Sequence[Column]) -> Roles:
    """Return the likeliest role of every column."""
    roles = Roles()
    words = header_words()
    rest = _leave_out(columns, words["left_out"], roles)
    rest = _identities(rest, words, roles)
    rest = _fields(rest, words["fields"], roles)
    rest = _events(rest, words["events"], roles)
    _fall_back(rest, roles)
    taken = {column.name for column in roles.fields.values()}
    titles = [c for c in rest if _bears(c, words["title"]) and c.name not in taken]
    if titles:
        roles.title = titles[0]
        taken.add(titles[0].name)
    roles.left_out.update({c.name: _NOT_RECOGNISED for c in rest if c.name not in taken})
    return roles


def _leave_out(
    columns: Iterable[Column], groups: dict[str, list[str]], roles: Roles
) -> list[Column]:
    rest = []
    for column in columns:
        reason = next((why for why, words in groups.items() if closeness(column.name, words)), None)
        if reason is None or column.kind is Kind.DATE:
            rest.append(column)
        else:
            roles.left_out[column.name] = reason
    return rest


def _identities(
    columns: Iterable[Column], words: dict[str, dict[str, list[str]]], roles: Roles
) -> list[Column]:
    rest = []
    for column in columns:
        key = _identity_key(column, words["parties"])
        if key is None:
            rest.append(column)
            continue
        place = _party_of(column, words)
        listed = roles.parties.setdefault(key, [])
        while place < len(listed) and listed[place]:
            place += 1
        listed.extend("" for _ in range(place + 1 - len(listed)))
        listed[place] = column.name
    return rest


def _identity_key(column: Column, words: dict[str, list[str]]) -> str | None:
    """Return what of a person the column holds: its values say it, else its name."""
    if column.kind in _PERSONAL:
        return column.kind.value
    if column.kind in {Kind.DATE, Kind.TEXT, Kind.NUMBER} and not _bears(column, words["address"]):
        long_number = column.kind is Kind.NUMBER and column.length > 4
        keys = ("id_no", "phone") if long_number else _SHORT_CODES
        return next((key for key in keys if _bears(column, words[key])), None)
    return next((key for key in words if _bears(column, words[key])), None)


def _bears(column: Column, words: Iterable[str]) -> bool:
    return closeness(column.name, words) is not None


def _party_of(column: Column, words: dict[str, dict[str, list[str]]]) -> int:
    if _bears(column, words["second_party"]):
        return 1
    return 2 if _bears(column, words["further_party"]) else 0


def _fields(columns: Sequence[Column], words: dict[str, list[str]], roles: Roles) -> list[Column]:
    rest = list(columns)
    for name, own in words.items():
        fitting = [
            (near, column)
            for column in rest
            if (near := closeness(column.name, own)) is not None
            and column.kind in _KINDS.get(name, frozenset(Kind))
            and column.kind is not Kind.EMPTY
        ]
        if fitting:
            roles.fields[name] = min(fitting, key=lambda found: found[0])[1]
            rest.remove(roles.fields[name])
    return rest


def _events(columns: Iterable[Column], words: dict[str, list[str]], roles: Roles) -> list[Column]:
    rest = []
    for column in columns:
        kinds = {Kind.DATE, Kind.EMPTY}
        kind = next((k for k, own in words.items() if _bears(column, own)), None)
        if kind is None or kind in roles.events or column.kind not in kinds:
            rest.append(column)
        else:
            roles.events[kind] = column
    return rest


def _fall_back(columns: Sequence[Column], roles: Roles) -> None:
    """Find by their values those of the three required fields that no name tells."""
    texts = [c for c in columns if c.kind is Kind.TEXT]
    if "narrative" not in roles.fields and texts:
        roles.fields["narrative"] = max(texts, key=lambda c: c.length)
    numbers = [c for c in columns if c.unique and c.kind in {Kind.OTHER, Kind.NUMBER, Kind.CODES}]
    if "source_case_no" not in roles.fields and numbers:
        roles.fields["source_case_no"] = numbers[0]
    dates = [c for c in columns if c.kind is Kind.DATE]
    if "registered_at" not in roles.fields and dates:
        roles.fields["registered_at"] = dates[0]
