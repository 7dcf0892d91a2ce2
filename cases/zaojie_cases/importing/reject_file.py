"""The reject file: what a person has to mend, as a table that Excel opens."""

from __future__ import annotations

import codecs
import csv
import io
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from zaojie_cases.errors import InputError
from zaojie_cases.importing.faults import Reject
from zaojie_cases.labels import field_name

_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class RejectMark:
    """How far a reject file had come: lines, bytes, and the SHA-256 of those bytes."""

    lines: int = 0
    length: int = 0
    digest: str = sha256().hexdigest()

    def holds(self, path: Path) -> bool:
        """Tell whether the file at ``path`` still begins with what was written to it."""
        if not self.length:
            return True
        if not path.is_file() or path.stat().st_size < self.length:
            return False
        return _hash_of(path, self.length) == self.digest


class RejectFile:
    """Writes rejects to ``path``; a list of an earlier run goes, one without lines is not made.

    With a ``mark`` that :meth:`RejectMark.holds`, writing goes on there, and what came after
    it goes. ``count`` is the number of lines. Every writer has a file of its own: if another
    process has put one in its place, the writer that ends without an error puts its own back.
    """

    def __init__(self, path: Path, mark: RejectMark | None = None) -> None:
        self.path = path
        self._mark = mark or RejectMark()
        self.count = self._mark.lines
        self._hash = sha256()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if not self.path.is_file():  # never a device such as /dev/null
            return self
        with self.path.open("rb") as file:
            if not _HEAD.startswith(file.read(len(_HEAD))):
                raise InputError(
                    f"{self.path.name} 已存在，又不是问题清单，不会覆盖它："
                    "请用 --rejects 换一个文件名。"
                )
        before = self.path.with_name(f".{self.path.name}.before")
        self.path.replace(before)
        with before.open("rb") as file:
            for part in _parts(file, self._mark.length):
                self._put(part)
        before.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        with self._file as file:
            if kind is None and _is_plain(file) and not _is_at(self.path, file):
                self._file = self._opened()
                file.seek(0)
                with self._file as own:
                    shutil.copyfileobj(file, own)

    def write(self, rejects: Iterable[Reject]) -> None:
        """Add one line for each reject."""
        for reject in rejects:
            if self._file is None:
                self._put(_HEAD)
            self._put(_line((reject.row, field_name(reject.field), reject.reason)))
            self.count += 1

    def mark(self) -> RejectMark:
        """Bring what was written to the disk and return how far the file has come."""
        if self._file is None or not _is_plain(self._file):  # a device cannot be cut back
            return RejectMark(self.count)
        self._file.flush()
        os.fsync(self._file.fileno())
        return RejectMark(self.count, self._file.tell(), self._hash.hexdigest())

    def _put(self, content: bytes) -> None:
        if self._file is None:
            self._file = self._opened()
        self._file.write(content)
        self._hash.update(content)

    def _opened(self) -> BinaryIO:
        """Return a new file at the path, one that nobody else writes into."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.is_file():
            self.path.unlink()
        return self.path.open("wb" if self.path.exists() else "x+b")


def _line(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _is_plain(file: BinaryIO) -> bool:
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def _is_at(path: Path, file: BinaryIO) -> bool:
    return path.is_file() and os.path.samestat(path.stat(), os.fstat(file.fileno()))


def _parts(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield the first ``length`` bytes of ``file``."""
    while length and (part := file.read(min(_PART, length))):
        yield part
        length -= len(part)


def _hash_of(path: Path, length: int) -> str:
    found = sha256()
    with path.open("rb") as file:
        for part in _parts(file, length):
            found.update(part)
    return found.hexdigest()


_HEAD = codecs.BOM_UTF8 + _line(("行号", "字段", "原因"))
"""With a BOM: without it Excel reads Chinese as something else."""
