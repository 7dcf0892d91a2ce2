"""Invented examples for the API documents; no real dispute, person or place is meant."""

from __future__ import annotations

from pydantic import JsonValue

NEIGHBOUR_THREAT: dict[str, JsonValue] = {
    "source_system": "grid",
    "source_case_no": "WG-2026-11-0186",
    "registered_at": "2026-11-20T09:05:00+08:00",
    "occurred_on": "2026-11-19",
    "channel_code": "01",
    "region_code": "360122105203",
    "grid_code": "360122105203002",
    "category_code": "0201",
    "judicial_type": "邻里纠纷",
    "scale_code": "01",
    "involved_count": 4,
    "narrative": (
        "两户因共用排水沟改道积怨三年，村里调解过两次都没谈拢。昨晚下雨，东户院墙被水泡塌，"
        "双方在门口推搡，西户拿出锄头，当众扬言谁再动水沟就弄死谁，围观邻居劝开。"
    ),
    "prior_reports": 2,
    "committee_id": "TC-105203",
    "committee_kind": "村",
}
WAGE_CLAIM: dict[str, JsonValue] = {
    "source_system": "hotline12345",
    "source_case_no": "RX202611200457",
    "registered_at": "2026-11-20T14:30:00+08:00",
    "occurred_on": "2026-11-01",
    "channel_code": "05",
    "region_code": "360122102001",
    "category_code": "0703",
    "judicial_type": "拖欠农民工工资纠纷",
    "scale_code": "02",
    "involved_count": 13,
    "amount_yuan": 186000,
    "narrative": (
        "十三名工友反映在某安置房工地做木工，完工两个月仍拖欠工钱共十八万六千元，"
        "项目部多次答应结清又改口，大家希望年前拿到工钱，请求出面协调。"
    ),
}
ELECTION: dict[str, JsonValue] = {
    "source_system": "grid",
    "source_case_no": "WG-2026-11-0191",
    "registered_at": "2026-11-20T16:10:00+08:00",
    "channel_code": "02",
    "region_code": "360122105203",
    "category_code": "1201",
    "narrative": "村民反映上次村委会选举的计票结果没有及时张榜公布，要求说明情况并公开票数。",
}
CASES: list[JsonValue] = [NEIGHBOUR_THREAT, WAGE_CLAIM, ELECTION]

NO_SHOW: dict[str, JsonValue] = {
    "kind": "no_show",
    "at": "2026-11-22T15:00:00+08:00",
    "event_no": "WG-2026-11-0186-03",
    "actor_role": "mediator",
    "payload": {"note": "约定调解，西户未到场，电话联系称不再谈。"},
}
SIGNED: dict[str, JsonValue] = {
    "kind": "signed_for",
    "at": "2026-11-20T10:00:00+08:00",
    "actor_role": "town_head",
}
EVENTS: list[JsonValue] = [NO_SHOW, SIGNED]
