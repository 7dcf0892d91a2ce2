"""What linking costs as the store grows: cheap synthetic registrations, no people, no text.

A town has 2,000 registrations in three years whatever the size, so that a larger store is
more towns. One in twelve is a dispute seen again by its parties; one in fifty bears a set
phrase that thousands share; texts of a kind share a third of their trigrams.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from zaojie_cases.history import PRIOR_WINDOW
from zaojie_cases.linking import Linker, Matter, Seen
from zaojie_cases.record import SHANGHAI
from zaojie_cases.sketch import SKETCH_SIZE

_PER_TOWN, _DAYS = 2_000, 1_095
_KINDS = ("0101", "0201", "0303", "0402", "0503", "0601", "0703", "0804", "0901")
_BEGIN = datetime(2023, 1, 1, tzinfo=SHANGHAI)


def registrations(count: int, seed: int = 7) -> Iterator[Seen]:
    """Yield ``count`` registrations in order of time."""
    rng = np.random.default_rng(seed)
    towns = max(count // _PER_TOWN, 1)
    common = rng.integers(2**32, size=(len(_KINDS), SKETCH_SIZE), dtype=np.uint32)
    known: list[tuple[int, int, tuple[str, ...]]] = []
    for number in range(count):
        at = _BEGIN + timedelta(days=_DAYS * number / count)
        town, kind = int(rng.integers(towns)), int(rng.integers(len(_KINDS)))
        keys: tuple[str, ...] = (f"p{number:024x}", f"o{number:024x}", f"o{number + count:024x}")
        if known and rng.random() < 1 / 12:
            town, kind, keys = known[-int(rng.integers(1, min(len(known), 50_000) + 1))]
        known.append((town, kind, keys))
        share = 1.0 if rng.random() < 0.02 else 1 / 3
        own = rng.integers(2**32, size=SKETCH_SIZE, dtype=np.uint32)
        text = np.where(rng.random(SKETCH_SIZE) < share, common[kind], own)
        amount = float(rng.integers(1, 1000) * 100) if rng.random() < 0.5 else None
        occurred = (at - timedelta(days=int(rng.integers(9)))).date()
        yield Seen(
            f"c{number:08}",
            f"{360000 + town // 12:06}{100 + town % 12}201",
            at,
            array("I", np.unique(text).tolist()),
            Matter(_KINDS[kind], None, date.fromordinal(occurred.toordinal()), amount, 2, (), keys),
        )


def measure(sizes: Sequence[int]) -> None:
    """Print a line for each size, each in a process of its own because of the memory."""
    print("synthetic registrations: seconds to file and to link all (cpu: of this process alone)")
    print("       size     file     link      cpu  us a case  compared a case  links a case     MB")
    for size in sizes:
        subprocess.run([sys.executable, __file__, str(size)], check=True)


def _measure_one(size: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    linker, filing, working = Linker(), 0.0, 0.0
    for one in registrations(size):
        begin, cpu = time.perf_counter(), time.process_time()
        linker.add(one)
        filing += time.perf_counter() - begin
        working += time.process_time() - cpu
    begin, cpu, compared, links = time.perf_counter(), time.process_time(), 0, 0
    for one in linker:
        found = linker.links(one, one.registered_at - PRIOR_WINDOW, one.registered_at, 0.0)
        compared += len(found)
        links += sum(link.probability >= linker.weights.threshold for link in found)
    linking = time.perf_counter() - begin
    working += time.process_time() - cpu
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    each = working / size * 1e6
    print(
        f"{size:11,}{filing:9.1f}{linking:9.1f}{working:9.1f}{each:11.0f}{compared / size:17.2f}"
        f"{links / size:14.3f}{memory:7.0f}",
        flush=True,
    )


if __name__ == "__main__":
    _measure_one(int(sys.argv[1]))
