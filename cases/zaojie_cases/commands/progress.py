"""One line on the terminal that counts what a long command has done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Item = TypeVar("Item")


def counted(items: Iterable[Item], what: str) -> Iterator[Item]:
    """Yield ``items`` with a line on the terminal that counts them."""
    with progress_line() as progress:
        yield from progress.track(items, total=None, description=what)


def progress_line() -> Progress:
    """Return the counting line; silent where the error output is no terminal."""
    count = TextColumn("{task.description} {task.completed:.0f} 行")
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        count,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
