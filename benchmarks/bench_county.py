"""How near the default training comes to what can be known: the simulated county's oracle.

Every figure that it prints is simulated. It simulates a county, imports it, learns as
``zaojie train`` does and judges the last window, whose wordings occur nowhere before it.

    .venv/bin/python benchmarks/bench_county.py --cases 100000
    .venv/bin/python benchmarks/bench_county.py --cases 30000 --preset hard
    .venv/bin/python benchmarks/bench_county.py --keep DIR        # again on what lies in DIR
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np

from zaojie_cases.decisions import Cohort
from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.simulate import load_preset, load_presets, oracle_path, write_county
from zaojie_cases.store import Store
from zaojie_models.linear import Floats
from zaojie_models.policy import load_policy
from zaojie_training.assemble import Recipe
from zaojie_training.config import TrainingConfig, load_config
from zaojie_training.dataset import Dataset, from_store
from zaojie_training.evaluate import Evaluated, evaluate
from zaojie_training.examples import Examples
from zaojie_training.metrics import weighted
from zaojie_training.metrics.bootstrap import Sampling
from zaojie_training.metrics.lead_time import caught_harm, recall_ratio
from zaojie_training.metrics.probability import calibration
from zaojie_training.scorers import TITLES, Judged, is_probability
from zaojie_training.scrutiny import load_of, outcome_times
from zaojie_training.targets import load_targets

Oracle = dict[tuple[str, str], dict[str, float | None]]


def main() -> None:
    """Simulate, import, learn, and print what the oracle says of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", choices=sorted(load_presets()), default="default")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--keep", type=Path, help="folder of the county and its store")
    options = parser.parse_args()
    with _folder(options.keep) as folder:
        county = folder / "county.jsonl.gz"
        if not county.exists():
            with timed("simulate"):
                preset = load_preset(options.preset)
                write_county(county, cases=options.cases, seed=options.seed, preset=preset)
        with Store(f"sqlite:///{folder / 'zaojie.db'}") as store:
            store.upgrade()
            if next(iter(store.iter_cases()), None) is None:
                with timed("import"):
                    store.add_rows(read_records(county, load_mapping("county")))
            judge(store, county, load_config(options.config))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield Path(scratch)


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Print seconds of the clock and of the processor, and the peak of memory so far."""
    clock, work = time.perf_counter(), time.process_time()
    yield
    clock, work = time.perf_counter() - clock, time.process_time() - work
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{title}: {clock:.0f} s, {work:.0f} s of the processor, peak {peak:.0f} MB", flush=True)


def judge(store: Store, county: Path, config: TrainingConfig) -> None:
    """Learn from the store and print a table for each target."""
    targets = load_targets(names=config.targets)
    with timed("read"):
        data = from_store(store, targets, config.cohorts)
    with timed(f"features of {len(data.records)} cases, {len(data)} decisions"):
        examples = Examples.of(data)
    recipe = Recipe(
        load_policy(), config.seed, config.limits, trees={t.name: config.trees for t in targets}
    )
    with timed("windows, families and the last window"):
        found = evaluate(data, examples, targets, recipe, config, progress=lambda _: None)
    oracle = read_oracle(oracle_path(county))
    for target, one in found.judged.items():
        print_target(data, one, found, oracle, target)
    if "harm" in found.judged:
        print_lead_time(data, found.judged["harm"], found.families["harm"][0], oracle, config)


def read_oracle(path: Path) -> Oracle:
    """Return the true chances by case number and moment of decision."""
    lines: Oracle = {}
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in map(json.loads, stream):
            lines[line["case_no"], datetime.fromisoformat(line["as_of"]).isoformat()] = line
    return lines


def true_chances(data: Dataset, rows: np.ndarray, oracle: Oracle, target: str) -> Floats:
    """Return the oracle's probability of each row; ``nan`` where it has none."""
    found = (
        oracle.get((data.case(i).source_case_no, data.rows[i].as_of.isoformat()), {}).get(target)
        for i in rows.tolist()
    )
    return np.array([np.nan if p is None else p for p in found], dtype=np.float64)


def print_target(data: Dataset, one: Judged, found: Evaluated, oracle: Oracle, target: str) -> None:
    """Print every scorer beside the oracle, then ours by cohort."""
    true = true_chances(data, one.test.rows, oracle, target)
    known, family = ~np.isnan(true), found.families[target][0]
    choice = next(t.choice for t in found.evaluation.targets if t.target == target)
    regret = ", ".join(f"{name} {value:.4f}" for name, value in choice.regret.items())
    print(f"\n{one.target.title} (simulated): {int(known.sum())} decisions, "
          f"{int(one.test.y[known].sum())} positive, learnt from {len(one.train)}; "
          f"chosen {family}; mean regret {regret}")  # fmt: skip
    print(f"{'':18}{'PR-AUC':>9}{'of oracle':>11}{'AUC':>8}{'skill':>9}{'of oracle':>11}{'ECE':>8}")
    for name, p in [("oracle", true), *one.scores.items()]:
        print_scorer(name, one, p, true, known)
    for cohort in Cohort:
        inside = known & np.array([data.rows[i].cohort is cohort for i in one.test.rows])
        if one.test.y[inside].any():
            print_scorer(f"  {cohort}", one, one.scores[family], true, inside)


def print_scorer(name: str, one: Judged, p: Floats, true: Floats, rows: np.ndarray) -> None:
    """Print one line of figures of ``p`` over ``rows``."""
    y, p, true = one.test.y[rows], p[rows], true[rows]
    unit = np.ones((len(y), 1))

    def of(figure: Callable[[Floats, Floats], Callable[[Floats], Floats]], q: Floats) -> float:
        return float(figure(y, q)(unit)[0])

    area = of(weighted.pr_auc, p)
    line = f"{TITLES.get(name, name):18}{area:9.3f}{area / of(weighted.pr_auc, true):11.3f}"
    line += f"{of(weighted.auc, p):8.3f}"
    if name in TITLES and not is_probability(name):
        print(line)
        return
    skill = of(weighted.brier_skill, p)
    ratio = skill / of(weighted.brier_skill, true)
    print(f"{line}{skill:9.4f}{ratio:11.3f}{calibration(y, p).error:8.4f}")


def print_lead_time(
    data: Dataset, one: Judged, family: str, oracle: Oracle, config: TrainingConfig
) -> None:
    """Print how much harm each score sees coming 24 hours ahead, at the same load."""
    true = np.nan_to_num(true_chances(data, one.test.rows, oracle, "harm"))
    load = load_of(data, one.test, config.per_centre_week)
    harm_at = outcome_times(data, one.target)
    theirs = caught_harm(load, true, harm_at)
    print(f"\nharm seen 24 hours ahead at {config.per_centre_week} cases a town a week (simulated)")
    for name, p in [("oracle", true), *one.scores.items()]:
        ours = caught_harm(load, p, harm_at)
        share = recall_ratio(ours, theirs, Sampling(replicates=300))
        mark = " <- published" if name == family else ""
        print(f"{TITLES.get(name, name):18} recall {ours.caught.mean():.3f} of {len(ours.caught)}, "
              f"of oracle {share.value} [{share.low}, {share.high}]{mark}")  # fmt: skip


if __name__ == "__main__":
    main()
