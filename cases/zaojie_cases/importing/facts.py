"""What a row says beside the case itself: events, outcomes and parties."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Literal

from zaojie_cases.codes import check_outcome
from zaojie_cases.importing.faults import Faults
from zaojie_cases.importing.fields import is_empty, not_future, pick, stable_id
from zaojie_cases.importing.masker import Masker
from zaojie_cases.mapping import Delay, EventRule, Mapping, OutcomeRule, Source
from zaojie_cases.readers import Cells
from zaojie_cases.record import Case, CaseEvent, EventKind, Outcome, Party, PayloadValue
from zaojie_cases.values import (
    UNKNOWN_MOMENT,
    CellError,
    as_code,
    as_list,
    as_text,
    parse_flag,
    parse_moment,
)

_ROLES: tuple[Literal["applicant", "respondent"], ...] = ("applicant", "respondent")


class FactReader:
    """Reads events, outcomes and parties as ``mapping`` says; dates after ``now`` are faults."""

    def __init__(self, mapping: Mapping, now: datetime) -> None:
        self._mapping = mapping
        self._now = now

    def events(
        self, case: Case, cells: Cells, faults: Faults, masker: Masker
    ) -> tuple[CaseEvent, ...]:
        """Return the events of a row; one at fault is left out and noted."""
        found: list[CaseEvent] = []
        for index, rule in enumerate(self._mapping.events):
            with faults.at(f"events.{rule.kind}"):
                found.extend(self._event(rule, index, case, cells, masker))
        seen: Counter[tuple[str, datetime]] = Counter()
        for name, entry in _entries(self._mapping.timeline, cells, faults):
            with faults.at(name):
                found.append(self._listed_event(case, entry, seen, masker))
        return tuple(found)

    def outcomes(
        self, case: Case, cells: Cells, faults: Faults, masker: Masker
    ) -> tuple[Outcome, ...]:
        """Return the outcomes that a row states; one at fault is left out and noted."""
        found: list[Outcome] = []
        for target, rule in self._mapping.outcomes.items():
            with faults.at(f"outcomes.{target}"):
                stated = self._delayed(rule.delay, case, cells) or self._stated(rule, case, cells)
                if stated:
                    found.append(_outcome(case, rule.code, *stated))
        for name, entry in _entries(self._mapping.outcome_list, cells, faults):
            with faults.at(name):
                found.append(self._listed_outcome(case, entry, masker))
        return tuple(found)

    def parties(self, case: Case, cells: Cells, faults: Faults) -> tuple[Party, ...]:
        """Return the parties of a row: the i-th column of each key belongs to the i-th."""
        identities: dict[int, dict[str, str]] = {}
        for key, columns in self._mapping.parties.items():
            for index, column in enumerate(columns):
                with faults.at(column):
                    if not is_empty(cells.get(column)):  # 无 and / are nobody
                        identities.setdefault(index, {})[key] = as_text(cells[column])
        return tuple(
            Party(
                party_token=stable_id("p", case.case_id, str(index)),
                case_id=case.case_id,
                role=_ROLES[index] if index < len(_ROLES) else "other",
                identity=identity,
            )
            for index, identity in sorted(identities.items())
        )

    def names(self, cells: Cells) -> list[str]:
        """Return the names of the parties of a row, in order, as far as they can be read."""
        found = []
        for column in self._mapping.parties.get("name", ()):
            with suppress(CellError):
                if not is_empty(cells.get(column)):
                    found.append(as_text(cells[column]))
        return found

    def _moment(self, source: Source | None, cells: Cells) -> datetime | None:
        raw = pick(source, cells) if source else None
        if source is None or is_empty(raw):
            return None
        return self._past(raw, source.formats)

    def _past(self, value: object, formats: tuple[str, ...] = ()) -> datetime:
        return not_future(parse_moment(value, formats), self._now)

    def _event(
        self, rule: EventRule, index: int, case: Case, cells: Cells, masker: Masker
    ) -> Iterator[CaseEvent]:
        at = self._moment(rule.at, cells)
        if at is None:
            return
        payload = {key: cells.get(column) for key, column in rule.payload.items()}
        yield CaseEvent(
            # By the rule and not by the time: a corrected time replaces the first one.
            event_id=stable_id("e", case.case_id, rule.kind, f"rule {index}"),
            case_id=case.case_id,
            at=at,
            recorded_at=self._moment(rule.recorded_at, cells) or at,
            kind=rule.kind,
            actor_role=rule.actor_role,
            payload=_payload(payload, masker),
        )

    def _listed_event(
        self,
        case: Case,
        entry: object,
        seen: Counter[tuple[str, datetime]],
        masker: Masker,
    ) -> CaseEvent:
        item = _item(entry, {"kind", "at"}, {"recorded_at", "actor_role", "payload"})
        kind, at = _kind(item["kind"]), self._past(item["at"])
        recorded = item.get("recorded_at")
        seen[kind, at] += 1
        return CaseEvent(
            event_id=stable_id("e", case.case_id, kind, at.isoformat(), str(seen[kind, at])),
            case_id=case.case_id,
            at=at,
            recorded_at=at if is_empty(recorded) else self._past(recorded),
            kind=kind,
            actor_role=masker.text(item.get("actor_role")) or None,
            payload=_payload(item.get("payload") or {}, masker),
        )

    def _listed_outcome(self, case: Case, entry: object, masker: Masker) -> Outcome:
        item = _item(entry, {"code", "observed_at"}, {"value", "evidence_kind"})
        code = check_outcome(as_code(item["code"]))
        observed_at = self._past(item["observed_at"])
        evidence = masker.text(item.get("evidence_kind")) or None
        outcome = _outcome(case, code, as_text(item.get("value")) or "1", observed_at)
        return outcome.model_copy(update={"evidence_kind": evidence})

    def _delayed(self, rule: Delay | None, case: Case, cells: Cells) -> tuple[str, datetime] | None:
        """Return yes, known as soon as the days are over, or no, known when it ended."""
        start = getattr(case, rule.start) if rule else None
        end = self._moment(rule.end, cells) if rule else None
        if rule is None or end is None or start in (None, UNKNOWN_MOMENT):
            return None
        if end < start:
            raise CellError("早于登记时间，请核对")
        limit = start + timedelta(days=rule.longer_than_days)
        return ("1", limit) if end > limit else ("0", end)

    def _stated(self, rule: OutcomeRule, case: Case, cells: Cells) -> tuple[str, datetime] | None:
        source = rule.column
        if source is None or not any(column in cells for column in source.columns):
            return None
        raw = pick(source, cells)
        if is_empty(raw) and rule.kind != "any_of":  # of several classes, none is an answer too
            return None
        observed_at = self._moment(rule.observed, cells) if rule.observed else case.registered_at
        # An outcome of which nobody knows when it was known would leak into the past.
        return (_value(rule.kind, raw), observed_at) if observed_at else None


def _value(kind: str, raw: object) -> str:
    if kind == "binary":
        return "1" if parse_flag(raw) else "0"
    if kind == "one_of":
        return as_text(raw)
    labels = as_list(raw, "|")
    if any("|" in label for label in labels):
        raise CellError("类别名称里不能有 |")
    return "|".join(labels)


def _outcome(case: Case, code: str, value: str, observed_at: datetime) -> Outcome:
    return Outcome(
        case_id=case.case_id,
        outcome_code=code,
        value=value,
        observed_at=observed_at,
        source_system=case.source_system,
    )


def _entries(column: str | None, cells: Cells, faults: Faults) -> Iterator[tuple[str, object]]:
    """Yield name (for a fault) and content of each entry of a list cell or a JSON text."""
    if column is None:
        return
    entries: list[object] = []
    with faults.at(column):
        entries = _listed(cells.get(column))
    for position, entry in enumerate(entries, start=1):
        yield f"{column}.{position}", entry


def _listed(cell: object) -> list[object]:
    if is_empty(cell):
        return []
    if isinstance(cell, str):
        with suppress(ValueError, RecursionError):
            cell = json.loads(cell)
    if not isinstance(cell, list):
        raise CellError("应是列表，或写成 JSON 的列表")
    return cell


def _item(entry: object, needed: set[str], allowed: set[str]) -> dict[str, object]:
    if not isinstance(entry, dict) or not needed <= set(entry) <= needed | allowed:
        names = "、".join(sorted(needed)), "、".join(sorted(allowed))
        raise CellError(f"应是对象，含 {names[0]}，可含 {names[1]}")
    return entry


def _kind(value: object) -> EventKind:
    try:
        return EventKind(as_text(value))
    except ValueError:
        raise CellError("没有这种事件，请核对 kind") from None


def _payload(content: object, masker: Masker) -> dict[str, PayloadValue]:
    """Return payload values as the record takes them; text is masked like a narrative."""
    if not isinstance(content, dict):
        raise CellError("payload 应是“名称: 值”")
    return {str(key): _payload_value(value, masker) for key, value in content.items()}


def _payload_value(value: object, masker: Masker) -> PayloadValue:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return masker.text(value)
