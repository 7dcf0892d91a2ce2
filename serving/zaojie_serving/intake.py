"""From what a caller sends to what may be stored: checked, coded, and masked first of all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from zaojie_cases import codes
from zaojie_cases.errors import CodeError
from zaojie_cases.importing.fields import stable_id
from zaojie_cases.importing.masker import Masker
from zaojie_cases.importing.narrative import clean
from zaojie_cases.masking import Pseudonyms
from zaojie_cases.record import Case, CaseEvent, PayloadValue
from zaojie_serving.errors import RequestError
from zaojie_serving.findings import Finding
from zaojie_serving.identity import carries_identity, masked_value
from zaojie_serving.requests import CaseInput, EventInput, KnownEvent

CLOCK_SKEW = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""

_NUMBERS = ("source_case_no", "place_key", "committee_id", "mediator_id", "source_system")
_MOMENTS = ("registered_at", "accepted_at")

CONTROL_NOTE = "案情简述中有控制字符等不是文字的内容，已去除。"


@dataclass(frozen=True, slots=True)
class Taken:
    """A case fit to be stored and scored.

    ``notes`` are Chinese sentences on its quality, ``people`` who is called what in it.
    """

    case: Case
    notes: tuple[str, ...]
    people: Pseudonyms


def take_case(record: CaseInput, now: datetime) -> Taken:
    """Return the masked case of ``record``; raise RequestError with all findings at once."""
    narrative = clean(record.narrative)
    findings = list(_findings(record, narrative, now))
    if findings:
        raise RequestError(f"有 {len(findings)} 处不符合规定，请按 errors 逐项改正。", findings)
    notes = []
    if len(narrative) < len(record.narrative.replace("\r\n", "\n")):
        notes.append(CONTROL_NOTE)
    masker = Masker()
    plain = record.model_dump(include=set(Case.model_fields))
    coded = {
        "case_id": case_id_of(record.source_system, record.source_case_no),
        "narrative_masked": masker.narrative(narrative),
        "region_code": record.region_code and codes.check_region(record.region_code),
        "other_region_codes": tuple(codes.check_region(c) for c in record.other_region_codes),
        "crosswalk_version": codes.crosswalk_version() if record.judicial_type else None,
    }
    return Taken(Case.model_validate(plain | coded), tuple(notes), masker.people)


def take_event(
    event: EventInput, case_id: str, now: datetime, recorded_at: datetime, people: Pseudonyms
) -> CaseEvent:
    """Return the event with its texts masked, in the letters of ``people``.

    The same event always gets the same id, whatever letters are spent meanwhile: without a
    number it is made from the texts as if each were the first of its case.
    """
    if event.at > now + CLOCK_SKEW or recorded_at > now + CLOCK_SKEW:
        raise RequestError("发生时间不能晚于现在，请核对。", [_future("at")])
    if event.event_no and carries_identity(event.event_no, now):
        raise RequestError("编号里含有个人信息，请改用系统编号。", [_personal("event_no")])
    return CaseEvent(
        event_id=_event_id_of(event, case_id),
        case_id=case_id,
        at=event.at,
        recorded_at=max(recorded_at, event.at),
        kind=event.kind,
        actor_role=event.actor_role,
        payload=masked_payload(event, people),
    )


def take_known_event(
    event: KnownEvent, case_id: str, now: datetime, people: Pseudonyms
) -> CaseEvent:
    """Return an event that was known before now, by its own account."""
    return take_event(event, case_id, now, event.recorded_at or event.at, people)


def masked_payload(event: EventInput, people: Pseudonyms) -> dict[str, PayloadValue]:
    """Return the payload of ``event`` without identity, in the letters of ``people``."""
    return {key: masked_value(value, people) for key, value in event.payload.items()}


def _event_id_of(event: EventInput, case_id: str) -> str:
    if event.event_no:
        return stable_id("e", case_id, "no", event.event_no)
    payload = {key: masked_value(value) for key, value in event.payload.items()}
    content = json.dumps(payload, ensure_ascii=False, sort_keys=True)
    return stable_id("e", case_id, event.kind, event.at.isoformat(), content)


def case_id_of(source_system: str, source_case_no: str) -> str:
    """Return the id of a case, the same that an import gives it."""
    return stable_id("c", source_system, source_case_no)


def _findings(record: CaseInput, narrative: str, now: datetime) -> Iterator[Finding]:
    if not narrative:
        yield Finding(
            field="narrative",
            rule="narrative_empty",
            message="案情简述去掉控制字符后是空的，请填写案情。",
        )
    yield from _code_findings(record)
    for name in _NUMBERS:
        if carries_identity(getattr(record, name) or "", now):
            yield _personal(name)
    if not any(char.isdigit() for char in record.source_case_no):
        yield Finding(
            field="source_case_no",
            rule="number",
            message="案件编号至少应有一位数字；请填系统编号，不要填姓名。",
        )
    for name in _MOMENTS:
        moment = getattr(record, name)
        if moment is not None and moment > now + CLOCK_SKEW:
            yield _future(name)
    if record.occurred_on is not None and record.occurred_on > now.date():
        yield _future("occurred_on")


def _code_findings(record: CaseInput) -> Iterator[Finding]:
    checks: list[tuple[str, str | None, Callable[[str], str]]] = [
        ("category_code", record.category_code, codes.check_category),
        ("judicial_type", record.judicial_type, codes.check_judicial_type),
        ("scale_code", record.scale_code, codes.check_scale),
        ("source_code", record.source_code, codes.check_source),
        ("channel_code", record.channel_code, codes.check_channel),
        ("region_code", record.region_code, codes.check_region),
        *(("other_region_codes", code, codes.check_region) for code in record.other_region_codes),
    ]
    broken = set()
    for name, code, check in checks:
        if code is not None and (finding := _finding_of(name, code, check)):
            broken.add(name)
            yield finding
    if record.grid_code is not None:
        region = record.region_code if "region_code" not in broken else None
        home = region and codes.check_region(region)
        if finding := _finding_of(
            "grid_code", record.grid_code, partial(codes.check_grid, region=home)
        ):
            yield finding


def _finding_of(name: str, code: str, check: Callable[[str], str]) -> Finding | None:
    try:
        check(code)
    except CodeError as error:
        return Finding(field=name, rule=error.code, message=error.message)
    return None


def _future(name: str) -> Finding:
    return Finding(field=name, rule="not_in_future", message="不能晚于现在，请核对时间。")


def _personal(name: str) -> Finding:
    return Finding(
        field=name,
        rule="no_identity",
        message="里面有姓名、电话或证件号，请改用系统编号；个人信息不要放在这里。",
    )
