"""Child processes that never outlive their parent; standard library only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import IO

PATIENCE = 5.0
"""Seconds between one way of asking a group to end and the next."""


class Children:
    """Starts each child at the head of its own process group and stops every group on leaving.

    Ctrl-C, SIGTERM and a closed terminal all arrive as one ``KeyboardInterrupt`` inside the
    ``with`` block; while the groups are being stopped further signals are ignored.
    """

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []
        self._starting = False
        self._interrupted = False

    def __enter__(self) -> Children:
        for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"):
            number = getattr(signal, name, None)
            # nohup hands over an ignored SIGHUP: its user wants us to go on.
            if number and (name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN):
                signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._interrupted = True
        stop(self._running)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._interrupted:
            return
        self._interrupted = True
        if not self._starting:  # else the new child would be lost: start() raises once it is held
            raise KeyboardInterrupt

    def start(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        output: int | IO[str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a child without standard input; its errors go where its output goes.

        Raises ``OSError`` if it cannot be started.
        """
        self._starting = True
        try:
            child = subprocess.Popen(
                list(command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                start_new_session=sys.platform != "win32",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
            self._running.append(child)
        finally:
            self._starting = False
        if self._interrupted:
            raise KeyboardInterrupt
        return child

    def run(self, command: Sequence[str], environment: dict[str, str]) -> int:
        """Run a command to its end with its output shown; returns its exit code."""
        child = self.start(command, environment)
        code = child.wait()
        stop([child])
        self._running.remove(child)
        return code


def stop(children: Sequence[subprocess.Popen[str]]) -> None:
    """Ask each group to end, as Ctrl-C does, so that it tidies up; then less and less kindly."""
    for name in ("SIGINT", "SIGTERM", "SIGKILL"):
        living = [child for child in children if _group_lives(child)]
        for child in living:
            _signal_group(child, name)
        deadline = time.monotonic() + PATIENCE
        while any(map(_group_lives, living)) and time.monotonic() < deadline:
            time.sleep(0.05)
    for child in children:
        child.wait()


def _group_lives(child: subprocess.Popen[str]) -> bool:
    if child.poll() is None or sys.platform == "win32":
        return child.returncode is None
    return _signal_group(child, None)


def _signal_group(child: subprocess.Popen[str], name: str | None) -> bool:
    """Signal every process of a child's group (no name: only look); False if none is left."""
    if sys.platform == "win32":
        kill = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        return subprocess.run(kill, capture_output=True, check=False).returncode == 0
    try:
        os.killpg(child.pid, getattr(signal, name) if name else 0)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return False
    return True
