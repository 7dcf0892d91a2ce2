"""Masking a JSON Lines file: what ``zaojie mask`` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from zaojie_cases.errors import InputError
from zaojie_cases.masking import mask
from zaojie_cases.readers import BrokenRow, Cells, read_rows
from zaojie_cases.text_files import check_not_onto, written_whole

NumberedRows = Iterable[tuple[int, Cells]]


def mask_lines(
    source: Path, out: Path, shown: Callable[[NumberedRows], NumberedRows]
) -> tuple[int, int]:
    """Write each object of ``source`` to ``out`` with ``masked`` and ``spans`` added.

    ``spans`` are ``{start, end, type}``, offsets of characters in ``text``. A line without
    usable ``text`` gets a ``reason`` instead. ``shown`` wraps the rows to show progress.
    ``out`` appears whole or not at all. Returns the lines written and those with a reason.
    """
    if not source.name.lower().endswith((".jsonl", ".jsonl.gz")):
        raise InputError("--in 应为 .jsonl 或 .jsonl.gz 文件，每行一个含 id 和 text 的对象。")
    check_not_onto(source, out)
    total = failed = 0
    with written_whole(out) as file:
        for number, cells in shown(read_rows(source)):
            masked = _masked(number, cells)
            file.write(json.dumps(masked, ensure_ascii=False) + "\n")
            total += 1
            failed += "reason" in masked
    return total, failed


def _masked(number: int, cells: Cells) -> Cells:
    if isinstance(cells, BrokenRow):
        return {"line": number, "reason": cells.reason}
    text = cells.get("text")
    if not isinstance(text, str):
        return cells | {"reason": "缺少文字项 text"}
    found = mask(text)
    spans = [{"start": s.start, "end": s.end, "type": str(s.type)} for s in found.spans]
    return cells | {"masked": found.text, "spans": spans}
