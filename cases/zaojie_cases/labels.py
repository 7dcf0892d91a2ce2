"""Chinese names of fields and of what a report counts."""

from __future__ import annotations

from zaojie_cases.masking.spans import LABELS, SpanType

FIELDS = {
    "source_case_no": "案件编号",
    "narrative": "案情内容",
    "registered_at": "登记时间",
    "occurred_on": "发生日期",
    "accepted_at": "受理时间",
    "source_code": "案件来源",
    "channel_code": "登记渠道",
    "region_code": "区划代码",
    "grid_code": "网格代码",
    "place_key": "来源的地点",
    "other_region_codes": "涉及的其他区划",
    "category_code": "事件类别",
    "judicial_type": "司法纠纷类型",
    "crosswalk_version": "对照表版本",
    "scale_code": "事件规模",
    "involved_count": "涉及人数",
    "amount_yuan": "涉及金额",
    "org_kind": "涉及单位类型",
    "difficulty_tier": "疑难程度",
    "status": "状态",
    "due_on": "办结期限",
    "committee_id": "调委会",
    "committee_kind": "调委会类型",
    "mediator_id": "调解员",
    "prior_reports": "此前登记次数",
    "prior_case_ids": "此前的案件",
    "is_minor_involved": "涉及未成年人",
    "service_needs": "服务需求",
    "scoring_opt_out": "不参加评分",
    "parties": "当事人",
}

DATES = {
    "future": "日期在未来",
    "long_ago": "日期早于 1990 年",
    "occurred_after_registered": "发生晚于登记",
    "accepted_before_registered": "受理早于登记",
    "due_before_registered": "期限早于登记",
    "closed_before_registered": "办结早于登记",
    "event_before_registered": "其他进展早于登记",
    "recorded_before_event": "录入早于发生",
    "outcome_before_registered": "结果早于登记",
}

EVENTS = {
    "registered": "登记",
    "assigned": "分派",
    "signed_for": "签收",
    "contacted": "联系当事人",
    "session": "调解",
    "no_show": "缺席",
    "agreement_oral": "口头协议",
    "agreement_written": "书面协议",
    "judicial_confirmation": "司法确认",
    "performed": "履行",
    "breached": "违约",
    "transferred": "移交",
    "whistle": "吹哨",
    "reported_in": "报到",
    "upgraded": "升级",
    "downgraded": "降级",
    "visit": "因预警上门",
    "revisit": "回访",
    "reopened": "重新打开",
    "police_dispatch_linked": "关联出警",
    "protective_order": "人身安全保护令",
    "note_added": "补充记录",
    "petition": "信访",
    "lawsuit": "起诉",
    "complaint": "投诉",
    "media_contact": "媒体求助",
    "closed": "办结",
}

FIELDS_OF_PERSON = {
    "name": "姓名",
    "id_type": "证件类型",
    "id_no": "证件号码",
    "phone": "电话",
    "sex": "性别",
    "ethnicity": "民族",
    "education": "学历",
    "category": "人员类别",
    "address": "住址",
}

MASKED = {kind.value: label for kind, label in LABELS.items()} | {SpanType.NAME.value: "姓名"}


def field_name(field: str) -> str:
    """Return the Chinese name of what a fault is about; a column is called by its own name."""
    kind, _, part = field.partition(".")
    if kind == "events" and part:
        return f"时间线·{EVENTS.get(part, part)}"
    if kind == "outcomes" and part:
        return f"结果·{part}"
    return FIELDS.get(field, field) or "整行"
