"""Which mapping a file was made for, told from the names of its columns."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from zaojie_cases.errors import InputError
from zaojie_cases.mapping.model import Mapping, load_mapping, shipped_mappings
from zaojie_cases.readers import Cells, check_readable, read_rows

FITTING = 0.25
"""A mapping of which less fits is no guess."""
EQUAL = 0.1
"""Two mappings whose shares are nearer than this fit about equally."""
_HEAD = 100


@dataclass(frozen=True, slots=True)
class Guess:
    """How well a mapping fits a file.

    ``mapping`` has the column names of the file. ``share`` is the part of all columns, those
    that the mapping reads and those of the file, that both know: 0 to 1.
    """

    mapping: Mapping
    found: tuple[str, ...]
    missing: tuple[str, ...]
    """Required columns that the file lacks."""
    unknown: tuple[str, ...]
    """Columns of the file that the mapping neither reads nor leaves out on purpose."""
    share: float

    @property
    def fits(self) -> bool:
        """Whether the file can be read with this mapping and was likely made for it."""
        return not self.missing and self.share >= FITTING


def head_of(path: Path, rows: int = _HEAD) -> list[Cells]:
    """Return the first rows of a file. Raises ``InputError`` if none can be read."""
    with closing(read_rows(path)) as found:
        head = list(islice(found, rows))
    if not head:
        raise InputError(f"文件 {path.name} 里没有数据行。")
    check_readable(head, path)
    return [cells for _, cells in head]


def header_of(rows: list[Cells]) -> list[str]:
    """Return the names of the columns that ``rows`` have, in order."""
    return list(dict.fromkeys(column for cells in rows for column in cells))


def guess(mapping: Mapping, header: list[str]) -> Guess:
    """Tell how well ``mapping`` fits a file with these columns."""
    fitted = mapping.fitted(header)
    columns = set(header)
    read = fitted.read_columns()
    known = columns & (read | fitted.left_out.keys())
    both = len(read | columns)
    return Guess(
        mapping=fitted,
        found=tuple(c for c in header if c in read),
        missing=tuple(sorted(fitted.required_columns() - columns)),
        unknown=tuple(c for c in header if c not in known),
        share=len(known) / both if both else 0.0,
    )


def rank_mappings(path: Path) -> tuple[Guess, ...]:
    """Return how well each shipped mapping fits a file, best first.

    Those that lack a required column come after all others. Raises ``InputError`` if the
    file cannot be read.
    """
    header = header_of(head_of(path))
    guesses = [guess(load_mapping(name), header) for name in shipped_mappings()]
    return tuple(sorted(guesses, key=lambda g: (bool(g.missing), -g.share, g.mapping.name)))


def equally_good(guesses: tuple[Guess, ...]) -> tuple[Guess, ...]:
    """Return the guesses that fit and whose share is near that of the best, best first."""
    fitting = [one for one in guesses if one.fits]
    return tuple(one for one in fitting if fitting[0].share - one.share < EQUAL)
