"""``zaojie mapping``, and ``zaojie import`` without a mapping: as real processes."""

from __future__ import annotations

import csv
import os
import pty
import subprocess
import sys
import time
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest

from zaojie_cases.cli import main
from zaojie_cases.mapping import shipped_mappings

SAMPLES = Path(str(files("zaojie_cases"))) / "mappings" / "samples"
POLICE = SAMPLES / "police_nonpolice_dispute.csv"
RUN = [sys.executable, "-c", "from zaojie_cases.cli import main; main()"]


@pytest.fixture
def zaojie(tmp_path, monkeypatch, capfd):
    """Run a command in an empty directory; return exit code, standard output and errors."""
    monkeypatch.chdir(tmp_path)
    for name in ("ZAOJIE_HOME", "ZAOJIE_DATABASE_URL", "ZAOJIE_VAULT_KEY", "ZAOJIE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["zaojie", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, *capfd.readouterr()

    return run


def write(path, header, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def on_terminal(directory, answer, *arguments):
    """Run a command on a terminal of its own, type ``answer``; return exit code and screen."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ZAOJIE_")}
    process = subprocess.Popen(
        [*RUN, *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=directory,
        env=environment | {"COLUMNS": "160", "TERM": "dumb"},
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    screen = b""
    deadline = time.monotonic() + 60
    with suppress(OSError):  # the terminal is gone when the process ends
        while time.monotonic() < deadline and (part := os.read(ours, 65_536)):
            screen += part
    os.close(ours)
    return process.wait(timeout=60), screen.decode(errors="replace")


def test_list_names_every_mapping(zaojie):
    code, out, err = zaojie("mapping", "list")
    assert (code, err) == (0, "")
    assert all(name in out for name in shipped_mappings())


def test_show_says_what_becomes_of_each_column_and_why_some_are_left_out(zaojie):
    code, out, _ = zaojie("mapping", "show", "gb31000_table30")
    lines = {line.split("│")[1].strip(): line for line in out.splitlines() if "│" in line}
    assert code == 0
    assert "只进保险库" in lines["主要当事人民族"]
    assert "事后才有的文字" in lines["化解情况"]
    assert "是" in lines["事件简述"]
    assert "结果·breakdown" in lines["化解是否成功"]


def test_check_tells_coverage_and_unknown_codes(zaojie):
    code, out, err = zaojie("mapping", "check", "police_nonpolice_dispute", "--data", POLICE)
    assert (code, err) == (0, "")
    assert "试读 22 行：能成为案件 20 行，按映射跳过 1 行，拒绝 1 行" in out
    coverage = next(line for line in out.splitlines() if "category_code" in line)
    assert "95%" in coverage
    assert "不认得的代码：事件类别" in out
    assert "张三" not in out


def test_check_without_data_says_that_the_mapping_is_right_or_what_is_wrong(zaojie, tmp_path):
    assert zaojie("mapping", "check", "county")[0] == 0
    (tmp_path / "own.yaml").write_text("name: x\n", encoding="utf-8")
    code, _, err = zaojie("mapping", "check", "own.yaml")
    assert code == 2
    assert "fields：缺少这一项" in err


def test_new_writes_a_draft_that_check_and_import_take(zaojie):
    code, out, _ = zaojie("mapping", "new", POLICE, "--out", "county_x.yaml")
    assert code == 0
    assert "police_nonpolice_dispute 适用" in out
    assert Path("county_x.yaml").read_text(encoding="utf-8").count("请核对") > 5
    assert zaojie("mapping", "check", "county_x.yaml", "--data", POLICE)[0] == 0
    code, out, _ = zaojie("import", POLICE, "--mapping", "county_x.yaml")
    assert code == 0
    assert "新增 21 件" in out


def test_new_never_writes_over_anything(zaojie, tmp_path):
    out = tmp_path / "police_nonpolice_dispute_own.yaml"
    out.write_text("mine", encoding="utf-8")
    code, _, err = zaojie("mapping", "new", POLICE)
    assert code == 2
    assert "已经存在" in err
    assert out.read_text(encoding="utf-8") == "mine"
    copy = tmp_path / "a.csv"
    copy.write_bytes(POLICE.read_bytes())
    assert zaojie("mapping", "new", copy, "--out", copy)[0] == 2
    assert copy.read_bytes() == POLICE.read_bytes()


def test_import_without_mapping_and_terminal_says_which_to_give(zaojie, tmp_path):
    code, out, err = zaojie("import", POLICE)
    assert code == 2
    assert "--mapping police_nonpolice_dispute" in err
    assert "（存入保险库）" in out
    assert "张三" not in out + err
    assert "19900000200" not in out + err
    assert not (tmp_path / ".zaojie").exists()


def test_import_of_an_unknown_file_says_what_to_do(zaojie, tmp_path):
    file = write(tmp_path / "a.csv", ["颜色", "重量"], ["红", "3"])
    code, out, err = zaojie("import", file)
    assert (code, out) == (2, "")
    assert "zaojie mapping new" in err


def test_a_file_without_rows_is_called_that(zaojie, tmp_path):
    file = write(tmp_path / "a.csv", ["案件编号", "登记日期", "纠纷简要情况"])
    code, _, err = zaojie("import", file)
    assert code == 2
    assert "没有数据行" in err
    code, out, _ = zaojie("import", file, "--mapping", "people_mediation_register")
    assert code == 0
    assert "没有数据行" in out


def test_import_of_a_file_that_lacks_a_column_names_it(zaojie, tmp_path):
    file = write(tmp_path / "a.csv", ["工单编号", "来电时间", "一级类别"], ["1", "2026-03-02", "x"])
    code, _, err = zaojie("import", file)
    assert code == 2
    assert "诉求内容" in err


def test_import_says_when_two_mappings_fit(zaojie, tmp_path):
    header = ["message_id", "title", "detail", "posted_at"]
    file = write(tmp_path / "a.csv", header, ["1", "漏水", "没人管", "2026-03-02"])
    code, _, err = zaojie("import", file)
    assert code == 2
    assert "有 2 个映射差不多都适用" in err
    assert "tipdm_hot" in err
    assert "tipdm_replies" in err


def test_import_takes_columns_written_a_little_otherwise(zaojie, tmp_path):
    header = [" 案件号", "登记时间", "纠纷简要情况（必填）"]
    file = write(tmp_path / "a.csv", header, ["1", "2026-03-02", "楼上漏水没人管"])
    code, out, _ = zaojie("import", file, "--mapping", "people_mediation_register")
    assert code == 0
    assert "新增 1 件" in out


def test_on_a_terminal_the_guess_is_asked_and_no_means_no(tmp_path):
    code, screen = on_terminal(tmp_path, "n", "import", POLICE)
    assert code == 2, screen
    assert "police_nonpolice_dispute 导入，对吗" in screen
    assert "没有导入" in screen
    assert "张三" not in screen


def test_on_a_terminal_one_guess_is_confirmed(tmp_path):
    header = ["工单编号", "来电时间", "诉求类型", "诉求内容", "联系电话", "一级类别", "办结时间"]
    file = write(tmp_path / "a.csv", header, ["1", "2026-03-02", "投诉", "楼上漏水", "", "", ""])
    code, screen = on_terminal(tmp_path, "y", "import", file)
    assert code == 0, screen
    assert "新增 1 件" in screen
    by_name = ("import", file, "--mapping", "hotline_12345")
    assert "已导入过" in on_terminal(tmp_path, "", *by_name)[1]


def test_on_a_terminal_one_of_two_is_chosen(tmp_path):
    header = ["message_id", "title", "detail", "posted_at"]
    file = write(tmp_path / "a.csv", header, ["1", "漏水", "没人管", "2026-03-02"])
    code, screen = on_terminal(tmp_path, "tipdm_replies", "import", file)
    assert code == 0, screen
    assert "新增 1 件" in screen
