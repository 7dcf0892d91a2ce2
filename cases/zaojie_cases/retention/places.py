"""Where, beside the database, a case can be: each place with what is done about it.

| place under the data directory | what |
|---|---|
| ``exports``, ``rejects``, ``reports`` | :func:`sweep`: its rows go, or the whole file |
| ``cache`` (computed features, can be made again) | :func:`clear_cache` |
| ``bundles``, ``mlartifacts`` (signed, cannot be altered) | :func:`holders`: named, to retrain |
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from zaojie_cases.errors import InputError, MissingExtraError
from zaojie_cases.readers import MAX_CELL, read_rows
from zaojie_cases.text_files import open_bytes, open_text, written_whole

DERIVED = ("exports", "rejects", "reports")
CACHE = "cache"
SIGNED = ("bundles", "mlartifacts")

_TEXTS = (".html", ".htm", ".json", ".log", ".md", ".txt", ".xml", ".yaml", ".yml")
_TABLES = (".xlsx", ".parquet")
_DISTINCT = 6
"""In running text a shorter number would be found in dates and amounts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The case that is looked for: its id and its number at the source."""

    case_id: str
    number: str

    def in_cell(self, value: object) -> bool:
        """Tell whether a value is the number, or holds the id or does so further in."""
        if isinstance(value, dict):
            return any(map(self.in_cell, value.values()))
        if isinstance(value, list):
            return any(map(self.in_cell, value))
        text = str(value).strip()
        return text == self.number or _stands_in(self.case_id, text)

    def in_text(self, text: str) -> bool:
        """Tell whether running text holds the id, or the number if that is long enough."""
        long_enough = len(self.number) >= _DISTINCT
        return _stands_in(self.case_id, text) or (long_enough and _stands_in(self.number, text))

    def in_bytes(self, content: bytes) -> bool:
        """Tell whether a file of any kind holds the id as it would be written in text."""
        return self.case_id.encode() in content or json.dumps(self.case_id).encode() in content


@dataclass(slots=True)
class Swept:
    """What became of the files: rewritten, deleted, or not searched because unreadable."""

    rewritten: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    unsearched: list[Path] = field(default_factory=list)


def sweep(home: Path, wanted: Wanted) -> Swept:
    """Take the case out of all files that were derived from the record."""
    swept = Swept()
    for path in _files(home, DERIVED):
        try:
            _sweep_file(path, wanted, swept)
        except (InputError, MissingExtraError):
            swept.unsearched.append(path)
    return swept


def clear_cache(home: Path) -> int:
    """Delete the cache of computed features; return how many files went."""
    count = sum(1 for _ in _files(home, (CACHE,)))
    shutil.rmtree(home / CACHE, ignore_errors=True)
    return count


def holders(home: Path, wanted: Wanted) -> list[str]:
    """Return the signed directories that hold the case, as ``bundles/<name>``."""
    found = {}
    for path in _files(home, SIGNED):
        parts = path.relative_to(home).parts
        name = "/".join(parts[:2] if parts[0] == "bundles" else parts[:-1])
        if name not in found and wanted.in_bytes(path.read_bytes()):
            found[name] = True
    return sorted(found)


def _sweep_file(path: Path, wanted: Wanted, swept: Swept) -> None:
    plain = path.name.lower().removesuffix(".gz")
    if plain.endswith((".csv", ".tsv")):
        _rewrite(path, _table_records, wanted, swept)
    elif plain.endswith(".jsonl"):
        _rewrite(path, _json_records, wanted, swept)
    elif plain.endswith(_TABLES):
        if any(wanted.in_cell(cells) for _, cells in read_rows(path)):
            _delete(path, swept)
    elif plain.endswith(_TEXTS):
        with open_text(path) as text:
            holds = wanted.in_text(text.read())
        if holds:
            _delete(path, swept)
    else:
        swept.unsearched.append(path)


def _delete(path: Path, swept: Swept) -> None:
    path.unlink()
    swept.deleted.append(path)


def _rewrite(
    path: Path,
    records_of: Callable[[TextIO], Iterator[tuple[object, str]]],
    wanted: Wanted,
    swept: Swept,
) -> None:
    """Write the file again without the records of the case, if it has any."""
    with open_text(path) as text:
        if not any(wanted.in_cell(cells) for cells, _ in records_of(text)):
            return
    with open_bytes(path) as raw:
        bom = "\ufeff" if raw.read(3) == b"\xef\xbb\xbf" else ""
    with open_text(path) as text, written_whole(path) as out:
        out.write(bom)
        out.writelines(line for cells, line in records_of(text) if not wanted.in_cell(cells))
    swept.rewritten.append(path)


def _table_records(text: TextIO) -> Iterator[tuple[object, str]]:
    """Yield the cells of each record beside the lines that it was read from."""
    csv.field_size_limit(MAX_CELL)
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    try:
        for cells in csv.reader(lines(), delimiter=_delimiter(text)):
            yield cells, "".join(taken)
            taken.clear()
    except csv.Error as error:
        raise InputError("表格文件的引号没有闭合，读不下去") from error


def _delimiter(text: TextIO) -> str:
    first = text.readline()
    text.seek(0)
    return max(",\t;", key=first.count)


def _json_records(text: TextIO) -> Iterator[tuple[object, str]]:
    for line in text:
        try:
            yield json.loads(line), line
        except ValueError:
            yield line, line


def _files(home: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((home / folder).rglob("*")) if path.is_file())


def _stands_in(name: str, text: str) -> bool:
    return name in text and bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))
