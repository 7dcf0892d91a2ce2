"""Reading rows from files, one at a time: CSV, Excel, JSON Lines and Parquet.

Text files may be UTF-8 (with or without BOM), GB18030 or UTF-16 with BOM, with comma, tab or
semicolon. Cells keep the type that the file gives them.
"""

from __future__ import annotations

import csv
import gzip
import json
import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice, takewhile, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError

from zaojie_cases.errors import InputError, MissingExtraError
from zaojie_cases.table_head import find_header, is_blank
from zaojie_cases.text_files import Meter, open_text

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_CELL = 64 * 1024 * 1024
"""Characters of one CSV cell; a longer one means that a quotation mark is not closed."""

_DELIMITERS = (",", "\t", ";")
_SNIFFED = 20
"""Lines that are looked at to find the delimiter."""
_END = "\udcfe"
"""A last line of our own; no file has it, and only an open quotation mark swallows it."""
_PARQUET_BATCH = 1_000
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, ParseError)

Cells = dict[str, object]


class BrokenRow(Cells):
    """A row that could not be taken apart: no cells, and the ``reason`` in Chinese."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def read_rows(
    path: Path, *, after: int = 0, meter: Meter | None = None
) -> Generator[tuple[int, Cells], None, None]:
    """Yield number and cells of each row, reading as it goes.

    The number is what a person sees: the first row of a table and the first line of JSON Lines
    is 1. Empty rows are none, and title lines above the column names are passed over. A row
    that cannot be taken apart is a ``BrokenRow``.
    Rows up to number ``after`` are passed over quickly. ``meter`` tells how far reading is.
    Raises ``InputError`` if the file as a whole cannot be read.
    """
    if path.is_dir():
        raise InputError(f"{path.resolve().name} 是文件夹：请给出其中的一个文件。")
    name = path.name.lower()
    reader = next((_READERS[end] for end in _READERS if name.endswith(end)), None)
    if reader is None:
        raise InputError(
            f"不能读取文件 {path.name}：支持 {'、'.join(_READERS)}；"
            "旧版 Excel（.xls）或 WPS 表格请另存为 .xlsx。"
        )
    if not path.is_file():
        raise InputError(f"找不到文件 {path.name}，请核对路径。")
    return _guarded(reader(path, after, meter or Meter()), path)


def check_readable(head: Sequence[tuple[int, Cells]], path: Path) -> None:
    """Raise ``InputError`` if none of the first rows of ``path`` could be taken apart."""
    broken = [cells for _, cells in head if isinstance(cells, BrokenRow)]
    if broken and len(broken) == len(head):
        raise InputError(
            f"文件 {path.name} 的前 {len(head)} 行都读不出来（{broken[0].reason}）。"
            "请核对文件类型和内容，或重新导出。"
        )


def _guarded(
    rows: Iterator[tuple[int, Cells]], path: Path
) -> Generator[tuple[int, Cells], None, None]:
    try:
        yield from rows
    except _DAMAGED:
        raise InputError(f"文件 {path.name} 已损坏或没有传完，请重新导出或下载。") from None


def _table_row(header: list[str], needed: int, cells: Sequence[str]) -> Cells:
    if cells[-1].endswith(_END):
        lines = 1 + sum(cell.count("\n") for cell in cells)
        return BrokenRow(f"引号没有成对：从这一行到文件末尾的 {lines} 行都没有读，请改好后重新导入")
    if len(cells) < needed:
        return BrokenRow("列数比表头少，可能有换行或引号没有写对")
    if not all(map(is_blank, cells[len(header) :])):
        return BrokenRow("列数比表头多，内容里的逗号可能没有加引号")
    return {title: cell for title, cell in zip(header, cells, strict=False) if title}


def _read_csv(path: Path, after: int, meter: Meter) -> Iterator[tuple[int, Cells]]:
    csv.field_size_limit(MAX_CELL)
    with open_text(path, meter) as text:
        head = list(islice(text, _SNIFFED))
        lines = csv.reader(chain(head, text, [_END]), delimiter=_delimiter_of(head))
        try:
            found = find_header(
                takewhile(lambda row: row[1] != [_END], enumerate(lines, start=1)), path.name
            )
            if found is None:
                raise InputError(f"文件 {path.name} 是空的。")
            header, rows = found
            needed = max(place for place, title in enumerate(header, start=1) if title)
            for number, cells in rows:
                if number > after:
                    yield number, _table_row(header, needed, cells)
        except csv.Error:
            raise InputError(f"文件 {path.name} 里有引号没有成对，请检查后重新导出。") from None


def _delimiter_of(lines: Sequence[str]) -> str:
    """Return what parts the cells, by the first line that has any mark: a title has none."""
    first = next((line for line in lines if any(mark in line for mark in _DELIMITERS)), "")
    return max(_DELIMITERS, key=first.count)


def _read_jsonl(path: Path, after: int, meter: Meter) -> Iterator[tuple[int, Cells]]:
    with open_text(path, meter) as text:
        for number, line in enumerate(text, start=1):
            if number > after and line.strip():
                yield number, _json_row(line)


def _json_row(line: str) -> Cells:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return BrokenRow("这一行不是完整的 JSON")
    if not isinstance(row, dict):
        return BrokenRow("这一行不是 JSON 对象：应一行一个对象，不要写成一个列表")
    return row


def _read_xlsx(path: Path, after: int, meter: Meter) -> Iterator[tuple[int, Cells]]:
    with path.open("rb") as raw, closing(_open_book(raw, path.name)) as book:
        sheet = book.worksheets[0]
        total, number = sheet.max_row or 0, 0
        meter.ask = lambda: number / total if total else 0.0
        sheet.reset_dimensions()  # some programs write a wrong size, which would cut rows off
        found = find_header(enumerate(sheet.iter_rows(values_only=True), start=1), path.name)
        if found is None:
            raise InputError(
                f"文件 {path.name} 的第一个工作表是空的，而只读第一个：请把有数据的移到最前面。"
            )
        header, rows = found
        for number, cells in rows:
            if number > after:
                # Notes beside the table have no column name and are left away.
                yield number, {t: c for t, c in zip_longest(header, cells[: len(header)]) if t}


def _open_book(raw: BinaryIO, name: str) -> Workbook:
    from openpyxl import load_workbook  # noqa: PLC0415 - slow, and only Excel files need it

    try:
        with warnings.catch_warnings():  # openpyxl warns of styles that it does not keep
            warnings.simplefilter("ignore", UserWarning)
            return load_workbook(raw, read_only=True, data_only=True)
    except (KeyError, ValueError, OSError, *_DAMAGED):
        raise InputError(f"打不开 Excel 文件 {name}，请在 Excel 中另存为 .xlsx。") from None


def _read_parquet(path: Path, after: int, meter: Meter) -> Iterator[tuple[int, Cells]]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - only comes with an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ModuleNotFoundError:
        raise MissingExtraError(
            "读取 .parquet 文件需要 pyarrow："
            "请在项目目录运行 pip install --require-hashes -r requirements/run.txt，"
            "或改用 .csv、.xlsx、.jsonl。"
        ) from None
    try:
        with pq.ParquetFile(path) as file:
            schema = _without_nanoseconds(file.schema_arrow, pa)
            total, number = file.metadata.num_rows, 1
            meter.ask = lambda: number / total if total else 1.0
            for batch in file.iter_batches(batch_size=_PARQUET_BATCH):
                if number + batch.num_rows <= after:
                    number += batch.num_rows
                    continue
                for row in batch.cast(schema, safe=False).to_pylist():
                    number += 1
                    if number > after:
                        yield number, row
    except pa.ArrowException:
        raise InputError(f"文件 {path.name} 不是完好的 Parquet 文件，请重新导出。") from None


def _without_nanoseconds(schema: Any, pa: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the schema with times to the microsecond: Python's, without pandas."""
    for index, field in enumerate(schema):
        if pa.types.is_timestamp(field.type):
            kept = field.with_type(pa.timestamp("us", field.type.tz))
            schema = schema.set(index, kept)
    return schema


_READERS: dict[str, Callable[[Path, int, Meter], Iterator[tuple[int, Cells]]]] = {
    ".csv": _read_csv,
    ".csv.gz": _read_csv,
    ".xlsx": _read_xlsx,
    ".jsonl": _read_jsonl,
    ".jsonl.gz": _read_jsonl,
    ".parquet": _read_parquet,
}
