"""What a simulated county is like: base rates, the oracle's ceiling, mentions, speed, memory.

Every figure that it prints is simulated.

    .venv/bin/python benchmarks/check_county.py --cases 20000
    .venv/bin/python benchmarks/check_county.py --cases 100000 --preset hard
    .venv/bin/python benchmarks/check_county.py --cases 200000 --speed-only
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sklearn.metrics import average_precision_score, roc_auc_score

from zaojie_cases.simulate import load_preset, load_presets, oracle_path, truth_path, write_county

TARGETS = {
    "harm": ({"E1", "E2", "E3", "E4"}, 30),
    "breakdown": ({"R2", "M1"}, 60),
    "recurrence": ({"R1"}, 90),
    "overdue": ({"L1"}, 30),
}
STRONG = {
    "threat": ("threat", "threat_vague", "threat_explicit", "ultimatum"),
    "blow": ("blow", "pushed", "struck", "injured"),
    **{cue: (cue,) for cue in ("weapon", "smashed", "drink", "despair", "gathering")},
}
KIND_OF = {cue: kind for kind, cues in STRONG.items() for cue in cues}
Row = dict[str, Any]


def main() -> None:
    """Write a county into a scratch folder and print what it is like."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", choices=sorted(load_presets()), default="default")
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "county.jsonl.gz"
        if options.speed_only:
            for ending in ("jsonl.gz", "parquet"):
                speed(path.with_name(f"county.{ending}"), options, beside=False)
            return
        speed(path, options, beside=True)
        rows = texts(path)
        rates(path, rows, options.preset)
        mentions(truth_path(path))


def speed(path: Path, options: argparse.Namespace, *, beside: bool) -> None:
    """Write the county; print the rows a second and the most memory held so far."""
    preset, began, used = load_preset(options.preset), time.perf_counter(), time.process_time()
    write_county(
        path,
        cases=options.cases,
        seed=options.seed,
        preset=preset,
        oracle=beside,
        truth=beside,
    )
    took, used = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mb = peak / (1024**2 if sys.platform == "darwin" else 1024)
    print(
        f"{path.name}: {options.cases} rows, {options.cases / took:.0f} rows/s "
        f"({options.cases / used:.0f} per CPU second), "
        f"{'with oracle and truth' if beside else 'data only'}, peak {peak_mb:.0f} MB, "
        f"{path.stat().st_size / 1e6:.0f} MB on disk"
    )


def texts(path: Path) -> list[Row]:
    """Print how long narratives are and how many are equal; return rows without them."""
    lengths, prints, rows = [], Counter[bytes](), []
    for row in lines(path):
        text: str = row.pop("narrative")
        lengths.append(len(text))
        prints[text.encode()] += 1
        rows.append({name: row[name] for name in ("case_no", "registered_at", "outcomes")})
    equal = sum(count - 1 for count in prints.values())
    print(
        f"narratives: {len(lengths)}, equal to an earlier one: {equal}; "
        f"{min(lengths)} to {max(lengths)} characters, mean {sum(lengths) / len(lengths):.0f}"
    )
    return rows


def rates(path: Path, rows: list[Row], preset: str) -> None:
    """Print base rates and the oracle's AUC and PR-AUC at registration (simulated)."""
    at_start = {
        line["case_no"]: line
        for line in lines(oracle_path(path))
        if line["cohort"] == "registration"
    }
    cut = load_preset(preset).exported_at
    head = ("cases", "rate", "oracle", "AUC", "PR-AUC")
    print(f"{'simulated, at registration':28}" + "".join(f"{name:>9}" for name in head))
    for target, (codes, days) in TARGETS.items():
        came, chance = [], []
        for row in rows:
            start = datetime.fromisoformat(row["registered_at"])
            until = start + timedelta(days=days)
            if row["case_no"] in at_start and until <= cut:
                chance.append(at_start[row["case_no"]][target])
                came.append(
                    any(
                        o["code"] in codes and datetime.fromisoformat(o["observed_at"]) <= until
                        for o in row["outcomes"]
                    )
                )
        print(
            f"{target:28}{len(came):>9}{sum(came) / len(came):>9.4f}"
            f"{sum(chance) / len(chance):>9.4f}"
            f"{roc_auc_score(came, chance):>9.3f}{average_precision_score(came, chance):>9.3f}"
        )


def mentions(path: Path) -> None:
    """Print how often a strong cue is affirmed where it is spoken of."""
    total, scopes, cases, cued = Counter[str](), Counter[str](), 0, Counter[int]()
    affirmed = Counter[str]()
    for line in lines(path):
        cases += 1
        cued[len(line["cues"])] += 1
        for cue in line["cues"]:
            kind = KIND_OF.get(cue["cue"])
            if kind:
                total[kind] += 1
                affirmed[kind] += cue["scope"] == "affirmed"
                scopes[cue["scope"]] += 1
    print(
        f"strong cues: {total.total()} in {cases} texts, affirmed "
        f"{affirmed.total() / total.total():.1%}; "
        + ", ".join(f"{kind} {affirmed[kind] / total[kind]:.0%}" for kind in STRONG)
    )
    print("scopes: " + ", ".join(f"{s} {n / total.total():.1%}" for s, n in scopes.most_common()))
    print("cues in a text: " + ", ".join(f"{n}: {cued[n] / cases:.1%}" for n in sorted(cued)))


def lines(path: Path) -> Iterator[Row]:
    """Yield the lines of a packed file."""
    with gzip.open(path, "rt", encoding="utf-8") as text:
        yield from map(json.loads, text)


if __name__ == "__main__":
    main()
