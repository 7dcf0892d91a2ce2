"""Reading rows in several processes: the same rows in the same order, some way ahead.

The processes are spawned, never forked: a fork copies the locks of libraries in whatever
state they are. Ctrl-C is the main process's business alone; when that is gone, however it
ended, the others end too. When one of them dies, the main process reads what is left.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain, islice

from zaojie_cases.importing.row import Row, RowReader
from zaojie_cases.mapping import Mapping
from zaojie_cases.readers import Cells

Numbered = tuple[int, Cells]

SMALL = 2_000
"""Rows that are read sooner than a process has started."""
_CHUNK = 100
_AHEAD = 10
"""Chunks a process that may be on their way: work for as long as a batch is being stored."""
_MOST = 4
"""More processes would wait for the one that stores."""

_reader: RowReader
"""The reader of a worker process."""


def usable_processes() -> int:
    """Return how many processes an import should read with on this machine."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on Windows and macOS
    return min(len(affinity(0)) if affinity else os.cpu_count() or 1, _MOST)


def read_in_processes(
    rows: Iterator[Numbered],
    mapping: Mapping,
    columns: frozenset[str],
    now: datetime,
    processes: int,
) -> Iterator[Row]:
    """Yield what a :class:`RowReader` makes of ``rows``, in order.

    A file of fewer than :data:`SMALL` rows, or ``processes`` below 2, is read right here.
    """
    reader = RowReader(mapping, columns, now)
    head = list(islice(rows, SMALL)) if processes > 1 else []
    if len(head) < SMALL:
        yield from (reader.read(*row) for row in chain(head, rows))
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _start, (mapping, columns, now)
    )
    try:
        yield from _ordered(pool, reader, chain(head, rows), processes * _AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _ordered(
    pool: ProcessPoolExecutor, reader: RowReader, rows: Iterator[Numbered], ahead: int
) -> Iterator[Row]:
    waiting: deque[tuple[list[Numbered], Future[list[Row]] | None]] = deque()
    while chunk := list(islice(rows, _CHUNK)):
        waiting.append((chunk, _submitted(pool, chunk)))
        if len(waiting) > ahead:
            yield from _result(reader, *waiting.popleft())
    while waiting:
        yield from _result(reader, *waiting.popleft())


def _submitted(pool: ProcessPoolExecutor, chunk: list[Numbered]) -> Future[list[Row]] | None:
    """Hand ``chunk`` to a process; None if one has died, which ends the whole pool."""
    with suppress(BrokenProcessPool), _interrupts_held():
        return pool.submit(_read, chunk)
    return None


def _result(
    reader: RowReader, chunk: Iterable[Numbered], future: Future[list[Row]] | None
) -> list[Row]:
    with suppress(BrokenProcessPool):
        if future is not None:
            return future.result()
    return [reader.read(*row) for row in chunk]


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: a process that starts in here never gets it, we get it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(mapping: Mapping, columns: frozenset[str], now: datetime) -> None:
    global _reader  # noqa: PLW0603 - what a worker process is given once
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _reader = RowReader(mapping, columns, now)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read(chunk: list[Numbered]) -> list[Row]:
    return [_reader.read(*row) for row in chunk]
