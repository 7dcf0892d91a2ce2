"""What is in an Excel file and is not read: further sheets, and the rows of merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

from zaojie_cases.importing.faults import Reject

_MERGED = re.compile(rb'mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_PART = 1 << 20
_OVERLAP = 64
"""Bytes; longer than what :data:`_MERGED` finds."""


def left_unread(path: Path, first_row: int) -> Iterator[Reject]:
    """Yield what a person must know of an Excel file whose table has its data from ``first_row``.

    Only the first sheet is read, and of merged cells only the first has a value.
    """
    with ZipFile(path) as book:
        sheets = _sheets(book)
        if len(sheets) > 1:  # not by name: a sheet may be called after a person
            why = f"文件有 {len(sheets)} 个，只读了第一个；别的有数据的，请各自另存为一个文件再导入"
            yield Reject(1, "工作表", why)
        for column, top, end, bottom in _merged(book, sheets[0]):
            if top >= first_row and bottom > top:
                why = "只有最上面一行有值，其余各行是空的；请取消合并、逐行填好后重新导入"
                yield Reject(top, "合并的单元格", f"{column}{top}:{end}{bottom} {why}")


def _sheets(book: ZipFile) -> list[str]:
    """Return the place in the file of each sheet with cells, in order."""
    links = fromstring(book.read("xl/_rels/workbook.xml.rels"))  # openpyxl has read it before
    places = {link.get("Id"): link.get("Target", "") for link in links}
    listed = fromstring(book.read("xl/workbook.xml")).iterfind(".//{*}sheet")
    found = (places[_link_of(sheet)] for sheet in listed)
    return [place for place in found if "worksheets/" in place]


def _link_of(sheet: Element) -> str:
    return next(value for key, value in sheet.items() if key.endswith("}id"))


def _merged(book: ZipFile, place: str) -> Iterator[tuple[str, int, str, int]]:
    """Yield first column and row, last column and row of each range of merged cells."""
    name = place.removeprefix("/") if place.startswith("/") else f"xl/{place}"
    rest = b""
    with book.open(name) as sheet:
        while part := sheet.read(_PART):
            rest += part
            end = 0
            for found in _MERGED.finditer(rest):
                column, top, last, bottom = (group.decode() for group in found.groups())
                yield column, int(top), last, int(bottom)
                end = found.end()
            rest = rest[max(end, len(rest) - _OVERLAP) :]
