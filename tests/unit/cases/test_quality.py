from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from zaojie_cases.importing.run import import_file
from zaojie_cases.labels import DATES, EVENTS, FIELDS, MASKED
from zaojie_cases.mapping import CASE_FIELDS
from zaojie_cases.masking import SpanType
from zaojie_cases.quality import NearTexts, Quality, Tally, as_html, as_lines, build, near, tally
from zaojie_cases.quality.files import report_of, write_report
from zaojie_cases.quality.tally import OTHERS, length_class, quantile
from zaojie_cases.record import EventKind
from zaojie_cases.store import Store

PEOPLE = {
    "姓名": "欧阳建国",
    "电话": "13812345678",
    "证件": "360102198503071234",
    "住址": "阳光小区3栋2单元501室",
}
keys = st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))
counts = st.dictionaries(keys, st.integers(1, 9), max_size=6)


@pytest.fixture
def store(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.upgrade()
        yield store


def counted(sheet, *rows, **more):
    """Return the counts of ``rows``, each a change of the good row with a number of its own."""
    using = sheet.mapping(**more)
    quality, texts = Quality(using), NearTexts()
    changed = [sheet.row | {"编号": str(n)} | row for n, row in enumerate(rows)]
    for row in sheet.read(*changed, using=using):
        quality.add(row, repeats=texts.add(row.case.narrative_masked if row.case else ""))
    return quality.tally


@given(counts, counts, counts)
def test_tallies_add_up_in_any_order_and_survive_storage(a, b, c):
    one, two, three = Tally(a), Tally(b), Tally(c)
    assert (one + two) + three == one + (two + three) == three + two + one
    assert Tally.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert all((one + two)[key] == a.get(key, 0) + b.get(key, 0) for key in {*a, *b})


def test_a_tally_is_bounded(monkeypatch):
    monkeypatch.setattr(tally, "MOST", 3)
    found = Tally()
    for n in range(50):
        found.add("unknown", "category_code", str(n % 10))
    assert len(found.under("unknown", "category_code")) == 4
    assert sum(found.under("unknown", "category_code").values()) == 50
    assert found["unknown", "category_code", OTHERS] == 35
    assert Tally.from_json({"version": 99, "counts": [["rows", 1]]}) == Tally()


@given(st.lists(st.integers(0, 20_000), min_size=1))
def test_quantiles_are_right_within_a_step(lengths):
    classes = Counter(map(length_class, lengths))
    for share in (0.1, 0.5, 0.9):
        exact = sorted(lengths)[max(0, -int(-share * len(lengths) // 1) - 1)]
        assert exact <= quantile(classes, share) * 1.01
        assert quantile(classes, share) <= exact * 1.06 + 1
    assert len({length_class(n) for n in range(20_001)}) < 220
    assert quantile({}, 0.5) == 0


def invented(rng, words=60):
    return "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(words * 3))


def test_near_equal_texts_are_found_and_others_are_not():
    rng = random.Random(3)
    texts = NearTexts()
    originals = [invented(rng) for _ in range(200)]
    assert not any(texts.add(original) for original in originals)
    assert all(texts.add(f"{one}。") for one in originals)
    assert sum(texts.add(one[:90] + "某" + one[91:]) for one in originals) > 190
    assert not any(texts.add(one[:60] + invented(rng, 40)) for one in originals)
    assert not texts.add("")


def test_short_texts_must_be_equal_but_for_marks():
    texts = NearTexts()
    assert not texts.add("楼上漏水没人管")
    assert texts.add("楼上漏水，没人管。")
    assert not texts.add("楼上漏水没人修")


def test_near_texts_go_on_from_marks_and_forget_the_oldest(monkeypatch):
    monkeypatch.setattr(near, "RECENT", 5)
    rng = random.Random(4)
    stream = [invented(rng) for _ in range(30)]
    stream[7], stream[13], stream[29] = stream[4], stream[1], stream[2]
    whole = NearTexts()
    told = [whole.add(one) for one in stream]
    assert [at for at, known in enumerate(told) if known] == [7]
    for stop in range(30):
        first = NearTexts()
        head = [first.add(one) for one in stream[:stop]]
        second = NearTexts([first.marks])
        assert head + [second.add(one) for one in stream[stop:]] == told


def test_what_is_counted_about_rows(sheet):
    found = counted(
        sheet,
        {},
        {"标题": "", "内容": "漏水"},
        {"编号": "0", "内容": "另一件事"},
        {"类型": "噪声扰民", "区划": "", "网格": ""},
        {"登记时间": ""},
        {"内容": "张伟电话13812345678，找过物业三次没人管"},
    )
    assert (found["rows",], found["cases",], found["rejected",]) == (6, 4, 2)
    assert found["repeated", "number"] == 1
    assert found["text", "short"] == 1
    assert found["filled", "category_code"] == 3
    assert found["filled", "region_code"] == 3
    assert found["given", "registered_at"] == 5
    assert found["given", "narrative"] == 6
    assert found.under("unknown", "category_code") == {"噪声扰民": 1}
    assert found.under("masked") == {"name": 1, "phone": 1}
    assert found["fault", "registered_at", "登记时间是空的"] == 1


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, set()),
        ({"登记时间": "2027-1-1"}, {"future"}),
        ({"登记时间": "1985-3-2"}, {"long_ago"}),
        ({"期限": "2026-3-1"}, {"due_before_registered"}),
        ({"办结": "2026-2-1"}, {"closed_before_registered"}),
        ({"联系": "2026-2-1"}, {"event_before_registered"}),
        ({"联系": "2026-5-1", "录入": "2026-4-1"}, {"recorded_before_event"}),
        ({"发生": "2026-3-3"}, {"occurred_after_registered"}),
        ({"受理": "2026-3-1 23:00"}, {"accepted_before_registered"}),
        ({"受理": "2026-3-2 8:00"}, set()),
        ({"结果": "是", "结果日": "2026-1-1"}, {"outcome_before_registered"}),
        ({"登记时间": "前天"}, set()),
    ],
)
def test_dates_that_cannot_be(sheet, changes, problems):
    empty = dict.fromkeys(("办结", "联系", "录入", "发生", "受理", "结果", "结果日"), "")
    fields = {"occurred_on": "发生", "accepted_at": "受理"}
    found = counted(
        sheet,
        empty | changes,
        fields=sheet.mapping().model_dump(exclude_unset=True)["fields"] | fields,
        events=[
            {"kind": "closed", "at": "办结"},
            {"kind": "contacted", "at": "联系", "recorded_at": "录入"},
        ],
        outcomes={"a": {"code": "E1", "kind": "binary", "column": "结果", "observed": "结果日"}},
    )
    assert set(found.under("date")) == problems
    assert problems <= set(DATES)


def test_large_changes_are_told_in_words():
    before = Tally({("rows",): 100, ("cases",): 100, ("filled", "grid_code"): 90})
    after = Tally({("rows",): 100, ("cases",): 100, ("filled", "grid_code"): 60})
    report = build([], after, before)
    assert [(title, line.label, line.mark) for title, line in report.marked] == [
        ("填写率", "网格代码", "明显降低")
    ]
    assert "-30.0 个百分点" in as_html(report)
    assert any("明显降低" in line for line in as_lines(report))
    assert build([], after, None).marked == []
    few = Tally({("rows",): 9, ("cases",): 9, ("filled", "grid_code"): 1})
    assert build([], few, before).marked == []


def test_codes_and_fields_that_nobody_fills_are_told(sheet):
    kinds = ["物业", "物业", "噪声扰民", "0402"]
    found = counted(sheet, *({"类型": kind, "金额": "", "内容": f"{kind}事"} for kind in kinds))
    report = build([], found, None)
    lines = {line.label.strip(): line.now for section in report.sections for line in section.lines}
    assert lines["涉及金额"] == "0（0.0%）"
    assert lines["事件类别：在代码表中"] == "2（50.0%）"
    assert lines["事件类别：不在表中的 噪声扰民"] == "1（25.0%）"
    assert lines["区划代码：在代码表中"] == "4（100.0%）"


def test_what_a_mapping_puts_in_place_of_an_unknown_code_is_not_in_the_list(sheet):
    fields = sheet.mapping().model_dump(exclude_unset=True)["fields"]
    fields["category_code"] |= {"on_unknown": "default", "default": "99"}
    kinds = ({"类型": kind} for kind in ("物业", "噪声扰民", "装修", "宠物"))
    report = build([], counted(sheet, *kinds, fields=fields), None)
    lines = {line.label.strip(): line.now for section in report.sections for line in section.lines}
    assert lines["事件类别：在代码表中"] == "1（25.0%）"
    assert lines["事件类别"] == "4（100.0%）"


def test_a_required_field_that_cannot_be_used_is_not_given(sheet):
    found = counted(sheet, {}, {"登记时间": "前天"}, {"登记时间": ""}, {"编号": "0"})
    assert (found["given", "registered_at"], found["whole",]) == (2, 4)


def test_columns_that_the_file_lacks_are_told_by_name():
    before = Tally({("rows",): 40, ("absent", "网格"): 1})
    after = Tally({("rows",): 40, ("absent", "网格"): 1, ("absent", "区划"): 1})
    report = build([], after, before)
    (section,) = [s for s in report.sections if s.title == "文件中没有的列"]
    assert {line.label: (line.now, line.before, line.mark) for line in section.lines} == {
        "网格": ("没有", "没有", ""),
        "区划": ("没有", "有", "没有了"),
    }


def test_small_changes_are_not_marked():
    before = Tally({("rows",): 1000, ("cases",): 1000, ("filled", "grid_code"): 900})
    after = Tally({("rows",): 1000, ("cases",): 1000, ("filled", "grid_code"): 860})
    assert build([], after, before).marked == []


def test_all_names_are_there():
    assert set(FIELDS) >= CASE_FIELDS
    assert set(EVENTS) == {kind.value for kind in EventKind}
    assert set(MASKED) == {kind.value for kind in SpanType}


def test_a_report_is_compared_with_the_last_import_of_the_source(tmp_path, sheet, store):
    def run(name, rows, source="x"):
        path = sheet.write(
            *({**sheet.row, "编号": f"{name}{n}", **row} for n, row in enumerate(rows))
        )
        using = sheet.mapping(source_system=source)
        return import_file(store, path, using, rejects=tmp_path / "r.csv").row

    first = run("a", [{}] * 40)
    run("b", [{}] * 40, source="y")
    second = run("c", [{"网格": ""}] * 40)
    assert report_of(store, first).marked == []
    marked = {line.label: line for _, line in report_of(store, second).marked}
    assert marked["网格代码"].before == "40（100.0%）"
    assert marked["网格代码"].now == "0（0.0%）"
    page = write_report(report_of(store, second), second, tmp_path / "reports")
    html = page.read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert "明显降低" in html
    assert not any(word in html for word in ("http:", "https:", "<script", "<link", "src="))


def test_nobody_is_named_in_report_console_or_tables(tmp_path, sheet, store):
    """Also when the columns are mapped to the wrong fields."""
    secrets = [*PEOPLE.values(), "物业三次"]
    told = "，".join(PEOPLE.values())
    rows = [
        sheet.row | PEOPLE | {"编号": f"HT{n}", "内容": f"{told}，找物业三次"} for n in range(40)
    ]
    for column, person in zip(
        ("类型", "区划", "网格", "人数", "地点"), [*PEOPLE.values()] * 2, strict=False
    ):
        rows[3] |= {column: person}
    using = sheet.mapping(
        parties={"name": ["姓名"], "phone": ["电话"]},
        fields=sheet.mapping().model_dump(exclude_unset=True)["fields"]
        | {"category_code": {"columns": ["姓名"], "translate": {"邻里": "0299"}}},
    )
    row = import_file(store, sheet.write(*rows), using, rejects=tmp_path / "r.csv").row
    report = report_of(store, row)
    path = write_report(report, row, tmp_path)
    with store.reading() as session:
        tables = [
            str(session.execute(text(f"SELECT * FROM {name}")).all())
            for name in ("imports", "import_marks")
        ]
    everything = [path.read_text("utf-8"), "\n".join(as_lines(report)), *tables]
    assert "（4 个汉字）" in everything[0]
    for secret in [*secrets, "HT7"]:
        assert not any(secret in one for one in everything), secret
