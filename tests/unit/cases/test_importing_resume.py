from __future__ import annotations

from array import array
from dataclasses import asdict
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import func, select

from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.importing import Reject, RejectFile, read_records, seen
from zaojie_cases.importing.reject_file import RejectMark
from zaojie_cases.importing.run import import_file
from zaojie_cases.importing.seen import Numbers
from zaojie_cases.importing.unknown import shown
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store import Store, repository
from zaojie_cases.store.imports import ImportMarkRow, ImportRow, advance, imports
from zaojie_cases.vault import Vault

KEY = SecretStr("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "BATCH", 10)
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.upgrade()
        yield store


@pytest.fixture
def many(sheet):
    """Sixty rows: every seventh has a fault, some numbers and texts come again."""
    rows = [sheet.row | {"编号": str(n % 50), "标题": f"漏水{n % 45}"} for n in range(60)]
    for row in rows[::7]:
        row |= {"类型": "噪声扰民"}
    rows[3] |= {"登记时间": ""}
    return sheet.write(*rows)


class StoppedError(Exception):
    pass


def stopping(after):
    def shown(rows, _):
        for count, row in enumerate(rows, start=1):
            yield row
            if count == after:
                raise StoppedError

    return shown


def run(store, path, sheet, **more):
    rejects = path.parent / f"{store.engine.url.database.rpartition('/')[2]}.rejects.csv"
    more = {"mapping": sheet.mapping(parties={"name": ["姓名"]}), "rejects": rejects} | more
    mapping = more.pop("mapping")
    return import_file(store, path, mapping, **more), more["rejects"]


def content(store):
    with store.reading() as session:
        (row,) = imports(session)
        marks = session.scalar(select(func.count()).select_from(ImportMarkRow))
    kept = (row.count, row.quality, row.reject_lines, row.reject_hash, row.last_row, row.state)
    return list(store.iter_cases()), kept, marks


def broken_off(store, path, sheet, *stops, **more):
    for after in stops:
        with pytest.raises(StoppedError):
            run(store, path, sheet, shown=stopping(after), **more)


@given(st.lists(st.sampled_from([str(n) for n in range(12)])), st.integers(0, 30))
def test_numbers_are_told_apart_also_from_marks(numbers, stop):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_MERGE", 4)
        first = Numbers()
        told = [first.add(number) for number in numbers[:stop]]
        second = Numbers([first.marks])
        told += [second.add(number) for number in numbers[stop:]]
    assert told == [number not in numbers[:at] for at, number in enumerate(numbers)]
    assert len(array("Q", first.marks)) == len(set(numbers[:stop]))


@pytest.mark.parametrize("stops", [(5,), (10,), (27,), (25, 3, 14), (60,)])
def test_an_import_goes_on_as_if_it_had_never_stopped(tmp_path, sheet, store, many, stops):
    with Store(f"sqlite:///{tmp_path / 'b.db'}") as whole:
        whole.upgrade()
        _, rejects_of_whole = run(whole, many, sheet)
        broken_off(store, many, sheet, *stops)
        done, rejects = run(store, many, sheet)
        assert content(store) == content(whole)
        assert rejects.read_bytes() == rejects_of_whole.read_bytes()
    assert done.began_after == sum(stop // 10 * 10 for stop in stops)
    assert content(store)[1][-1] == "finished"
    assert content(store)[2] == 0


def test_lines_that_were_written_but_not_committed_go(sheet, store, many):
    broken_off(store, many, sheet, 25)
    _, rejects = run(store, many, sheet)
    lines = rejects.read_text("utf-8-sig").splitlines()[1:]
    assert len(lines) == len(set(lines)) == content(store)[1][2]


def test_a_finished_import_is_left_alone_unless_again(sheet, store, many):
    first, rejects = run(store, many, sheet)
    before = rejects.read_bytes()
    second, _ = run(store, many, sheet, shown=stopping(0))
    assert second.was_there
    assert second.row.finished_at == first.row.finished_at
    assert rejects.read_bytes() == before
    third, _ = run(store, many, sheet, again=True)
    assert not third.was_there
    assert third.row.counted.added == 0
    assert third.row.counted.unchanged == first.row.counted.added
    assert rejects.read_bytes() == before


def test_another_content_or_mapping_or_a_key_is_another_import(sheet, store, many):
    run(store, many, sheet)
    assert not run(store, many, sheet, vault=Vault(store, KEY))[0].was_there
    assert not run(store, many, sheet, mapping=sheet.mapping(title="另一版"))[0].was_there
    with many.open("a", encoding="utf-8") as file:
        file.write("\n")
    assert not run(store, many, sheet)[0].was_there
    copy = many.with_name("copy.jsonl")
    copy.write_bytes(many.read_bytes())
    assert run(store, copy, sheet)[0].was_there


@pytest.mark.parametrize("spoil", ["gone", "cut", "edited", "elsewhere"])
def test_without_its_reject_file_an_import_begins_anew(tmp_path, sheet, store, many, spoil):
    broken_off(store, many, sheet, 25)
    rejects = tmp_path / "a.db.rejects.csv"
    whole = rejects.read_bytes()
    if spoil == "gone":
        rejects.unlink()
    if spoil == "cut":
        rejects.write_bytes(whole[:-60])
    if spoil == "edited":
        rejects.write_bytes(whole.replace(b"4", b"3"))
    more = {"rejects": tmp_path / "other.csv"} if spoil == "elsewhere" else {}
    done, rejects = run(store, many, sheet, **more)
    assert done.lost_rejects
    assert done.began_after == 0
    lines = rejects.read_text("utf-8-sig").splitlines()
    assert len(lines) == done.row.reject_lines + 1
    assert len(list(store.iter_cases())) == 50


def test_dates_are_judged_as_on_the_first_day(sheet, store, many):
    broken_off(store, many, sheet, 25)
    with store.session() as session:
        session.get(ImportRow, content_id(session)).started_at = datetime(
            2026, 1, 1, tzinfo=SHANGHAI
        )
    done, _ = run(store, many, sheet)
    assert done.row.counted.rejected > 30


def content_id(session):
    (row,) = imports(session)
    return row.import_id


def test_two_processes_at_the_same_file_do_not_mix(sheet, store, many):
    def shown(rows, _):
        for count, row in enumerate(rows):
            if count == 15:
                run(store, many, sheet, rejects=many.parent / "other.csv")
            yield row

    with pytest.raises(StoreError, match="另一个程序"):
        run(store, many, sheet, shown=shown)
    cases, kept, _ = content(store)
    assert len(cases) == 50
    assert kept[-1] == "finished"


def test_a_file_that_changes_under_way_is_not_called_complete(sheet, store, many):
    def shown(rows, _):
        yield from rows
        with many.open("a", encoding="utf-8") as file:
            file.write("\n")

    with pytest.raises(InputError, match="被改动"):
        run(store, many, sheet, shown=shown)
    assert content(store)[1][-1] == "running"


def test_a_file_that_does_not_fit_leaves_no_trace(sheet, store):
    with pytest.raises(InputError, match="必需的列"):
        run(store, sheet.write({"别的": "1"}), sheet)
    with pytest.raises(InputError, match="找不到文件"):
        run(store, sheet.directory / "none.csv", sheet)
    with store.reading() as session:
        assert imports(session) == []


def test_a_file_without_rows_is_complete(tmp_path, sheet, store):
    path = tmp_path / "a.csv"
    path.write_text("编号,标题,内容,登记时间\n", encoding="utf-8")
    assert run(store, path, sheet)[0].row.state == "finished"
    assert run(store, path, sheet)[0].was_there


def test_advancing_from_elsewhere_is_refused(sheet, store, many):
    broken_off(store, many, sheet, 25)
    with pytest.raises(StoreError), store.session() as session:
        advance(session, content_id(session), 10, {"last_row": 40})


def test_a_reject_file_goes_on_at_its_mark(tmp_path):
    path = tmp_path / "r.csv"
    with RejectFile(path) as file:
        file.write([Reject(2, "a", "x"), Reject(3, "b", "y")])
        mark = file.mark()
        file.write([Reject(4, "c", "z")])
    assert mark.lines == 2
    assert mark.holds(path)
    with RejectFile(path, mark) as file:
        file.write([Reject(5, "d", "w")])
        assert file.count == 3
        second = file.mark()
    rows = path.read_text("utf-8-sig").splitlines()
    assert rows == ["行号,字段,原因", "2,a,x", "3,b,y", "5,d,w"]
    assert second.holds(path)
    assert asdict(second) != asdict(mark)
    assert RejectMark().holds(tmp_path / "none.csv")


def test_the_meter_goes_from_nothing_to_all(sheet, many):
    from zaojie_cases.text_files import Meter

    meter = Meter()
    assert meter.share() == 0
    for _ in read_records(many, sheet.mapping(), meter=meter):
        assert 0 <= meter.share() <= 1
    assert meter.share() == 1


@pytest.mark.parametrize(
    "value", ["0402", "A01", "物业纠纷", "噪声扰民", "婚姻家庭", "其他", "物业"]
)
def test_what_is_a_code_or_plain_words_is_shown(value):
    assert shown(value) == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("张伟", "（2 个汉字）"),
        ("欧阳小明", "（4 个汉字）"),
        ("王伟物业", "（4 个汉字）"),
        ("李建国的物业纠纷", "（8 个汉字）"),
        ("850307", "（6 位数字）"),
        ("13800138000", "（11 位数字）"),
        ("110101199001011234", "（18 位数字）"),
        ("wang_wei88", "（10 个字母、数字或符号）"),
        ("阳光小区3栋201室", "（10 个字符）"),
        (["张伟"], "（列表或损坏的值）"),
        (None, ""),
    ],
)
def test_what_may_be_personal_is_told_by_its_kind_only(value, told):
    assert shown(value) == told
