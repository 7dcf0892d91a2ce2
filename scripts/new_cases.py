"""Sends three invented new cases to a running service and shows the warnings they raise.

Runs in the project's environment: ``python scripts/new_cases.py http://127.0.0.1:8000``.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

CASES = Path(__file__).with_name("new_cases.json")
COLOURS = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow", "blue": "blue"}
TARGETS = {"harm": "伤害", "breakdown": "调解破裂", "recurrence": "反复", "overdue": "超期"}
KINDS = {"rule": "规则：", "word": "用语：", "fact": ""}
REASONS_SHOWN = 4
WIDTH = 110
"""Columns of the table where no terminal says how wide it is."""


def main(service: str) -> None:
    """Send the cases one by one and print one table."""
    table = Table(title="三件新案的预警（虚构案情，模型学自模拟数据）", show_lines=True)
    for column, share in (("等级", 1), ("案件", 4), ("可能性", 3), ("由谁处置", 5), ("理由", 9)):
        table.add_column(column, overflow="fold", ratio=share)
    for case in new_cases():
        table.add_row(*row_of(post(f"{service}/v1/cases", case)))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


def new_cases() -> list[dict[str, Any]]:
    """Return the cases of the file, registered yesterday."""
    yesterday = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)
    text = CASES.read_text(encoding="utf-8").replace("{yesterday}", str(yesterday.date()))
    cases: list[dict[str, Any]] = json.loads(text)
    return cases


def post(address: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the service's answer to a case; a refusal ends the script with its sentence."""
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refusal:
        sys.exit(f"{refusal.code}: {refusal.read().decode()}")
    return found


def row_of(answer: dict[str, Any]) -> tuple[str, str, str, str, str]:
    """Return level, case, probabilities, addressee and reasons as table cells."""
    case = f"{answer['source_case_no']}\n{answer['category_name']}"
    targets = (answer["score"] or {}).get("targets", [])
    odds = "\n".join(
        f"{TARGETS.get(t['target'], t['target'])} {t['probability']:.0%}" for t in targets
    )
    if not answer["warnings"]:
        return "无", case, odds, "按普通时限办理", "\n".join(answer["notes"])
    warning = answer["warnings"][0]
    level = f"[{COLOURS[warning['level']]}]{warning['level_name']}[/]"
    clocks = (("sign_by", "签收"), ("contact_by", "联系"))
    duty = [warning["addressee"]]
    duty += [f"{when(warning[at])} 前{what}" for at, what in clocks if warning[at]]
    texts = [KINDS[reason["kind"]] + reason["text"] for reason in warning["reasons"]]
    # Without spaces: a line of Chinese may break anywhere, but rich would break it there first.
    reasons = "\n".join(f"·{text.replace(' ', '')}" for text in texts[:REASONS_SHOWN])
    return level, case, odds, "\n".join(duty), reasons


def when(moment: str) -> str:
    """Return day and time of a moment as people read it."""
    return f"{datetime.fromisoformat(moment):%m月%d日 %H:%M}"


if __name__ == "__main__":
    main(sys.argv[1])
