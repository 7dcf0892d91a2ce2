"""Set-up: whom it refuses, when it has nothing to do, when it starts anew."""

from __future__ import annotations

import ast
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that set-up reads, in a folder of their own."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__*"))
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def ask(root: Path, expression: str, before: str = "") -> str:
    """Evaluate an expression in a Python that has just imported the environment module."""
    code = f"{before}\nimport environment, sys\nprint({expression})"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={"PYTHONPATH": str(root / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or asked.stderr.strip()


def make_venv(root: Path, purpose: str) -> None:
    """What a finished set-up leaves behind, without what it installs."""
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = ask(root, f"environment._stamp({purpose!r})")
    (root / ".venv" / "zaojie-stamp").write_text(stamp + "\n", encoding="utf-8")


@pytest.mark.parametrize("version", ["(3, 10, 9)", "(3, 6, 15)", "(3, 14, 0)"])
def test_another_python_is_refused_with_a_sentence(version: str) -> None:
    said = ask(ROOT, "1", before=f"import sys; sys.version_info = {version}")
    assert "早解需要 Python 3.11" in said
    assert "Zaojie needs Python 3.11" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["run.py", "test.py", "python_version.py"])
def test_old_pythons_can_read_what_refuses_them(name: str) -> None:
    text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 6))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert not [node for node in imports if node.module == "__future__"]


def test_nothing_to_do_when_the_stamp_fits(checkout: Path) -> None:
    make_venv(checkout, "run")
    assert ask(checkout, "environment._is_done('run')") == "True"
    assert ask(checkout, "environment._is_done('test')") == "False"


def test_the_test_environment_serves_the_main_job(checkout: Path) -> None:
    make_venv(checkout, "test")
    assert ask(checkout, "environment._is_done('run')") == "True"


@pytest.mark.parametrize(
    "changed", ["requirements/run.txt", "requirements/build.txt", "pyproject.toml"]
)
def test_a_change_of_lock_or_project_asks_for_set_up(checkout: Path, changed: str) -> None:
    make_venv(checkout, "run")
    with (checkout / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert ask(checkout, "environment._is_done('run')") == "False"
    assert ask(checkout, "environment._is_sound()") == "True"


def test_an_interrupted_set_up_starts_anew(checkout: Path) -> None:
    make_venv(checkout, "run")
    (checkout / ".venv" / "zaojie-unfinished").touch()
    assert ask(checkout, "environment._is_done('run')") == "False"
    assert ask(checkout, "environment._is_sound()") == "False"


def test_a_moved_checkout_starts_anew(checkout: Path) -> None:
    make_venv(checkout, "run")
    moved = checkout.rename(checkout.with_name("moved"))
    assert ask(moved, "environment._is_done('run')") == "False"
    assert ask(moved, "environment._is_sound()") == "False"


def test_a_venv_whose_python_is_gone_starts_anew(checkout: Path) -> None:
    make_venv(checkout, "run")
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(checkout / "gone")
    assert ask(checkout, "environment._is_sound()") == "False"


def test_children_see_no_other_python_and_speak_utf8() -> None:
    before = "import os; os.environ.update(PYTHONPATH='x', PYTHONHOME='y')"
    own = ast.literal_eval(ask(ROOT, "environment.child_environment()", before))
    assert "PYTHONPATH" not in own
    assert "PYTHONHOME" not in own
    assert own["PYTHONUTF8"] == "1"


def test_a_busy_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from run import free_port

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        assert free_port(busy) > busy
