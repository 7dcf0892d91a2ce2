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
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError

from zaojie_cases.errors import InputError, MissingExtraError
from zaojie_cases.text_files import Meter, open_text

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_CELL = 64 * 1024 * 1024
"""Characters of one CSV cell; a longer one means that a quotation mark is not closed."""

_DELIMITERS = (",", "\t", ";")
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

    The number is what a person sees: in a table the header is row 1, in JSON Lines the first
    line is 1. Empty lines are no rows. A row that cannot be taken apart is a ``BrokenRow``.
    Rows up to number ``after`` are passed over quickly. ``meter`` tells how far reading is.
    Raises ``InputError`` if the file as a whole cannot be read.
    """
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


def _guarded(
    rows: Iterator[tuple[int, Cells]], path: Path
) -> Generator[tuple[int, Cells], None, None]:
    try:
        yield from rows
    except _DAMAGED:
        raise InputError(f"文件 {path.name} 已损坏或没有传完，请重新导出或下载。") from None


def _header(cells: Sequence[object], name: str) -> list[str]:
    """Return column names; a name that comes again gets a number, an empty one stays empty."""
    seen: Counter[str] = Counter()
    header = []
    for cell in cells:
        title = "" if cell is None else str(cell).strip()
        seen[title] += 1
        header.append(f"{title}({seen[title]})" if title and seen[title] > 1 else title)
    if not any(header):
        raise InputError(f"文件 {name} 的第一行没有列名，请补上表头。")
    return header


def _table_row(header: list[str], cells: list[str]) -> Cells:
    if len(cells) < len(header):
        return BrokenRow("列数比表头少，可能有换行或引号没有写对")
    if any(cell not in ("", None) for cell in cells[len(header) :]):
        return BrokenRow("列数比表头多，内容里的逗号可能没有加引号")
    return {title: cell for title, cell in zip(header, cells, strict=False) if title}


def _read_csv(path: Path, after: int, meter: Meter) -> Iterator[tuple[int, Cells]]:
    csv.field_size_limit(MAX_CELL)
    with open_text(path, meter) as text:
        head = []
        for line in text:
            head.append(line)
            if line.strip():
                break
        delimiter = max(_DELIMITERS, key=head[-1].count) if head else ","
        rows = enumerate(csv.reader(chain(head, text), delimiter=delimiter), start=1)
        try:
            header = next((_header(cells, path.name) for _, cells in rows if cells), None)
            if header is None:
                raise InputError(f"文件 {path.name} 是空的。")
            for number, cells in rows:
                if cells and number > after:
                    yield number, _table_row(header, cells)
        except csv.Error:
            raise InputError(f"文件 {path.name} 里有引号没有成对，请检查后重新导出。") from None


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
    return row if isinstance(row, dict) else BrokenRow("这一行不是 JSON 对象")


def _read_xlsx(path: Path, after: int, meter: Meter) -> Iterator[tuple[int, Cells]]:
    with path.open("rb") as raw, closing(_open_book(raw, path.name)) as book:
        sheet = book.worksheets[0]
        total, number = sheet.max_row or 0, 0
        meter.ask = lambda: number / total if total else 0.0
        sheet.reset_dimensions()  # some programs write a wrong size, which would cut rows off
        rows = enumerate(sheet.iter_rows(values_only=True), start=1)
        filled = ((n, list(cells)) for n, cells in rows if any(c is not None for c in cells))
        first = next(filled, None)
        if first is None:
            raise InputError(f"文件 {path.name} 的第一个工作表是空的。")
        header = _header(first[1], path.name)
        for number, cells in filled:
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
