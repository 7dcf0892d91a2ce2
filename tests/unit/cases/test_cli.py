from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from zaojie_cases.cli import main
from zaojie_cases.store import Store

MAPPING = """
name: own
version: 1
source_system: own
fields:
  source_case_no: 编号
  narrative: 内容
  registered_at: 登记时间
parties: {name: [姓名]}
"""
RUN = [sys.executable, "-c", "from zaojie_cases.cli import main; main()"]


@pytest.fixture
def zaojie(tmp_path, monkeypatch, capfd):
    """Run a command in an empty directory; return exit code, standard output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZAOJIE_DEBUG", raising=False)
    for name in ("ZAOJIE_HOME", "ZAOJIE_DATABASE_URL", "ZAOJIE_VAULT_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "own.yaml").write_text(MAPPING, encoding="utf-8")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["zaojie", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, *capfd.readouterr()

    return run


def write(path, *rows):
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([["编号", "内容", "登记时间", "姓名"], *rows])
    return path


def stored(tmp_path):
    """Return how many cases are in the store of ``tmp_path``, 0 while there is none."""
    database = tmp_path / ".zaojie" / "zaojie.db"
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM cases").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


GOOD = ["1", "楼上漏水没人管", "2026/3/2 9:05", "欧阳小明"]


def test_import_says_what_it_did_and_twice_is_once(tmp_path, zaojie):
    file = write(tmp_path / "a.csv", GOOD, ["2", "噪声扰民", "前天", ""], ["3", "", "2026/3/2", ""])
    code, out, err = zaojie("import", file, "--mapping", "own.yaml")
    assert (code, err) == (0, "")
    assert "新增 1 件" in out
    assert "拒绝 2 行" in out
    assert "当事人身份 1 份没有保存" in out
    rejects = tmp_path / ".zaojie" / "rejects" / "a.csv.csv"
    assert str(rejects.relative_to(tmp_path)) in out
    assert rejects.read_text(encoding="utf-8-sig").splitlines()[0] == "行号,字段,原因"
    assert [line.split(",")[:2] for line in rejects.read_text("utf-8-sig").splitlines()[1:]] == [
        ["3", "登记时间"],
        ["4", "案情内容"],
    ]
    _, out, _ = zaojie("import", file, "--mapping", "own.yaml")
    assert "新增 0 件，更新 0 件，未变 1 件" in out
    with Store(f"sqlite:///{tmp_path / '.zaojie' / 'zaojie.db'}") as store:
        assert len(list(store.iter_cases())) == 1


def test_a_corrected_file_updates_and_its_old_reject_file_goes(tmp_path, zaojie):
    rejects = tmp_path / "r.csv"
    file = write(tmp_path / "a.csv", GOOD, ["2", "", "2026/3/2", ""])
    zaojie("import", file, "--mapping", "own.yaml", "--rejects", rejects)
    assert rejects.exists()
    write(file, [*GOOD[:1], "楼上又漏水", *GOOD[2:]], ["2", "噪声", "2026/3/2", ""])
    _, out, _ = zaojie("import", file, "--mapping", "own.yaml", "--rejects", rejects)
    assert "新增 1 件，更新 1 件，未变 0 件，拒绝 0 行" in out
    assert not rejects.exists()


def test_identity_is_kept_with_a_key(tmp_path, zaojie, monkeypatch):
    monkeypatch.setenv("ZAOJIE_VAULT_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    _, out, _ = zaojie("import", write(tmp_path / "a.csv", GOOD), "--mapping", "own.yaml")
    assert "已加密存入保险库" in out


def test_the_source_is_never_overwritten(tmp_path, zaojie):
    file = write(tmp_path / "a.csv", GOOD)
    before = file.read_bytes()
    code, _, err = zaojie("import", file, "--mapping", "own.yaml", "--rejects", file)
    assert code == 2
    assert "--rejects" in err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["import", "none.csv", "--mapping", "own.yaml"], "找不到文件 none.csv"),
        (["import", "own.yaml", "--mapping", "own.yaml"], "不能读取文件"),
        (["import", "a.csv", "--mapping", "nope"], "自带的映射有"),
        (["import", "a.csv", "--mapping", "tipdm_hot"], "必需的列"),
        (["import", "a.csv"], "没有合适的映射"),
        (["import", "a.csv", "--maping", "x"], "没有选项 --maping"),
        (["simulate", "--cases", "many", "--out", "x.jsonl"], "--cases"),
        (["simulate", "--preset", "calm", "--out", "x.jsonl"], "没有这个预设，请从 default"),
        (["imprt"], "是不是 zaojie import"),
        (["mask", "--in", "a.csv", "--out", "b.jsonl"], "--in 应为"),
    ],
)
def test_what_the_user_can_mend_is_one_chinese_sentence(tmp_path, zaojie, arguments, sentence):
    write(tmp_path / "a.csv", GOOD)
    code, _, err = zaojie(*arguments)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


def test_help_lists_the_commands_in_chinese(zaojie):
    code, out, _ = zaojie("--help")
    assert code == 0
    assert all(word in out for word in ("命令", "simulate", "import", "mask"))


def test_nothing_typed_shows_the_help(zaojie):
    code, out, err = zaojie()
    assert code == 2
    assert "simulate" in out + err


def test_mask_adds_masked_and_spans(tmp_path, zaojie):
    lines = [
        {"id": 1, "text": "我的电话13800138000🙂", "more": "x"},
        {"id": 2, "text": "楼上漏水"},
        {"id": 3},
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join(map(json.dumps, lines)) + "\n{", encoding="utf-8")
    code, out, _ = zaojie("mask", "--in", source, "--out", tmp_path / "out.jsonl")
    assert code == 0
    assert "4 行" in out
    assert "2 行不能处理" in out
    masked = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [m.get("id") for m in masked] == [1, 2, 3, None]
    assert "13800138000" not in masked[0]["masked"]
    assert masked[0]["spans"] == [{"start": 4, "end": 15, "type": "phone"}]
    assert masked[0]["more"] == "x"
    assert (masked[1]["masked"], masked[1]["spans"]) == ("楼上漏水", [])
    assert "text" in masked[2]["reason"]
    assert masked[3]["line"] == 4


def test_simulate_writes_a_county(tmp_path, zaojie):
    code, out, err = zaojie(
        "simulate", "--cases", 20, "--seed", 3, "--out", tmp_path / "c.jsonl.gz"
    )
    assert (code, err) == (0, "")
    assert (tmp_path / "c.jsonl.gz").exists()
    assert "zaojie import" in out
    options = ("--preset", "hard", "--truth", "--no-oracle", "--out", tmp_path / "d.parquet")
    code, out, err = zaojie("simulate", "--cases", 20, *options)
    assert (code, err) == (0, "")
    assert "困难" in out
    names = sorted(path.name for path in tmp_path.glob("d.*"))
    assert names == ["d.parquet", "d.truth.jsonl.gz"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="没有 /dev/full")
def test_a_full_disk_is_told_and_the_cases_are_in(tmp_path, zaojie):
    file = write(tmp_path / "a.csv", GOOD, ["2", "", "2026/3/2", ""])
    code, _, err = zaojie("import", file, "--mapping", "own.yaml", "--rejects", "/dev/full")
    assert code == 2
    assert "磁盘已满" in err
    assert Path("/dev/full").is_char_device()
    assert stored(tmp_path) == 1


def add_room(tmp_path, monkeypatch, source):
    """Install a room with the command ``odd`` beside the real ones."""
    (tmp_path / "odd_room.py").write_text(source, encoding="utf-8")
    info = tmp_path / "odd_room-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-room\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[zaojie.commands]\nodd = odd_room:register\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "odd_room", raising=False)


ODD = """
from __future__ import annotations
import errno
def register(app):
    @app.command("odd")
    def odd() -> None:
        {}
    @app.command("odder")
    def odder() -> None:
        pass
"""


@pytest.mark.parametrize(
    ("statement", "code", "sentence"),
    [
        ("import mlflow_of_nowhere", 2, "缺少 mlflow_of_nowhere"),
        ("raise ModuleNotFoundError(name='sklearn.svm')", 2, "requirements/run.txt"),
        ("raise OSError(errno.ENOSPC, 'x')", 2, "磁盘已满"),
        ("raise PermissionError(errno.EACCES, 'x', '/data/a.csv')", 2, "没有权限读写 a.csv"),
        ("raise OSError(errno.EADDRINUSE, 'x')", 2, "端口已被占用"),
        ("raise FileExistsError(errno.EEXIST, 'x', '/data/a.csv')", 2, "a.csv 已存在"),
        ("import typer; raise typer.Abort", 2, "没有确认"),
        ("raise KeyboardInterrupt", 130, "已中断"),
        ("raise ValueError('欧阳小明')", 1, "程序出错：ValueError（odd_room.py 第 7 行）"),
        ("raise OSError(999, '欧阳小明')", 1, "程序出错：OSError"),
    ],
)
def test_failures_of_any_room_are_one_sentence(
    tmp_path, zaojie, monkeypatch, statement, code, sentence
):
    add_room(tmp_path, monkeypatch, ODD.format(statement))
    found, out, err = zaojie("odd")
    assert found == code
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert "欧阳" not in out + err


def test_a_developer_sees_the_whole_error(tmp_path, zaojie, monkeypatch):
    add_room(tmp_path, monkeypatch, ODD.format("raise ValueError('why')"))
    monkeypatch.setenv("ZAOJIE_DEBUG", "1")
    with pytest.raises(ValueError, match="why"):
        zaojie("odd")


def test_a_room_that_cannot_be_loaded_names_its_extra(tmp_path, zaojie, monkeypatch):
    add_room(tmp_path, monkeypatch, "raise ModuleNotFoundError(name='fastapi')")
    code, _, err = zaojie("odd")
    assert code == 2
    assert "requirements/serving.txt" in err
    assert zaojie("mask", "--help")[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows 不能给单个进程发 Ctrl-C")
def test_ctrl_c_says_one_line_and_leaves_what_was_written(tmp_path):
    (tmp_path / "own.yaml").write_text(MAPPING, encoding="utf-8")
    write(tmp_path / "a.csv", *([str(n), "楼上漏水", "2026/3/2", ""] for n in range(50_000)))
    running = subprocess.Popen(
        [*RUN, "import", "a.csv", "--mapping", "own.yaml"],
        cwd=tmp_path,
        env={**os.environ, "ZAOJIE_HOME": ".zaojie"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    while running.poll() is None and stored(tmp_path) == 0:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()
    assert (running.returncode, out) == (130, "")
    assert err.strip() == "已中断。已写入的数据不受影响，可重新运行同一命令。"
    assert 0 < stored(tmp_path) < 50_000
