"""A report as one HTML page that can be printed and needs nothing else, and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from string import Template

from zaojie_cases.quality.report import Line, Report, Section

_PAGE = Template("""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>导入数据质量报告</title>
<style>
body { font: 15px/1.6 "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", sans-serif;
  color: #1d2733; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .2rem; }
p { margin: .2rem 0; color: #55606d; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin-top: .4rem; }
th:first-child { width: 34%; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #d9dfe6; }
th { font-weight: 600; background: #f2f5f8; } th[scope=row] { background: none; font-weight: 400; }
td { font-variant-numeric: tabular-nums; }
meter { width: 4rem; height: .7rem; }
strong { color: #a33000; }
tr, h2 { break-inside: avoid; break-after: auto; } h2 { break-after: avoid; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } }
</style>
</head>
<body>
<h1>导入数据质量报告</h1>
<table>$facts</table>
$changes
$sections
<p>本报告只有个数和比例，不含案情、姓名和证件号码。</p>
</body>
</html>
""")
_HEAD = "<tr><th>项目</th><th>本次</th><th></th><th>上次</th><th>变化</th><th></th></tr>"

_TOLD = 6
"""Figures of one section that the short form tells."""


def as_html(report: Report) -> str:
    """Return the page."""
    facts = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(value)}</td></tr>'
        for label, value in report.facts
    )
    changes = "".join(
        f"<li>{escape(title)}·{escape(line.label.strip())}：<strong>{escape(line.mark)}</strong>"
        f"（{escape(line.before)} → {escape(line.now)}）</li>"
        for title, line in report.marked
    )
    return _PAGE.substitute(
        facts=facts,
        changes=f"<h2>与上次相比变化大的</h2><ul>{changes}</ul>" if changes else "",
        sections="".join(map(_section, report.sections)),
    )


def _section(section: Section) -> str:
    rows = "".join(map(_row, section.lines))
    title, note = escape(section.title), escape(section.note)
    return f"<h2>{title}</h2><p>{note}</p><table>{_HEAD}{rows}</table>"


def _row(line: Line) -> str:
    bar = "" if line.share is None else f'<meter value="{line.share:.4f}"></meter>'
    mark = f"<strong>{escape(line.mark)}</strong>" if line.mark else ""
    cells = [escape(line.now), bar, escape(line.before), escape(line.change), mark]
    data = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(line.label)}</th>{data}</tr>'


def as_lines(report: Report) -> Iterator[str]:
    """Yield the lines of a short form for the terminal; what is 0 or full is left away."""
    for section in report.sections:
        told = [_told(line) for line in section.lines if line.share is None or 0 < line.share < 1]
        if told:
            more = f"；另有 {len(told) - _TOLD} 项" if len(told) > _TOLD else ""
            yield f"{section.title}：{'；'.join(told[:_TOLD])}{more}"
    for title, line in report.marked:
        yield f"注意：{title}·{line.label.strip()}比上次{line.mark}（{line.before} → {line.now}）"


def _told(line: Line) -> str:
    return f"{line.label.strip()} {line.now}"
