"""Where the table of a sheet begins: the row of column names, below title lines if any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar

from zaojie_cases.errors import InputError

TITLES = 4
"""Lines above the column names that are passed over, at most."""
_COLUMNS = 3
"""Cells of the row below from which a line of one cell is its title and no column."""
_LABELLED = re.compile(r"\S[:：]\s*\S")
"""填报单位：某司法所"""

Line = TypeVar("Line", bound=Sequence[object])


def is_blank(cell: object) -> bool:
    """Tell whether nothing can be seen in a cell."""
    return cell is None or not str(cell).strip()


def find_header(
    rows: Iterator[tuple[int, Line]], name: str
) -> tuple[list[str], Iterator[tuple[int, Line]]] | None:
    """Return the column names and the rows below them, all without blank rows; None for no row.

    Raises ``InputError`` if there are no names in the row that should hold them; ``name`` is
    what it calls the file.
    """
    filled = ((n, cells) for n, cells in rows if not all(map(is_blank, cells)))
    head = list(islice(filled, TITLES + 1))
    if not head:
        return None
    widths = [sum(not is_blank(cell) for cell in cells) for _, cells in head]
    place = 0
    while place + 1 < len(head) and _is_title(head[place][1], max(widths[place + 1 :])):
        place += 1
    return _names(head[place][1], name), chain(head[place + 1 :], filled)


def _is_title(cells: Sequence[object], width: int) -> bool:
    """Tell whether a line stands above a table that has ``width`` columns."""
    texts = [str(cell) for cell in cells if not is_blank(cell)]
    if len(texts) == 1:
        return width >= _COLUMNS
    return 2 * len(texts) <= width and any(map(_LABELLED.search, texts))


def _names(cells: Iterable[object], name: str) -> list[str]:
    """Return column names; a name that comes again gets a number, an empty one stays empty."""
    seen: Counter[str] = Counter()
    header = []
    for cell in cells:
        title = "" if is_blank(cell) else str(cell).strip()
        seen[title] += 1
        header.append(f"{title}({seen[title]})" if title and seen[title] > 1 else title)
    if not any(char.isalpha() for title in header for char in title):
        raise InputError(f"文件 {name} 的第一行没有列名，请补上表头。")
    return header
