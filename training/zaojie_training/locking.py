"""A lock between processes that ends with its holder, however that one ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from zaojie_training.errors import RegistryError

if sys.platform == "win32":
    import msvcrt

    def _lock(stream: BinaryIO) -> None:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: BinaryIO) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock ``path``; raise ``RegistryError`` if another process does."""
    with path.open("ab") as stream:
        try:
            _lock(stream)
        except OSError as error:
            raise RegistryError("另一个发布或退回命令正在运行。请等它结束，再运行一次。") from error
        yield
