"""One line on the terminal that counts what a long command has done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Item = TypeVar("Item")

_PAUSE = 0.2
"""Seconds between two looks at how far reading is."""
_FINE = 10_000
"""Parts that the whole file is shown in."""


def counted(items: Iterable[Item], what: str) -> Iterator[Item]:
    """Yield ``items`` with a line on the terminal that counts them."""
    with progress_line() as progress:
        yield from progress.track(items, total=None, description=what)


def followed(items: Iterable[Item], what: str, share: Callable[[], float]) -> Iterator[Item]:
    """Yield ``items`` with a line that shows how many, how fast, ``share`` and the time left.

    ``share`` is of the whole file, 0 while not known; it may begin in the middle.
    """
    with _line(
        TextColumn("{task.description} {task.fields[rows]} 行 {task.fields[rate]} 行/秒"),
        BarColumn(bar_width=20),
        TaskProgressColumn("{task.percentage:.0f}%"),
        TimeElapsedColumn(),
        TextColumn("还需"),
        TimeRemainingColumn(),
    ) as progress:
        start = shown = time.monotonic()
        task = None
        for rows, item in enumerate(items, start=1):
            now = time.monotonic()
            if task is None:  # after what was passed over, so that it does not count as speed
                start = now
                done = round(share() * _FINE)
                task = progress.add_task(what, total=_FINE, completed=done, rows=0, rate=0)
            elif now - shown > _PAUSE:
                shown = now
                rate = round(rows / (now - start))
                progress.update(task, completed=share() * _FINE, rows=rows, rate=rate)
            yield item


def progress_line() -> Progress:
    """Return the counting line; silent where the error output is no terminal."""
    return _line(TextColumn("{task.description} {task.completed:.0f} 行"), TimeElapsedColumn())


def _line(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
