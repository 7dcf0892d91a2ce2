"""Writing the simulated county: the data file, and the oracle beside it, never in it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from zaojie_cases.errors import InputError, StoreError
from zaojie_cases.record import SHANGHAI
from zaojie_cases.simulate.oracle import probabilities
from zaojie_cases.simulate.rows import row_of
from zaojie_cases.simulate.sightings import Sightings
from zaojie_cases.simulate.year import YEAR_DAYS, Registration, Year

EXPORT_DAYS = 84
"""The file is an export of so many days after the year: what happens later is not in it."""
_BLOCK = 500
_PLAIN, _PACKED = ".jsonl", ".jsonl.gz"
Row = dict[str, Any]
Out = BinaryIO | gzip.GzipFile


def oracle_path(path: Path) -> Path:
    """Return where the oracle of the county file ``path`` lies: NAME.oracle.jsonl[.gz]."""
    ending = _PACKED if path.name.endswith(_PACKED) else _PLAIN
    return path.with_name(f"{path.name.removesuffix(ending)}.oracle{ending}")


def write_county(
    path: Path,
    *,
    cases: int,
    seed: int,
    start: date = date(2025, 9, 1),
    sightings: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write a year of a simulated county from ``start``, one registration a line.

    Beside it goes the oracle (see :func:`oracle_path`): for each scored registration the true
    probability of each target, given what is stated at registration and how busy the
    committee is. The same arguments give the same bytes. ``progress`` is told the number of
    lines written so far. Nothing is left behind when it is stopped half-way.

    With ``sightings``, such a share of the scored registrations is followed by one that
    another office makes of the same dispute, or that only looks like it (see
    :mod:`zaojie_cases.simulate.sightings`), and the oracle has a line for every
    registration that names its dispute.

    Raises ``InputError`` for arguments that make no county, ``StoreError`` when the file
    cannot be written.
    """
    _check(path, cases, seed, sightings)
    written, told = 0, Sightings(sightings, seed, _exported_at(start)) if sightings else None
    with _writing(oracle_path(path)) as oracle, _writing(path) as data:
        for block in _blocks(Year(cases, seed, start)):
            written += len(block)
            rows = _rows(block, seed, start)
            if told is None:
                _write_lines(data, rows)
                _write_lines(oracle, _oracle_rows(block))
            else:
                chances = {line["case_no"]: line for line in _oracle_rows(block)}
                _write_truth(data, oracle, told.among(zip(block, rows, strict=True)), chances)
            if progress is not None:
                progress(written)
        if told is not None:
            _write_truth(data, oracle, told.rest(), {})


def _write_truth(
    data: Out, oracle: Out, lines: Iterable[tuple[Row, str]], chances: dict[str, Row]
) -> None:
    """Write rows, and beside them which dispute each belongs to."""
    for row, dispute in lines:
        _write_lines(data, [row])
        line = chances.get(row["case_no"]) or {"case_no": row["case_no"], "simulated": True}
        _write_lines(oracle, [line | {"dispute": dispute}])


def _exported_at(start: date) -> datetime:
    exported_on = start + timedelta(days=YEAR_DAYS + EXPORT_DAYS)
    return datetime.combine(exported_on, time(), SHANGHAI)


def _check(path: Path, cases: int, seed: int, sightings: float) -> None:
    if not path.name.endswith((_PLAIN, _PACKED)):
        raise InputError("模拟县的文件名要以 .jsonl 或 .jsonl.gz 结尾，请改文件名。", field="out")
    if cases < 1:
        raise InputError("案件数至少为 1，请改大。", field="cases")
    if seed < 0:
        raise InputError("随机种子不能为负数，请换成 0 或更大的整数。", field="seed")
    if not 0.0 <= sightings <= 1.0:
        raise InputError("重复登记的比例应在 0 到 1 之间，请改正。", field="sightings")


def _blocks(year: Iterable[Registration]) -> Iterator[list[Registration]]:
    registrations = iter(year)
    while block := list(islice(registrations, _BLOCK)):
        yield block


def _rows(block: list[Registration], seed: int, start: date) -> Iterator[dict[str, Any]]:
    """Yield the lines of a block; each has its own random stream, named by its number."""
    for found in block:
        stream = np.random.default_rng([seed, int(found.number[1:])])
        yield row_of(stream, found, _exported_at(start))


def _oracle_rows(block: list[Registration]) -> Iterator[dict[str, Any]]:
    scored = [(found.number, found.fate.rates) for found in block if found.fate is not None]
    if not scored:
        return
    true = probabilities([rates for _, rates in scored])
    for index, (number, _) in enumerate(scored):
        chances = {target: round(float(values[index]), 6) for target, values in true.items()}
        yield {"case_no": number, "simulated": True, **chances}


def _write_lines(out: Out, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


@contextmanager
def _writing(path: Path) -> Iterator[Out]:
    """Open a file that takes its name only when it is complete; gzip without name and time."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as raw:
            if path.name.endswith(_PACKED):
                with gzip.GzipFile("", "wb", 4, raw, mtime=0) as packed:
                    yield packed
            else:
                yield raw
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"写不进文件 {path.name}（{error.strerror}），请检查磁盘空间和写入权限。"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()
