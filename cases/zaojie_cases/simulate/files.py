"""The files of a county: JSON Lines, plain or packed, and Parquet, written as they come."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from zaojie_cases.errors import InputError, MissingExtraError, StoreError

_PLAIN, _PACKED, _PARQUET = ".jsonl", ".jsonl.gz", ".parquet"
_GROUP = 5_000
"""Rows of one Parquet row group: what is held in memory."""
Row = dict[str, Any]


class Sink(Protocol):
    """Takes rows, one after the other."""

    def write(self, rows: Iterable[Row]) -> None:
        """Write ``rows``."""


def beside(path: Path, what: str) -> Path:
    """Return NAME.WHAT.jsonl[.gz] beside the county file ``path``; packed beside Parquet."""
    ending = next(end for end in (_PACKED, _PARQUET, _PLAIN, "") if path.name.endswith(end))
    own = _PLAIN if ending == _PLAIN else _PACKED
    return path.with_name(f"{path.name.removesuffix(ending)}.{what}{own}")


def check_name(path: Path) -> None:
    """Raise ``InputError`` unless ``path`` has an ending that can be written."""
    if not path.name.endswith((_PLAIN, _PACKED, _PARQUET)):
        raise InputError(
            "模拟县的文件名要以 .jsonl、.jsonl.gz 或 .parquet 结尾，请改文件名。", field="out"
        )


@contextmanager
def writing(path: Path) -> Iterator[Sink]:
    """Open a file that takes its name only when it is complete; nothing in it tells the time.

    Raises ``StoreError`` when it cannot be written, ``MissingExtraError`` without pyarrow.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as raw:
            if path.name.endswith(_PARQUET):
                with _parquet(raw) as rows:
                    yield rows
            elif path.name.endswith(_PACKED):
                with gzip.GzipFile("", "wb", 4, raw, mtime=0) as packed:
                    yield _Lines(packed)
            else:
                yield _Lines(raw)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"写不进文件 {path.name}（{error.strerror}），请检查磁盘空间和写入权限。"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()


class _Lines:
    """JSON Lines."""

    def __init__(self, out: BinaryIO | gzip.GzipFile) -> None:
        self._out = out
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def write(self, rows: Iterable[Row]) -> None:
        text = "".join(f"{self._encode(row)}\n" for row in rows)
        self._out.write(text.encode())


class _Groups:
    """Parquet, a row group at a time."""

    def __init__(self, writer: Any, schema: Any, pa: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        self._writer, self._schema, self._pa = writer, schema, pa
        self._held: list[Row] = []

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._held.append(row)
            if len(self._held) == _GROUP:
                self.flush()

    def flush(self) -> None:
        self._writer.write_table(self._pa.Table.from_pylist(self._held, self._schema))
        self._held.clear()


@contextmanager
def _parquet(raw: BinaryIO) -> Iterator[Sink]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - only comes with an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ModuleNotFoundError:
        raise MissingExtraError(
            "写 .parquet 文件需要 pyarrow："
            "请在项目目录运行 pip install --require-hashes -r requirements/run.txt，"
            "或改用 .jsonl.gz。"
        ) from None
    schema = _schema(pa)
    with pq.ParquetWriter(raw, schema, compression="zstd") as writer:
        groups = _Groups(writer, schema, pa)
        yield groups
        groups.flush()


def _schema(pa: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the columns of a county; times are text with their offset, as in JSON Lines."""
    text = pa.string()
    events = {"kind": text, "at": text, "recorded_at": text, "actor_role": text}
    parts = ("name", "sex", "id_no", "phone", "address")
    columns = {
        "case_no": text,
        "simulated": pa.bool_(),
        **dict.fromkeys(("registered_at", "occurred_on", "channel_code", "source_code"), text),
        **dict.fromkeys(("region_code", "grid_code", "category_code", "judicial_type"), text),
        "scale_code": text,
        "involved_count": pa.int64(),
        "amount_yuan": pa.float64(),
        **dict.fromkeys(("narrative", "due_on", "committee_id", "committee_kind"), text),
        "prior_reports": pa.int64(),
        "prior_case_nos": pa.list_(text),
        **{f"{role}_{part}": text for role in ("applicant", "respondent") for part in parts},
        "events": pa.list_(pa.struct(events)),
        "outcomes": pa.list_(pa.struct({"code": text, "observed_at": text})),
    }
    return pa.schema(list(columns.items()))
