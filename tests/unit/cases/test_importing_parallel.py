from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from zaojie_cases.importing import parallel, read_records
from zaojie_cases.importing.parallel import usable_processes


@pytest.fixture
def many(sheet):
    """A file of 400 rows: good ones, faults, repeated numbers, a broken line."""
    rows = [sheet.row | {"编号": str(n % 390), "内容": f"第 {n} 次漏水" * 3} for n in range(400)]
    rows[7] |= {"登记时间": "前天"}
    rows[8] |= {"类型": "噪声"}
    path = sheet.write(*rows)
    with path.open("a", encoding="utf-8") as file:
        file.write("{\n")
    return path


def test_several_processes_give_the_same_rows_in_order(sheet, many, monkeypatch):
    monkeypatch.setattr(parallel, "SMALL", 10)
    monkeypatch.setattr(parallel, "_CHUNK", 30)
    alone = list(read_records(many, sheet.mapping()))
    assert list(read_records(many, sheet.mapping(), processes=2)) == alone
    assert [row.number for row in alone] == list(range(1, 402))
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows 没有 SIGKILL")
def test_a_process_that_dies_loses_no_row(sheet, many, monkeypatch):
    monkeypatch.setattr(parallel, "SMALL", 10)
    monkeypatch.setattr(parallel, "_CHUNK", 10)
    monkeypatch.setattr(parallel, "_AHEAD", 2)
    found = []
    for row in read_records(many, sheet.mapping(), processes=2):
        found.append(row)
        if len(found) == 20:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    assert found == list(read_records(many, sheet.mapping()))


def test_a_small_file_starts_no_process(sheet):
    rows = read_records(sheet.write(sheet.row), sheet.mapping(), processes=2)
    assert next(rows).case is not None
    assert multiprocessing.active_children() == []


def test_leaving_early_ends_the_processes(sheet, many, monkeypatch):
    monkeypatch.setattr(parallel, "SMALL", 10)
    rows = read_records(many, sheet.mapping(), processes=2)
    next(rows)
    assert multiprocessing.active_children()
    rows.close()
    assert multiprocessing.active_children() == []


def test_as_many_processes_as_processors_but_not_too_many():
    assert 1 <= usable_processes() <= 4
