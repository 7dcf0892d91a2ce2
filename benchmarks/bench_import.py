"""An import of many rows: speed, peak memory, and what is left after being killed often.

Run: python benchmarks/bench_import.py [--rows N] [--excel-rows N] [--kills N] [--seed N]
(``--kills 0``: only the large files)

The input is invented. Memory is the high-water mark of the main process and of the largest
reading process (Linux only). Beside it: the memory pandas needs only to read the same file,
and the speed of one process on the first rows.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

MAPPING = """
name: bench
version: 1
source_system: bench
fields:
  source_case_no: 编号
  narrative: {columns: [标题, 内容]}
  registered_at: 登记时间
  region_code: 区划
  category_code: {column: 类型, translate: {邻里: "0299", 物业: "0402", 婚姻: "0101"}}
  involved_count: 人数
  amount_yuan: 金额
parties: {name: [申请人], phone: [电话]}
events: [{kind: closed, at: 办结时间}]
"""
HEADER = (
    *("编号", "标题", "内容", "登记时间", "区划", "类型", "人数", "金额"),
    *("申请人", "电话", "办结时间"),
)
IMPORT = "from zaojie_cases.cli import main; main()"
ALONE = """
import sys
from pathlib import Path
from zaojie_cases.importing.run import import_file
from zaojie_cases.mapping import load_mapping
from zaojie_cases.settings import Settings
from zaojie_cases.store import Store
with Store(Settings().store_url) as store:
    store.upgrade()
    import_file(store, Path(sys.argv[1]), load_mapping("bench.yaml"), processes=1,
                rejects=Path(Settings().home, "r.csv"))
"""
PANDAS = "import sys, pandas; pandas.read_{}(sys.argv[1], dtype=str)"
SURNAMES, GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    "建国志强秀英海燕丽华明军勇芳敏静磊洋艳杰娟涛超霞平刚",
)
MATTERS = (
    "楼上卫生间漏水，把下面的天花板泡坏了，协商三次都没有结果",
    "在小区门口停车时发生争执，双方互相推搡，围观的人很多",
    "欠了三个月的工钱一直不给，多次上门都说没有钱",
    "承包地的边界被人挪动，两家为此吵了半个月",
    "离婚以后孩子的抚养费没有按时给，打电话也不接",
    "装修噪声从早到晚不停，老人没有办法休息，物业说管不了",
)


def rows(number: int, seed: int) -> Iterator[list[str]]:
    """Yield the header and ``number`` invented rows."""
    rng = random.Random(seed)
    yield list(HEADER)
    for n in range(number):
        one, other = ("".join((rng.choice(SURNAMES), *rng.sample(GIVEN, 2))) for _ in "ab")
        phone = f"1{rng.choice('3578')}{rng.randrange(10**9):09}"
        told = "。".join(
            f"{m}，{rng.randint(1, 99)}天" for m in rng.sample(MATTERS, rng.randint(1, 3))
        )
        home = f"{rng.randint(1, 40)}栋{rng.randint(1, 30)}01室"
        text = f"{one}称，{other}{told}。联系电话{phone}，住{home}。"
        day = f"2026-{rng.randint(1, 9):02}-{rng.randint(1, 28):02}"
        kind = rng.choice(("邻里", "物业", "婚姻", "噪声"))
        end = "2026-10-08" if n % 3 else ""
        people, money = str(rng.randint(2, 9)), str(rng.randint(0, 90_000))
        number_of = f"B{n if rng.random() > 0.001 else rng.randrange(n + 1):08}"
        yield [
            number_of,
            told[:12],
            text,
            day,
            "360102001002",
            kind,
            people,
            money,
            one,
            phone,
            end,
        ]


def write_csv(path: Path, number: int, seed: int) -> Path:
    """Write invented rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows(number, seed))
    return path


def write_xlsx(path: Path, number: int, seed: int) -> Path:
    """Write invented rows as Excel itself does: each text once, in a table of its own."""
    texts: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in _PARTS.items():
            book.writestr(name, _XML + content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for at, row in enumerate(rows(number, seed), start=1):
                sheet.write(_row(at, (texts.setdefault(cell, len(texts)) for cell in row)))
            sheet.write(b"</sheetData></worksheet>")
        with book.open("xl/sharedStrings.xml", "w", force_zip64=True) as strings:
            strings.write(f'{_XML}<sst xmlns="{_MAIN}">'.encode())
            for one in texts:
                strings.write(f"<si><t>{escape(one)}</t></si>".encode())
            strings.write(b"</sst>")
    return path


def _row(at: int, cells: Iterable[int]) -> bytes:
    told = "".join(f'<c r="{chr(65 + n)}{at}" t="s"><v>{c}</v></c>' for n, c in enumerate(cells))
    return f'<row r="{at}">{told}</row>'.encode()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
}


def start(home: Path, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start ``program`` beside the data, with its store in ``home``."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=home.parent,
        env={**os.environ, "ZAOJIE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def measured(running: subprocess.Popen[bytes]) -> tuple[float, int, int]:
    """Wait for it; return seconds, and peak MB of the process and of its largest child."""
    begin, peaks = time.monotonic(), {0: 0}
    while running.poll() is None:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        found = children.read_text().split() if children.exists() else []
        for pid in (running.pid, *map(int, found)):
            peaks[pid] = max(peaks.get(pid, 0), high_water(pid))
        time.sleep(0.1)
    if running.returncode:
        raise SystemExit(f"exit code {running.returncode}")
    main = peaks.pop(running.pid, 0)
    return time.monotonic() - begin, main, max(peaks.values())


def high_water(pid: int) -> int:
    """Return the most memory that a process has had, in MB; 0 if that is not known."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def bench(path: Path, number: int, reader: str) -> None:
    """Print speed and memory of the import of ``path`` and of pandas reading it."""
    seconds, main, child = measured(
        start(path.with_suffix(".home"), IMPORT, "import", path.name, "--mapping", "bench.yaml")
    )
    print(
        f"{number:>9,} rows {path.suffix[1:]:5} {path.stat().st_size / 1e6:7.0f} MB  "
        f"{seconds:7.0f} s  {number / seconds:6.0f} rows/s  "
        f"peak {main} MB, each reading process {child} MB",
        flush=True,
    )
    seconds, main, _ = measured(start(path.parent / "p", PANDAS.format(reader), path.name))
    print(f"{'':>9} pandas, reading alone {seconds:15.0f} s{'':16} peak {main} MB", flush=True)


def bench_alone(path: Path, number: int) -> None:
    """Print the speed of one process and of several on the same rows."""
    alone, _, _ = measured(start(path.with_suffix(".one"), ALONE, path.name))
    several, _, _ = measured(
        start(path.with_suffix(".home"), IMPORT, "import", path.name, "--mapping", "bench.yaml")
    )
    print(
        f"{number:>9,} rows csv: one process {number / alone:.0f} rows/s, "
        f"as many as there are processors {number / several:.0f} rows/s",
        flush=True,
    )


def left_behind(home: Path) -> list[object]:
    """Return what an import leaves in the store and in the reject file, but for its times."""
    with closing(sqlite3.connect(home / "zaojie.db")) as connection:
        tables = [
            connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in (
                ("cases", "*"),
                ("case_events", "*"),
                ("imports", "import_id, state, last_row, count, quality, reject_hash"),
                ("import_marks", "*"),
            )
        ]
    return [*tables, (home / "r.csv").read_bytes()]


def bench_kills(path: Path, number: int, kills: int, seed: int) -> None:
    """Kill the import of ``path`` at random moments; print whether anything differs."""
    rng = random.Random(seed)
    whole, often = path.with_suffix(".whole"), path.with_suffix(".often")
    arguments = ("import", path.name, "--mapping", "bench.yaml", "--rejects")
    seconds, _, _ = measured(start(whole, IMPORT, *arguments, str(whole / "r.csv")))
    done = 0
    for _ in range(kills):
        running = start(often, IMPORT, *arguments, str(often / "r.csv"))
        time.sleep(rng.uniform(0.5, 3 + seconds / kills))
        done += running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.wait()
    measured(start(often, IMPORT, *arguments, str(often / "r.csv")))
    same = left_behind(often) == left_behind(whole)
    print(
        f"{number:>9,} rows csv: {done} times kill -9, then "
        f"{'the same store and reject file' if same else 'DIFFERENT'} as without",
        flush=True,
    )


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--excel-rows", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with TemporaryDirectory() as place:
        here = Path(place)
        (here / "bench.yaml").write_text(MAPPING, encoding="utf-8")
        few = min(asked.rows, 20_000)
        if asked.kills:
            bench_alone(write_csv(here / "few.csv", few, asked.seed), few)
            bench_kills(write_csv(here / "k.csv", few, asked.seed), few, asked.kills, asked.seed)
        bench(write_csv(here / "a.csv", asked.rows, asked.seed), asked.rows, "csv")
        excel = write_xlsx(here / "a.xlsx", asked.excel_rows, asked.seed)
        bench(excel, asked.excel_rows, "excel")


if __name__ == "__main__":
    main()
