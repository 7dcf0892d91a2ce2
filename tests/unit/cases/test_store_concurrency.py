from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Timer

from zaojie_cases.importing import Row
from zaojie_cases.record import SHANGHAI, Case, CaseEvent
from zaojie_cases.store import ImportCount, Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)
TOTAL = 200


def rows(numbers: Iterable[int], writer: int) -> list[Row]:
    found = []
    for number in numbers:
        case = Case(
            case_id=f"c{number}",
            source_system="county",
            source_case_no=str(number),
            registered_at=NOON + timedelta(minutes=number),
            narrative_masked=f"第{number}号纠纷",
        )
        event = CaseEvent(
            event_id=f"w{writer}", case_id=case.case_id, at=NOON, recorded_at=NOON, kind="session"
        )
        found.append(Row(number, str(number), case, (event,), (), (), None, (), False))
    return found


def assert_complete(store: Store, writers: int) -> None:
    stored = {case.case_id: events for case, events, _ in store.iter_cases()}
    assert set(stored) == {f"c{n}" for n in range(TOTAL)}
    assert {len(events) for events in stored.values()} == {writers}


def test_threads_that_add_the_same_cases_lose_nothing(tmp_path: Path) -> None:
    writers = 6
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:

        def work(writer: int) -> ImportCount:
            store.upgrade()
            count = ImportCount()
            for start in range(0, TOTAL, 20):
                count += store.add_rows(rows(range(start, start + 20), writer))
            return count

        with ThreadPoolExecutor(writers) as pool:
            counts = list(pool.map(work, range(writers)))
        assert sum(c.added for c in counts) == TOTAL
        assert sum(c.updated for c in counts) == TOTAL * (writers - 1)
        assert_complete(store, writers)


def test_threads_may_upgrade_different_databases_at_once(tmp_path: Path) -> None:
    def work(number: int) -> list[object]:
        with Store(f"sqlite:///{tmp_path / str(number)}.db") as store:
            store.upgrade()
            return list(store.iter_cases())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(16))) == [[]] * 16


def test_a_file_that_is_busy_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "zaojie.db", check_same_thread=False)
    other.execute("CREATE TABLE not_ours (x)")
    other.execute("BEGIN IMMEDIATE")
    release = Timer(0.3, other.close)
    release.start()
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        assert list(store.iter_cases()) == []
    release.join()


WORK = """
import sys
from importlib.util import module_from_spec, spec_from_file_location

from zaojie_cases.store import Store

spec = spec_from_file_location("rows_of_the_test", sys.argv[1])
test = module_from_spec(spec)
spec.loader.exec_module(test)
with Store(sys.argv[2]) as store:
    store.upgrade()
    for start in range(0, test.TOTAL, 20):
        store.add_rows(test.rows(range(start, start + 20), int(sys.argv[3])))
"""


def test_processes_that_start_at_once_on_no_database_lose_nothing(tmp_path: Path) -> None:
    writers, url = 4, f"sqlite:///{tmp_path / 'zaojie.db'}"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, __file__, url, str(writer)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for writer in range(writers)
    ]
    errors = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * writers, errors
    with Store(url) as store:
        assert_complete(store, writers)
