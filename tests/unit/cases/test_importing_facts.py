from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zaojie_cases.record import SHANGHAI, EventKind


def test_identity_goes_to_the_vault_and_nowhere_else(sheet):
    using = sheet.mapping(
        parties={"name": ["申请人", "对方"], "phone": ["电话"]},
        events=[{"kind": "session", "at": "登记时间", "payload": {"说明": "说明"}}],
    )
    row = sheet.read_one(
        using=using,
        申请人="欧阳小明",
        对方="诸葛大力",
        电话="１３８００１３８０００",
        说明="请打13800138000",
        内容="我叫欧阳小明，电话13800138000，楼上漏水",
    )
    assert [(p.role, dict(p.identity)) for p in row.parties] == [
        ("applicant", {"name": "欧阳小明", "phone": "１３８００１３８０００"}),
        ("respondent", {"name": "诸葛大力"}),
    ]
    assert all(p.case_id == row.case.case_id for p in row.parties)
    rest = repr((row.case, row.events, row.outcomes, row.group, row.rejects, row.source_id))
    assert "13800138000" not in rest
    assert "欧阳小明" not in rest


def test_delay_outcomes_are_known_when_the_days_are_over(sheet):
    using = sheet.mapping(
        outcomes={
            "overdue": {
                "code": "L1",
                "kind": "binary",
                "delay": {"from": "registered_at", "to": "答复", "longer_than_days": 30},
            }
        },
        events=[{"kind": "closed", "at": "答复"}],
    )
    start = datetime(2026, 3, 2, 9, 5, tzinfo=SHANGHAI)
    for reply, expected in (
        (start + timedelta(days=30), ("0", start + timedelta(days=30))),
        (start + timedelta(days=30, minutes=1), ("1", start + timedelta(days=30))),
        (start, ("0", start)),
    ):
        row = sheet.read_one(using=using, 答复=reply.isoformat())
        assert [(o.value, o.observed_at) for o in row.outcomes] == [expected]
        assert [(e.kind, e.at, e.recorded_at) for e in row.events] == [
            (EventKind.CLOSED, reply, reply)
        ]
    unanswered = sheet.read_one(using=using, 答复="")
    assert (unanswered.outcomes, unanswered.events, unanswered.rejects) == ((), (), ())
    early = sheet.read_one(using=using, 答复="2026-03-01")
    assert early.outcomes == ()
    assert [f.field for f in early.rejects] == ["outcomes.overdue"]
    assert early.case is not None


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("binary", "是", "1"),
        ("binary", 0, "0"),
        ("binary", True, "1"),
        ("one_of", "城乡建设", "城乡建设"),
        ("any_of", "欠薪|工伤", "欠薪|工伤"),
        ("any_of", ["欠薪", "工伤"], "欠薪|工伤"),
        ("any_of", [], ""),
        ("any_of", "", ""),
    ],
)
def test_stated_outcomes(sheet, kind, cell, value):
    using = sheet.mapping(outcomes={"t": {"code": "topic", "kind": kind, "column": "结果"}})
    row = sheet.read_one(using=using, 结果=cell)
    assert [(o.outcome_code, o.value) for o in row.outcomes] == [("topic", value)]
    assert row.outcomes[0].observed_at == row.case.registered_at


@pytest.mark.parametrize(
    ("kind", "cell"), [("binary", "也许"), ("any_of", ["a|b"]), ("one_of", ["a"])]
)
def test_a_bad_outcome_is_reported_and_the_case_goes_in(sheet, kind, cell):
    using = sheet.mapping(outcomes={"t": {"code": "topic", "kind": kind, "column": "结果"}})
    row = sheet.read_one(using=using, 结果=cell)
    assert row.case is not None
    assert row.outcomes == ()
    assert [f.field for f in row.rejects] == ["outcomes.t"]


def test_outcomes_translate_and_say_when_they_were_known(sheet):
    rule = {
        "code": "M1",
        "kind": "binary",
        "column": {"column": "结果", "translate": {"成功": "0", "失败": "1"}},
        "observed": "结案",
    }
    row = sheet.read_one(using=sheet.mapping(outcomes={"b": rule}), 结果="失败", 结案="2026-04-01")
    assert [(o.value, o.observed_at.date()) for o in row.outcomes] == [("1", date(2026, 4, 1))]


def test_lists_of_events_and_outcomes(sheet):
    using = sheet.mapping(timeline="进展", outcome_list="结果")
    events = [
        {
            "kind": "session",
            "at": "2026-03-03",
            "recorded_at": "2026-03-05",
            "actor_role": "mediator",
        },
        {"kind": "session", "at": "2026-03-03", "payload": {"到场": 2}},
        {"kind": "dance", "at": "2026-03-03"},
        {"kind": "closed"},
        {"kind": "closed", "at": "2026-12-31"},
        "closed",
    ]
    outcomes = [
        {"code": "E1", "observed_at": "2026-03-09"},
        {"code": "R2", "observed_at": "2026-03-09", "value": "0", "evidence_kind": "revisit"},
        {"code": "Z9", "observed_at": "2026-03-09"},
    ]
    whole = sheet.read_one(using=using, 进展=events, 结果=outcomes)
    assert [(e.kind, e.at.day, e.recorded_at.day) for e in whole.events] == [
        ("session", 3, 5),
        ("session", 3, 3),
    ]
    assert whole.events[0].event_id != whole.events[1].event_id
    assert [(o.outcome_code, o.value) for o in whole.outcomes] == [("E1", "1"), ("R2", "0")]
    assert [f.field for f in whole.rejects] == ["进展.3", "进展.4", "进展.5", "进展.6", "结果.3"]
    as_json = sheet.read_one(using=using, 进展=json.dumps(events), 结果=json.dumps(outcomes))
    assert as_json == whole
    for broken in ("[{", 7, "\udcff", {"kind": "closed"}):
        wrong = sheet.read_one(using=using, 进展=broken, 结果=broken)
        assert wrong.case is not None
        assert [f.field for f in wrong.rejects] == ["进展", "结果"]


COLUMNS = [
    "编号",
    "标题",
    "内容",
    "登记时间",
    "区划",
    "网格",
    "类型",
    "人数",
    "金额",
    "期限",
    "地点",
]
LISTS = ["进展", "结果", "答复"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(COLUMNS + LISTS), json_values))
def test_no_cell_can_stop_an_import(sheet, changes):
    using = sheet.mapping(
        timeline="进展",
        outcome_list="结果",
        group="地点",
        filter={"域": "民事"},
        parties={"name": ["地点"]},
        events=[{"kind": "closed", "at": "答复", "payload": {"x": "结果"}}],
        outcomes={"t": {"code": "topic", "kind": "any_of", "column": "结果"}},
    )
    rows = sheet.read(sheet.row | changes, sheet.row | {"编号": "last"}, using=using)
    assert len(rows) == 2
    assert rows[0].case is not None or rows[0].rejects
    assert rows[1].case is not None


def test_ids_stay_the_same_when_a_row_is_corrected(sheet):
    using = sheet.mapping(events=[{"kind": "closed", "at": "结案"}])
    first = sheet.read_one(using=using, 结案="2026-04-01")
    second = sheet.read_one(using=using, 结案="2026-04-02", 内容="改过")
    assert first.case.case_id == second.case.case_id
    assert first.events[0].event_id == second.events[0].event_id


def test_a_group_is_carried(sheet):
    using = sheet.mapping(group="组")
    assert sheet.read_one(using=using, 组="g1").group == "g1"
    assert sheet.read_one(using=using, 组="").group is None


def test_a_person_is_called_the_same_in_every_text_of_a_row(sheet):
    """Who did what to whom survives: narrative and time line name the parties alike."""
    using = sheet.mapping(
        parties={"name": ["申请人", "对方"]},
        events=[{"kind": "session", "at": "登记时间", "payload": {"说明": "说明"}}],
    )
    row = sheet.read_one(
        using=using,
        申请人="钱多多",
        对方="孙小美、李铁蛋",
        内容="孙小美称被钱多多推倒，李铁蛋在场，证人赵铁柱也看见。",
        说明="钱多多不同意孙小美提出的数额，赵铁柱没有到场",
    )
    told = "楼上漏水。当事人乙称被当事人甲推倒，当事人丙在场，证人当事人戊也看见。"
    assert row.case.narrative_masked == told
    note = row.events[0].payload["说明"]
    assert note == "当事人甲不同意当事人乙提出的数额，当事人戊没有到场"
