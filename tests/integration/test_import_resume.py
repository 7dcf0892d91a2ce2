"""A real ``zaojie import`` is killed again and again; nothing is lost and nothing is double."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows 没有 SIGKILL")

ROWS = 3_500
RUN = [sys.executable, "-c", "from zaojie_cases.cli import main; main()"]
MAPPING = """
name: own
version: 1
source_system: own
fields:
  source_case_no: 编号
  narrative: 内容
  registered_at: 登记时间
  category_code: {column: 类型, translate: {邻里: "0299", 物业: "0402"}}
events: [{kind: closed, at: 办结时间}]
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invented rows: good ones, faults, repeated numbers and texts."""
    rng = random.Random(5)
    directory = tmp_path_factory.mktemp("source")
    (directory / "own.yaml").write_text(MAPPING, encoding="utf-8")
    with (directory / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "内容", "登记时间", "类型", "办结时间"])
        for n in range(ROWS):
            number = n if rng.random() > 0.02 else rng.randrange(n + 1)
            day = f"2026-{rng.randint(1, 9)}-{rng.randint(1, 28)}" if rng.random() > 0.02 else ""
            kind = rng.choice(["邻里", "物业", "物业", "噪声"])
            text = f"{rng.randint(1, 30)}栋{rng.randint(1, 900)}室漏水，物业没人管"
            writer.writerow([f"A-{number}", text, day, kind, "2026-10-1" if n % 3 else ""])
    return directory


def start(source: Path, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*RUN, "import", "a.csv", "--mapping", "own.yaml"],
        cwd=source,
        env={**os.environ, "ZAOJIE_HOME": str(home), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "zaojie.db", timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def committed(home: Path) -> int:
    """Return the last committed row; 0 while there is none."""
    try:
        return next(iter(query(home, "SELECT last_row FROM imports")), (0,))[0]
    except sqlite3.OperationalError:
        return 0


def content(home: Path) -> dict[str, Any]:
    """Return all that an import leaves behind, apart from its own times."""
    kept = "state, last_row, count, quality, reject_lines, reject_bytes, reject_hash"
    return {
        "cases": query(home, "SELECT * FROM cases ORDER BY case_id"),
        "events": query(home, "SELECT * FROM case_events ORDER BY case_id, event_id"),
        "import": query(home, f"SELECT {kept} FROM imports"),
        "marks": query(home, "SELECT count(*) FROM import_marks"),
        "rejects": (home / "rejects" / "a.csv.csv").read_bytes(),
    }


def finished(source: Path, home: Path) -> str:
    running = start(source, home)
    out, err = running.communicate(timeout=120)
    assert (running.returncode, err) == (0, "")
    return out


def stop(running: subprocess.Popen[str], sign: signal.Signals) -> str:
    """Stop it and return its errors; Ctrl-C goes to its children too, as in a terminal."""
    if sign == signal.SIGINT:
        os.killpg(running.pid, sign)
    else:
        running.send_signal(sign)
    return running.communicate(timeout=60)[1]


def test_killed_at_random_points_it_ends_as_if_never_stopped(source: Path, tmp_path: Path) -> None:
    rng = random.Random(11)
    whole, often = tmp_path / "whole", tmp_path / "often"
    finished(source, whole)
    reached = []
    for sign in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT):
        running = start(source, often)
        before = committed(often)
        while reached and running.poll() is None and committed(often) == before:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.2))
        said = stop(running, sign)
        reached.append(committed(often))
    assert said == "已中断。已写入的数据不受影响，可重新运行同一命令。\n"
    assert reached == sorted(reached)
    assert 0 < reached[1] < ROWS
    out = finished(source, often)
    assert f"上次导入到第 {reached[-1]} 行" in out
    found, expected = content(often), content(whole)
    for part in expected:
        assert found[part] == expected[part], part
    assert expected["marks"] == [(0,)]
    count = json.loads(expected["import"][0][2])
    assert count["added"] + count["rejected"] == ROWS
    assert "已导入过" in finished(source, often)


def test_no_process_outlives_a_killed_import(source: Path, tmp_path: Path) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("没有 /proc")
    running = start(source, tmp_path)
    while running.poll() is None and not (children := children_of(running.pid)):
        time.sleep(0.01)
    stop(running, signal.SIGKILL)
    until = time.monotonic() + 30
    while (left := [pid for pid in children if is_running(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] if len(found) > 1 else []


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
