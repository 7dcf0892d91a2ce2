"""What is wrong with a row: the entries of the reject file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from zaojie_cases.errors import CodeError
from zaojie_cases.values import CellError

ABSENT = "文件中没有这一列，相应内容留空"
UNFILTERED = "文件中没有这一列，没有筛选：所有的行都导入了，请核对"
REPEATED = "编号与前面的一行重复，只导入第一次出现的"
EMPTY = "是空的"
"""How the reason ends when a required field is empty."""
FUTURE = "日期在未来，请核对"
CUT = "只保留前面部分"
"""How the reason ends when a narrative was cut."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One fault of one row: where it is, and why, in Chinese, without the value."""

    row: int
    field: str
    reason: str


@dataclass(slots=True)
class Faults:
    """The faults found so far in one row, and what else a report on the data counts."""

    row: int
    found: list[Reject] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """Field and code of each code that is in no list, as far as it may be shown."""

    def add(self, name: str, reason: str) -> None:
        """Note that field ``name`` is at fault."""
        self.found.append(Reject(self.row, name, reason))

    def has(self, name: str) -> bool:
        """Tell whether field ``name`` is already at fault."""
        return any(fault.field == name for fault in self.found)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """Note an error of a value in the block as a fault of field ``name``.

        Only our own errors are sure not to repeat the value; others get a general reason.
        """
        try:
            yield
        except CodeError as error:
            self.add(name, error.message.rstrip("。"))
        except CellError as error:
            self.add(name, str(error))
        except ValueError:
            self.add(name, "内容不合规定")
