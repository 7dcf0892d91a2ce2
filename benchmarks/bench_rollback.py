"""How long the way back takes, beside promoting in full, in one run.

Run: python benchmarks/bench_rollback.py [--cases N] [--times N]

Two versions are trained on a small simulated county and released. Then ``zaojie rollback`` is
timed as a user runs it: until a running service answers with the bundle before, and until the
command ends. Beside it: what getting that bundle up again would take without it (challenge and
promote, with verification, golden cases and gates).
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from released import Home, ready


def main() -> None:
    """Print one line for each way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1500)
    parser.add_argument("--times", type=int, default=4)
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        home = Home(Path(scratch), options.cases)
        full = []
        for seed in (0, 1):
            home.train(seed)
            full.append(home.challenge() + home.promote())
        with home.service() as address:
            backs = [_back(home, address) for _ in range(options.times)]
    answered, ended = (statistics.median(each) for each in zip(*backs, strict=True))
    print(f"challenge + promote, two commands        {statistics.median(full):6.2f} s")
    print(
        f"rollback, until MLflow is told as well    {ended:6.2f} s   (most {_most(backs, 1):.2f})"
    )
    print(
        f"rollback, until the service has swapped  {answered:6.2f} s   (most {_most(backs, 0):.2f})"
    )


def _most(backs: list[tuple[float, float]], which: int) -> float:
    return max(each[which] for each in backs)


def _back(home: Home, address: str) -> tuple[float, float]:
    """Return the seconds until the service answers with the other bundle, and to the end."""
    before, swapped = ready(address), 0.0
    began = time.perf_counter()

    def watch() -> None:
        nonlocal swapped
        while ready(address) == before:
            time.sleep(0.02)
        swapped = time.perf_counter() - began

    watcher = threading.Thread(target=watch)
    watcher.start()
    ended = home.run("rollback", "--by", "D", "--reason", "benchmark")
    watcher.join()
    return swapped, ended


if __name__ == "__main__":
    main()
