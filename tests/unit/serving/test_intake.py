from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from zaojie_cases.masking import Pseudonyms
from zaojie_cases.record import SHANGHAI
from zaojie_serving.errors import RequestError
from zaojie_serving.examples import CASES, NEIGHBOUR_THREAT
from zaojie_serving.identity import carries_identity, masked_value
from zaojie_serving.intake import CONTROL_NOTE, Taken, take_case, take_event
from zaojie_serving.requests import CaseInput, EventInput

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=SHANGHAI)


def take(**changes: Any) -> Taken:
    return take_case(CaseInput.model_validate(NEIGHBOUR_THREAT | changes), NOW)


def fields_refused(**changes: Any) -> set[str]:
    with pytest.raises(RequestError) as caught:
        take(**changes)
    return {finding.field for finding in caught.value.findings}


def test_the_examples_are_taken_as_they_are() -> None:
    for case in CASES:
        assert take_case(CaseInput.model_validate(case), NOW).notes == ()


def test_the_narrative_is_masked_and_nothing_else_of_it_is_kept() -> None:
    case = take(narrative="本人电话13912345678，水沟堵了。").case
    assert "13912345678" not in case.model_dump_json()
    assert "水沟堵了" in case.narrative_masked


def test_control_characters_are_taken_out_and_said() -> None:
    taken = take(narrative="水沟\x00堵\x07了\u200b")
    assert taken.case.narrative_masked == "水沟堵了"
    assert taken.notes == (CONTROL_NOTE,)
    assert take(narrative="第一行\r\n第二行").notes == ()


def test_a_narrative_of_control_characters_is_empty() -> None:
    assert fields_refused(narrative="\x00\x01\u200b") == {"narrative"}


@pytest.mark.parametrize("text", ["neighbour blocks the road", "😡😡😡", "12345", "鄰居佔道"])
def test_a_narrative_of_whatever_writing_is_taken(text: str) -> None:
    assert take(narrative=text).case.narrative_masked


def test_all_unknown_codes_are_named_at_once() -> None:
    unknown = {
        "category_code": "0298",
        "judicial_type": "不存在纠纷",
        "scale_code": "09",
        "source_code": "88",
        "channel_code": "77",
        "region_code": "990000000000",
        "other_region_codes": ["12"],
    }
    assert fields_refused(grid_code="1", **unknown) == {*unknown, "grid_code"}


def test_a_grid_must_lie_in_its_region() -> None:
    assert fields_refused(grid_code="360122105204001") == {"grid_code"}
    assert take(region_code=None).case.grid_code == NEIGHBOUR_THREAT["grid_code"]


def test_dates_in_the_future_are_refused() -> None:
    future = {
        "registered_at": "2026-11-24T12:06:00+08:00",
        "accepted_at": "2027-01-01T00:00:00",
        "occurred_on": "2026-11-25",
    }
    assert fields_refused(**future) == set(future)
    assert take(registered_at="2026-11-24T12:04:00+08:00").case.registered_at > NOW


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source_case_no", "13912345678"),
        ("source_case_no", "11010519491231002X"),
        ("source_case_no", "张三丰"),
        ("place_key", "13912345678"),
        ("mediator_id", "13912345678"),
        ("committee_id", "110105194912310-02X"),
    ],
)
def test_identity_in_a_number_is_refused(field: str, value: str) -> None:
    if field == "committee_id":
        value = value.replace("-", "")
    assert fields_refused(**{field: value}) == {field}


@pytest.mark.parametrize(
    "number",
    [
        "WG-2026-11-0186",
        "（2026）赣0122民初1234号",
        "人调字〔2026〕第12号",
        "20261124000123456",
        *(f"3601222026112400{n:02}" for n in range(20)),
    ],
)
def test_case_numbers_as_sources_write_them_are_no_identity(number: str) -> None:
    assert not carries_identity(number, NOW)


@pytest.mark.parametrize(
    "value", [13912345678, "电话13912345678", "身份证11010519491231002X", 13912345678.0]
)
def test_identity_in_a_payload_is_masked_even_as_a_number(value: str | float) -> None:
    assert "139123456" not in str(masked_value(value))
    assert "194912310" not in str(masked_value(value))


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "调解未成"])
def test_other_payload_values_stay_as_they_are(value: str | float | None) -> None:
    assert masked_value(value) is value


def event(**changes: Any) -> Any:
    plain = {"kind": "note_added", "at": "2026-11-23T10:00:00", "payload": {"note": "无人在家"}}
    return take_event(EventInput.model_validate(plain | changes), "c1", NOW, NOW, Pseudonyms())


def test_the_same_event_has_the_same_id_and_another_has_not() -> None:
    assert event().event_id == event().event_id
    assert event().event_id != event(payload={"note": "约好明天"}).event_id
    assert event(event_no="7").event_id == event(event_no="7", payload={}).event_id
    assert event().recorded_at == NOW


def test_an_event_in_the_future_or_numbered_by_a_phone_is_refused() -> None:
    for change in ({"at": "2026-11-25T00:00:00"}, {"event_no": "13912345678"}):
        with pytest.raises(RequestError):
            event(**change)


def test_a_case_gets_the_id_that_an_import_gives_it(tmp_path: Any) -> None:
    from zaojie_cases.importing import read_records
    from zaojie_cases.mapping import load_mapping

    mapping = tmp_path / "m.yaml"
    mapping.write_text(
        "name: m\nversion: 1\nsource_system: grid\n"
        "fields:\n  source_case_no: no\n  narrative: text\n  registered_at: at\n",
        encoding="utf-8",
    )
    data = tmp_path / "d.csv"
    data.write_text("no,text,at\nWG-2026-11-0186,邻居占道,2026-11-20 09:05\n", encoding="utf-8")
    (row,) = read_records(data, load_mapping(str(mapping)), now=NOW)
    assert row.case is not None
    assert take().case.case_id == row.case.case_id
