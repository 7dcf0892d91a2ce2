"""The reject file: what a person has to mend, as a table that Excel opens."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from zaojie_cases.importing.faults import Reject

if TYPE_CHECKING:
    from hashlib import _Hash

_HEADER = ("行号", "字段", "原因")
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
        return _hash_of(path, self.length).hexdigest() == self.digest


class RejectFile:
    """Writes rejects to ``path``; a file of an earlier run goes, one without lines is not made.

    With a ``mark`` that :meth:`RejectMark.holds`, writing goes on there, and what came after
    it goes. ``count`` is the number of lines.
    """

    def __init__(self, path: Path, mark: RejectMark | None = None) -> None:
        self.path = path
        self._mark = mark or RejectMark()
        self.count = self._mark.lines
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._mark.length:
            self._hash = _hash_of(self.path, self._mark.length)
            self._file = self.path.open("r+b")
            self._file.truncate(self._mark.length)
            self._file.seek(self._mark.length)
            return self
        self._hash = sha256()
        if self.path.is_file():  # never a device such as /dev/null
            self.path.unlink()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, rejects: Iterable[Reject]) -> None:
        """Add one line for each reject."""
        for reject in rejects:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("wb")
                # With a BOM: without it Excel reads Chinese as something else.
                self._put(codecs.BOM_UTF8 + _line(_HEADER))
            self._put(_line((reject.row, reject.field, reject.reason)))
            self.count += 1

    def mark(self) -> RejectMark:
        """Bring what was written to the disk and return how far the file has come."""
        if self._file is None or not self.path.is_file():  # a device cannot be cut back
            return RejectMark(self.count)
        self._file.flush()
        os.fsync(self._file.fileno())
        return RejectMark(self.count, self._file.tell(), self._hash.hexdigest())

    def _put(self, line: bytes) -> None:
        if self._file is not None:
            self._file.write(line)
            self._hash.update(line)


def _line(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _hash_of(path: Path, length: int) -> _Hash:
    found = sha256()
    with path.open("rb") as file:
        while length and (part := file.read(min(_PART, length))):
            found.update(part)
            length -= len(part)
    return found
