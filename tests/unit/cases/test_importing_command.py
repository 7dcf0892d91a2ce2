from __future__ import annotations

import io
import json
import sys

import pytest
from rich.console import Console

from zaojie_cases.cli import main
from zaojie_cases.commands import progress
from zaojie_cases.commands.progress import followed

MAPPING = """
name: own
version: 1
source_system: own
fields: {source_case_no: 编号, narrative: 内容, registered_at: 登记时间, grid_code: 网格}
"""


@pytest.fixture
def zaojie(tmp_path, monkeypatch, capfd):
    """Run a command in an empty directory; return exit code and output."""
    monkeypatch.chdir(tmp_path)
    for name in ("ZAOJIE_HOME", "ZAOJIE_DATABASE_URL", "ZAOJIE_VAULT_KEY", "ZAOJIE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "own.yaml").write_text(MAPPING, encoding="utf-8")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["zaojie", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capfd.readouterr()
        return stopped.value.code, out + err

    return run


def write(tmp_path, name, grid):
    row = {"内容": "楼上漏水没人管", "登记时间": "2026-3-2", "网格": grid}
    rows = [json.dumps(row | {"编号": f"{name}-{n}"}) for n in range(40)]
    (tmp_path / name).write_text("\n".join(rows), encoding="utf-8")


def test_imports_are_listed_and_their_reports_shown_again(tmp_path, zaojie):
    assert "还没有导入过" in zaojie("imports")[1]
    write(tmp_path, "a.jsonl", "360102001002001")
    write(tmp_path, "b.jsonl", "")
    first = zaojie("import", "a.jsonl", "--mapping", "own.yaml")[1]
    second = zaojie("import", "b.jsonl", "--mapping", "own.yaml")[1]
    assert "网格代码比上次明显降低（40（100.0%） → 0（0.0%））" in second
    listed = zaojie("imports")[1].splitlines()
    assert [line.split()[4] for line in listed] == ["b.jsonl", "a.jsonl"]
    assert all("完成" in line and "未完成" not in line for line in listed)
    code, shown = zaojie("imports", "show", listed[0].split()[0])
    assert code == 0
    assert second.endswith(shown)
    assert not first.endswith(shown)
    page = tmp_path / shown.splitlines()[-1].partition("：")[2]
    assert "b.jsonl" in page.read_text("utf-8")


def test_an_unknown_number_is_told(zaojie):
    code, told = zaojie("imports", "show", "nope")
    assert code == 2
    assert "zaojie imports" in told


def test_a_file_that_is_in_is_not_read_again(tmp_path, zaojie):
    write(tmp_path, "a.jsonl", "")
    zaojie("import", "a.jsonl", "--mapping", "own.yaml")
    assert "已导入过" in zaojie("import", "a.jsonl", "--mapping", "own.yaml")[1]
    again = zaojie("import", "a.jsonl", "--mapping", "own.yaml", "--again")[1]
    assert "新增 0 件，更新 0 件，未变 40 件" in again
    assert "已导入过" not in again


def test_the_progress_line_tells_rows_rate_share_and_time_left(monkeypatch):
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.setattr(progress, "Console", lambda **_: terminal)
    monkeypatch.setattr(progress, "_PAUSE", -1)
    read = iter(n / 50 for n in range(1, 60))
    assert list(followed(range(50), "正在导入", lambda: next(read))) == list(range(50))
    told = screen.getvalue()
    assert "正在导入 50 行" in told
    assert "行/秒" in told
    assert "100%" in told
    assert "还需" in told
