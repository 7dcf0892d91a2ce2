"""One import from beginning to end, or from where it was broken off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from zaojie_cases.errors import InputError
from zaojie_cases.importing.checkpoint import ImportCheckpoint
from zaojie_cases.importing.parallel import usable_processes
from zaojie_cases.importing.records import read_records
from zaojie_cases.importing.reject_file import RejectFile, RejectMark
from zaojie_cases.importing.row import Row
from zaojie_cases.importing.seen import Numbers
from zaojie_cases.mapping import Mapping
from zaojie_cases.quality import NearTexts, Quality, Tally
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store import ImportKey, ImportRow, Store
from zaojie_cases.store.imports import (
    FINISHED,
    begin,
    discard,
    finish,
    numbers_of,
    texts_of,
)
from zaojie_cases.text_files import Meter

if TYPE_CHECKING:
    from zaojie_cases.vault import Vault

Shown = Callable[[Iterator[Row], Meter], Iterable[Row]]
"""Wraps the rows to show progress; the meter tells the share of the file that is read."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: its row, whether it was there already, where it went on.

    ``began_after``: the row after which this run went on, 0 for the beginning.
    ``lost_rejects``: it began anew because its reject file was moved or altered.
    """

    row: ImportRow
    was_there: bool = False
    began_after: int = 0
    lost_rejects: bool = False


def key_of(path: Path, mapping: Mapping, *, with_identity: bool) -> ImportKey:
    """Return what makes an import of ``path`` the same one; reads the whole file."""
    with path.open("rb") as file:
        digest = file_digest(file, sha256).hexdigest()
    return ImportKey(
        source_system=mapping.source_system,
        mapping_name=mapping.name,
        mapping_hash=sha256(mapping.model_dump_json().encode()).hexdigest(),
        file_name=path.name,
        file_hash=digest,
        file_bytes=path.stat().st_size,
        with_identity=with_identity,
    )


def import_file(
    store: Store,
    path: Path,
    mapping: Mapping,
    *,
    rejects: Path,
    vault: Vault | None = None,
    again: bool = False,
    processes: int | None = None,
    shown: Shown = lambda rows, _: rows,
) -> Imported:
    """Import ``path``; go on where an earlier run was broken off, however it ended.

    A file that is in already with the same content and mapping is left alone, unless
    ``again``. ``processes``: None for as many as this machine can use. Raises InputError
    if the file cannot be read, StoreError if another process is importing it.
    """
    before = _stamp(path)
    key = key_of(path, mapping, with_identity=vault is not None)
    with store.reading() as session:
        known = session.get(ImportRow, key.import_id)
    if known is not None and known.state == FINISHED and not again:
        return Imported(known, was_there=True)
    mark = _mark_of(known) if known is not None and known.state != FINISHED else None
    lost = mark is not None and not again and not mark.holds(rejects)
    if known is None or mark is None or again or lost:
        mark = None
        with store.session() as session:
            known = begin(session, key, datetime.now(SHANGHAI))
    try:
        with RejectFile(rejects, mark) as file:
            last_row = _go_on(store, path, mapping, known, file, vault, processes, shown)
    except InputError:  # the file does not fit: nothing to go on with
        with store.session() as session:
            discard(session, key.import_id)
        raise
    if _stamp(path) != before:
        raise InputError(f"文件 {path.name} 在导入时被改动：请等它写完，再运行同一命令。")
    with store.session() as session:
        finish(session, key.import_id, last_row, datetime.now(SHANGHAI))
    with store.reading() as session:
        done = session.get_one(ImportRow, key.import_id)
    return Imported(done, began_after=known.last_row, lost_rejects=lost)


def _go_on(
    store: Store,
    path: Path,
    mapping: Mapping,
    start: ImportRow,
    rejects: RejectFile,
    vault: Vault | None,
    processes: int | None,
    shown: Shown,
) -> int:
    """Import the rows after ``start``; return the number of the last row."""
    with store.reading() as session:
        numbers = Numbers(numbers_of(session, start.import_id))
        texts = NearTexts(texts_of(session, start.import_id))
    quality = Quality(mapping, Tally.from_json(start.quality))
    checkpoint = ImportCheckpoint(start, rejects, quality, numbers, texts)
    meter = Meter()
    rows = read_records(
        path,
        mapping,
        now=start.started_at,
        processes=usable_processes() if processes is None else processes,
        after=start.last_row,
        seen=numbers,
        meter=meter,
    )
    with closing(rows):
        store.add_rows(checkpoint.passing(shown(rows, meter)), vault, checkpoint)
    return checkpoint.last_row


def _mark_of(row: ImportRow) -> RejectMark:
    return RejectMark(row.reject_lines, row.reject_bytes, row.reject_hash)


def _stamp(path: Path) -> tuple[int, int]:
    if not path.is_file():
        raise InputError(f"找不到文件 {path.name}，请核对路径。")
    found = path.stat()
    return found.st_size, found.st_mtime_ns
