"""Children never outlive the script that started them, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
PARENT = """
import os, sys, time
from processes import Children
with Children() as children:
    children.start({command!r}, dict(os.environ))
    print("started", flush=True)
    {then}
"""
GRANDCHILD = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '600'])"]
STUBBORN = ["sh", "-c", "trap '' INT TERM; sleep 600; sleep 600"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and /proc are POSIX and Linux")


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """A word in the environment of all that a test starts; what a failed test left is killed."""
    yield str(tmp_path)
    for process in still_running(str(tmp_path)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def begin(mark: str, command: list[str], then: str) -> subprocess.Popen[str]:
    environment = dict(os.environ, PYTHONPATH=str(SCRIPTS), ZAOJIE_TEST_MARK=mark)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(command=command, then=then)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    return parent


def still_running(mark: str) -> list[int]:
    """Processes that carry the mark in their environment; zombies have none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"ZAOJIE_TEST_MARK={mark}".encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_children_and_grandchildren(number: signal.Signals, mark: str) -> None:
    parent = begin(mark, GRANDCHILD, "time.sleep(600)")
    for _ in range(300):
        if len(still_running(mark)) >= 3:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the children did not start")
    parent.send_signal(number)
    parent.communicate(timeout=30)
    assert still_running(mark) == []


@pytest.mark.parametrize("then", ["pass", "sys.exit(3)", "raise OSError"])
def test_an_end_without_signal_stops_them_too(then: str, mark: str) -> None:
    begin(mark, GRANDCHILD, then).communicate(timeout=30)
    assert still_running(mark) == []


def test_a_second_signal_does_not_break_the_stopping(mark: str) -> None:
    parent = begin(mark, STUBBORN, "time.sleep(600)")
    parent.send_signal(signal.SIGINT)
    time.sleep(0.5)
    parent.send_signal(signal.SIGINT)
    parent.communicate(timeout=30)
    assert still_running(mark) == []


def test_run_leaves_no_grandchild_behind(mark: str) -> None:
    then = 'children.run(["sh", "-c", "sleep 600 & exit 4"], dict(os.environ)); os._exit(0)'
    begin(mark, ["true"], then).communicate(timeout=30)
    assert still_running(mark) == []
