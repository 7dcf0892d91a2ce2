"""The main job, started once as a user would, and left running for the tests that look at it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = "1500"
PATIENCE = 240.0


class MainJob:
    """``scripts/run.py`` in short form, with the programs of this environment."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [
                *(sys.executable, "scripts/run.py", "--cases", CASES),
                *("--programs", str(Path(sys.executable).parent), *options),
            ],
            cwd=ROOT,
            env=dict(os.environ, ZAOJIE_HOME=str(home)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return "".join(self._lines)

    def wait_for(self, text: str) -> None:
        """Wait until it has printed a text; fail if it ends before."""
        end = time.monotonic() + PATIENCE
        while text not in self.output:
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the main job did not print {text!r}:\n{self.output}")
            time.sleep(0.1)

    def finish(self, number: signal.Signals | None = None) -> int:
        """Send a signal if one is given, wait for the end; returns the exit code."""
        if number is not None:
            self._process.send_signal(number)
        code = self._process.wait(timeout=PATIENCE)
        self._reader.join()
        return code

    def stop(self) -> None:
        """End it if it still runs, whatever a test has done."""
        if self._process.poll() is None:
            self.finish(signal.SIGTERM)
        self._reader.join()

    def still_running(self) -> list[str]:
        """Processes that this main job started: its home stands in their environment."""
        if not Path("/proc/self/environ").exists():
            pytest.skip("this system has no /proc to look for processes in")
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"ZAOJIE_HOME={self.home}\0".encode() in entry.read_bytes():
                    found.append((entry.parent / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    def link(self, path: str) -> str:
        """Return the printed link that ends in a path."""
        found = re.search(rf"http://127\.0\.0\.1:\d+{re.escape(path)}(?=\s*$)", self.output, re.M)
        assert found, self.output
        return found[0]

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            self._lines.extend(iter(stream.readline, ""))


@pytest.fixture(scope="session")
def main_job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainJob]:
    """The main job after it has shown everything, still running."""
    job = MainJob(tmp_path_factory.mktemp("main_job") / "home")
    try:
        job.wait_for("Ctrl-C")
        yield job
    finally:
        job.stop()


@pytest.fixture
def start_job() -> Iterator[Callable[..., MainJob]]:
    """Start further main jobs; each is ended with its test."""
    jobs: list[MainJob] = []

    def start(home: Path, *options: str) -> MainJob:
        jobs.append(MainJob(home, *options))
        return jobs[-1]

    yield start
    for job in jobs:
        job.stop()
