"""What a challenger in shadow costs the callers: time to the reply with and without it.

Run: python benchmarks/bench_shadow.py [--cases N] [--requests N]

Champion and challenger are trained on a small simulated county. One caller registers cases, one
after the other or at a steady pace; blocks with and without a challenger take turns, so that what
else the machine does falls on both alike. Beside it: the time that a service that waits for the
challenger before it replies would add.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from released import Home, fetch

from zaojie_models.golden import golden_snapshots
from zaojie_models.pointer import pointer_path
from zaojie_models.signing import trusted_keys
from zaojie_serving.loading import load_trusted

BLOCKS = 6
PACE = 0.05


def main() -> None:
    """Print the medians of both, at full speed and paced."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1500)
    parser.add_argument("--requests", type=int, default=120, help="in each block")
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        home = Home(Path(scratch), options.cases)
        home.train(0)
        home.challenge()
        home.promote()
        home.train(1)
        home.challenge()
        new = _cases(home)
        with home.service() as address:
            for title, pause in (("one after the other", 0.0), ("20 a second", PACE)):
                _print(title, _blocks(home, address, new, options.requests, pause))
            _wait(partial(_queue_is_done, address))
            print(_shown(address))
        print(f"waiting for it would add {_alone(home) * 1000:.1f} ms (golden cases, median)")


def _blocks(
    home: Home, address: str, new: Iterator[dict[str, Any]], requests: int, pause: float
) -> dict[bool, list[float]]:
    pointer = pointer_path(home.folder / "bundles", "challenger")
    aside = pointer.with_suffix(".aside")
    found: dict[bool, list[float]] = {True: [], False: []}
    for block in range(2 * BLOCKS):
        shadowed = block % 2 == 0
        if pointer.exists() != shadowed:
            (aside if shadowed else pointer).rename(pointer if shadowed else aside)
        _wait(lambda wanted=shadowed: ("zaojie_challenger_info{" in _metrics(address)) == wanted)
        for _ in range(requests):
            case = next(new)
            began = time.perf_counter()
            fetch(f"{address}/v1/cases", case)
            found[shadowed].append(time.perf_counter() - began)
            time.sleep(pause)
    if not pointer.exists():
        aside.rename(pointer)
    return found


def _print(title: str, found: dict[bool, list[float]]) -> None:
    p50 = {key: statistics.median(values) * 1000 for key, values in found.items()}
    p95 = {key: statistics.quantiles(values, n=20)[-1] * 1000 for key, values in found.items()}
    print(
        f"{title:20} p50 {p50[False]:.1f} ms without, {p50[True]:.1f} ms with "
        f"(ratio {p50[True] / p50[False]:.2f}); p95 {p95[False]:.1f}, {p95[True]:.1f}"
    )


def _cases(home: Home) -> Iterator[dict[str, Any]]:
    """Yield requests made of the county's narratives, each with a number of its own."""
    names = ("narrative", "category_code", "region_code")
    with gzip.open(home.folder / "county.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    number = 0
    while True:
        for row in rows:
            number += 1
            yield {name: row[name] for name in names if row.get(name)} | {
                "source_system": "bench",
                "source_case_no": f"BENCH-{number}",
                "registered_at": "2026-11-01T09:00:00+08:00",
            }


def _alone(home: Home) -> float:
    directory = home.folder / "bundles"
    version = json.loads(pointer_path(directory, "challenger").read_text())["pointer"]["version"]
    bundle, times = load_trusted(directory / version, trusted_keys(home.folder)), []
    for snapshot in golden_snapshots() * 50:
        began = time.perf_counter()
        bundle.score([snapshot], reasons=False)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _metrics(address: str) -> str:
    return fetch(f"{address}/metrics")


def _shown(address: str) -> str:
    return "\n".join(
        line for line in _metrics(address).splitlines() if line.startswith("zaojie_shadow_scores_t")
    )


def _queue_is_done(address: str) -> bool:
    before = _shown(address)
    time.sleep(1)
    return _shown(address) == before


def _wait(met: Callable[[], bool]) -> None:
    while not met():
        time.sleep(0.05)


if __name__ == "__main__":
    main()
