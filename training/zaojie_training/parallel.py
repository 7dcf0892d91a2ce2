"""Work on several targets at once: the solvers are compiled and leave Python's lock alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

from zaojie_training.solvers import quiet

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return ``work`` of each item, in order; each runs in one thread of its own.

    Matrix libraries get one thread as well: on a busy machine theirs wait for each other.
    """
    with threadpool_limits(1), ThreadPoolExecutor(cores(), initializer=quiet) as pool:
        return list(pool.map(work, items))
