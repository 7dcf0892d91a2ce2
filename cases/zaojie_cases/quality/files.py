"""The report of an import that is in the store: made from its counts, written as a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zaojie_cases.quality.page import as_html
from zaojie_cases.quality.report import Report, build
from zaojie_cases.quality.tally import Tally
from zaojie_cases.store import ImportRow, Store
from zaojie_cases.store.imports import one_before
from zaojie_cases.text_files import written_whole


def report_of(store: Store, row: ImportRow) -> Report:
    """Return the report of ``row`` beside the last import of the same source before it."""
    with store.reading() as session:
        before = one_before(session, row)
    earlier = Tally.from_json(before.quality) if before else None
    return build(_facts(row, before), Tally.from_json(row.quality), earlier)


def write_report(report: Report, row: ImportRow, directory: Path) -> Path:
    """Write ``report`` as an HTML page into ``directory`` and return its path."""
    name = f"{row.started_at:%Y%m%d}-{row.source_system}-{row.import_id}.html"
    with written_whole(directory / name) as file:
        file.write(as_html(report))
    return directory / name


def _facts(row: ImportRow, before: ImportRow | None) -> Iterator[tuple[str, str]]:
    count = row.counted
    yield "导入编号", row.import_id
    yield "文件", row.file_name
    yield "来源和映射", f"{row.source_system}，{row.mapping_name}"
    yield "开始", f"{row.started_at:%Y-%m-%d %H:%M}"
    end = row.finished_at
    yield "完成", f"{end:%Y-%m-%d %H:%M}" if end else f"未完成，已到第 {row.last_row} 行"
    cases = f"新增 {count.added} 件，更新 {count.updated} 件，未变 {count.unchanged} 件"
    yield "案件库", f"{cases}，拒绝 {count.rejected} 行，跳过 {count.skipped} 行"
    yield "问题清单", f"{row.reject_lines} 条"
    yield (
        "上次导入",
        f"{before.started_at:%Y-%m-%d %H:%M}，{before.file_name}" if before else "没有",
    )
