"""The reject file: what a person has to mend, as a table that Excel opens."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from zaojie_cases.importing.faults import Reject

_HEADER = ("行号", "字段", "原因")


class RejectFile:
    """Writes rejects to ``path``; a file of an earlier run goes, one without lines is not made.

    ``count`` is the number of lines written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        if self.path.is_file():  # never a device such as /dev/null
            self.path.unlink()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def write(self, rejects: Iterable[Reject]) -> None:
        """Add one line for each reject."""
        for reject in rejects:
            if self.count == 0:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # With a BOM: without it Excel reads Chinese as something else.
                file = self.path.open("w", encoding="utf-8-sig", newline="")
                self._lines = csv.writer(self._open.enter_context(file))
                self._lines.writerow(_HEADER)
            self._lines.writerow((reject.row, reject.field, reject.reason))
            self.count += 1
