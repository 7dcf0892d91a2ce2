"""How far each import came: what lets a broken-off one go on, and a report be shown again.

An import is one content of a file read with one mapping, with or without identity. Nothing
in these tables names a person: counts, and hashes of case numbers and texts that are
deleted when the import is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from zaojie_cases.errors import StoreError
from zaojie_cases.store.merge import ImportCount
from zaojie_cases.store.tables import Base

RUNNING: Final = "running"
FINISHED: Final = "finished"
_PAGE = 100
"""Batches whose marks are in memory at a time."""


class ImportRow(Base):
    """One import and how far it came."""

    __tablename__ = "imports"

    import_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    source_system: Mapped[str] = mapped_column(index=True)
    mapping_name: Mapped[str]
    mapping_hash: Mapped[str]
    file_name: Mapped[str]
    file_hash: Mapped[str]
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    with_identity: Mapped[bool]
    started_at: Mapped[datetime]
    """Also the moment after which dates of the file are in the future."""
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    last_row: Mapped[int]
    """Number of the last row whose batch is committed; 0 for none."""
    count: Mapped[dict[str, Any]]
    """The fields of :class:`ImportCount`."""
    reject_lines: Mapped[int]
    reject_bytes: Mapped[int] = mapped_column(BigInteger)
    reject_hash: Mapped[str]
    quality: Mapped[dict[str, Any]]
    """What was counted about the data: see :mod:`zaojie_cases.quality`."""

    @property
    def counted(self) -> ImportCount:
        """What became of the rows so far."""
        return ImportCount(**self.count)


class ImportMarkRow(Base):
    """What one committed batch of an unfinished import must remember: hashes, packed."""

    __tablename__ = "import_marks"

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.import_id"), primary_key=True)
    last_row: Mapped[int] = mapped_column(primary_key=True)
    numbers: Mapped[bytes]
    texts: Mapped[bytes]


@dataclass(frozen=True, slots=True)
class ImportKey:
    """What makes two imports the same one."""

    source_system: str
    mapping_name: str
    mapping_hash: str
    file_name: str
    file_hash: str
    file_bytes: int
    with_identity: bool

    @property
    def import_id(self) -> str:
        """16 hex digits; the file's name does not count."""
        parts = (self.source_system, self.mapping_hash, self.file_hash, str(self.with_identity))
        return sha256("\0".join(parts).encode()).hexdigest()[:16]


def begin(session: Session, key: ImportKey, now: datetime) -> ImportRow:
    """Write that an import begins at its first row, whatever there was of it before."""
    session.execute(delete(ImportMarkRow).where(ImportMarkRow.import_id == key.import_id))
    return session.merge(
        ImportRow(
            import_id=key.import_id,
            **asdict(key),
            state=RUNNING,
            started_at=now,
            updated_at=now,
            finished_at=None,
            last_row=0,
            count=asdict(ImportCount()),
            reject_lines=0,
            reject_bytes=0,
            reject_hash="",
            quality={},
        )
    )


def advance(session: Session, import_id: str, last_row: int, values: dict[str, Any]) -> None:
    """Write ``values`` (of columns) of an import that stands at ``last_row``.

    Raises StoreError if it stands elsewhere: another process is importing the same file.
    """
    same = (ImportRow.import_id == import_id, ImportRow.last_row == last_row)
    running = ImportRow.state == RUNNING
    changed = session.execute(
        update(ImportRow)
        .where(*same, running)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if getattr(changed, "rowcount", 0) != 1:
        raise StoreError(
            "另一个程序正在导入同一个文件：请等它结束，再运行同一命令核对；已写入的数据不受影响"
        )


def discard(session: Session, import_id: str) -> None:
    """Delete an import of which no row was committed."""
    none = ImportRow.last_row == 0
    session.execute(delete(ImportRow).where(ImportRow.import_id == import_id, none))


def finish(session: Session, import_id: str, last_row: int, now: datetime) -> None:
    """Write that an import is complete, and delete what only going on needed."""
    advance(
        session, import_id, last_row, {"state": FINISHED, "updated_at": now, "finished_at": now}
    )
    session.execute(delete(ImportMarkRow).where(ImportMarkRow.import_id == import_id))


def numbers_of(session: Session, import_id: str) -> Iterator[bytes]:
    """Yield what each committed batch remembered of its case numbers, in order."""
    return _marks(session, import_id, ImportMarkRow.numbers)


def texts_of(session: Session, import_id: str) -> Iterator[bytes]:
    """Yield what each committed batch remembered of its texts, in order."""
    return _marks(session, import_id, ImportMarkRow.texts)


def _marks(
    session: Session, import_id: str, column: InstrumentedAttribute[bytes]
) -> Iterator[bytes]:
    chosen = select(column).where(ImportMarkRow.import_id == import_id)
    in_order = chosen.order_by(ImportMarkRow.last_row).execution_options(yield_per=_PAGE)
    return iter(session.scalars(in_order))


def imports(session: Session) -> list[ImportRow]:
    """Return all imports, the latest first."""
    latest = (ImportRow.started_at.desc(), ImportRow.import_id)
    return list(session.scalars(select(ImportRow).order_by(*latest)))


def one_before(session: Session, row: ImportRow) -> ImportRow | None:
    """Return the last import of the same source that was complete when ``row`` began."""
    chosen = select(ImportRow).where(
        ImportRow.source_system == row.source_system,
        ImportRow.import_id != row.import_id,
        ImportRow.finished_at <= row.started_at,
    )
    return session.scalars(chosen.order_by(ImportRow.finished_at.desc()).limit(1)).first()
