"""Opening text files in whatever encoding they came: UTF-8, GB18030, UTF-16 with BOM."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from zaojie_cases.errors import InputError

BAD_BYTES: Final = "\udcff"
"""Stands for bytes that are not in the encoding, so that a row is judged and not the file."""

_SAMPLE = 1 << 20
_MAX_BAD_SHARE = 0.1
"""Of what is not ASCII; GB18030 text read as UTF-8 has several times more."""

_MAX_NUL_SHARE = 0.01
"""Of all bytes; UTF-16 without a mark has many times more."""
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How a new or an old Excel file begins."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _mark_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BAD_BYTES, error.end


codecs.register_error("zaojie_mark", _mark_bad_bytes)


class Meter:
    """How much of a file has been read; whoever reads it says how to find out."""

    def __init__(self) -> None:
        self.ask: Callable[[], float] = lambda: 0.0

    def share(self) -> float:
        """Return the share that has been read, 0 to 1; 0 while it is not known."""
        return min(self.ask(), 1.0)


@contextmanager
def open_bytes(
    path: Path, meter: Meter | None = None
) -> Iterator[gzip.GzipFile | io.BufferedReader]:
    """Open a file for reading; one named ``.gz`` is unpacked on the way."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if meter is not None:
            meter.ask = lambda: file.tell() / size if size and not file.closed else 1.0
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file


@contextmanager
def open_text(path: Path, meter: Meter | None = None) -> Iterator[TextIO]:
    """Open a text file in the encoding that it is found to have; line ends stay as they are.

    Raises ``InputError`` if it is no text.
    """
    with open_bytes(path) as raw:
        encoding = _encoding_of(raw, path.name)
    with (
        open_bytes(path, meter) as raw,
        io.TextIOWrapper(raw, encoding, errors="zaojie_mark", newline="") as text,
    ):
        yield text


def check_not_onto(source: Path, out: Path) -> None:
    """Raise ``InputError`` if writing ``out`` would replace ``source``."""
    if out.exists() and source.exists() and out.samefile(source):
        raise InputError("输出文件就是输入文件，写了会丢失原件。请换一个输出文件名。")


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Open a text file that takes the place of ``path`` when the block ends without error.

    UTF-8, packed if named ``.gz``; a lone surrogate becomes ``?``. Raises ``InputError`` if
    ``path`` is there and no plain file.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path.name} 不是普通文件，请换一个输出文件名。")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    opener = gzip.open if path.name.lower().endswith(".gz") else io.open
    try:
        with io.TextIOWrapper(opener(part, "wb"), "utf-8", "replace", newline="\n") as text:
            yield text
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _encoding_of(raw: gzip.GzipFile | io.BufferedReader, name: str) -> str:
    sample = raw.read(_SAMPLE)
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding
    if sample.startswith(_EXCEL):
        raise InputError(f"文件 {name} 其实是 Excel 文件，请把扩展名改成 .xlsx，或另存为 CSV。")
    while sample.isascii() and (more := raw.read(_SAMPLE)):
        sample = sample[-4:] + more
    if sample.count(0) > _MAX_NUL_SHARE * len(sample):
        raise InputError(f"文件 {name} 不是文本文件，请核对文件类型，或另存为 UTF-8 编码的文本。")
    if _is_utf8(sample):
        return "utf-8"
    if _bad_share(_decoded(sample, "gb18030")) > _MAX_BAD_SHARE:
        raise InputError(f"认不出文件 {name} 的编码，请另存为 UTF-8 编码。")
    return "gb18030"


def _is_utf8(sample: bytes) -> bool:
    """Tell whether this is UTF-8, some damaged bytes allowed.

    GB18030 text rarely looks like it, but for short words all of whose bytes happen to make
    Latin or Greek letters: without one character of three bytes it is not taken for UTF-8.
    """
    text = _decoded(sample, "utf-8")
    wide = any(char >= "\u0800" and char != BAD_BYTES for char in text)
    return text.isascii() or (wide and _bad_share(text) <= _MAX_BAD_SHARE)


def _decoded(sample: bytes, encoding: str) -> str:
    """Return the text of ``sample``, whose last character may be cut."""
    return codecs.getincrementaldecoder(encoding)("zaojie_mark").decode(sample)


def _bad_share(text: str) -> float:
    foreign = sum(not char.isascii() for char in text)
    return text.count(BAD_BYTES) / foreign if foreign else 0.0
