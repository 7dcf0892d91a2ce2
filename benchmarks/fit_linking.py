"""Fit the weights of the linker and write cases/zaojie_cases/linking/data/weights.yaml.

Run: python benchmarks/fit_linking.py [--cases 6000] [--seeds 11 12 13]   (training extra)

Learnt from pairs that share a block in simulated counties. A logistic regression with an L2
penalty; each pair counts twice, once with much of it made unknown. Within a comparison,
agreeing more never weighs less (non-negative steps between the levels, from the worst on);
what is unknown weighs nothing. Same seeds: same weights.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from linking_truth import Truth, simulated
from numpy.typing import NDArray
from scipy.optimize import minimize

from zaojie_cases.history import PRIOR_WINDOW
from zaojie_cases.linking import Linker, Weights

OUT = Path(__file__).parents[1] / "cases/zaojie_cases/linking/data/weights.yaml"
WORDS = Path(__file__).with_suffix(".yaml")
PENALTY = 1.0
GIVEN = {"named": {"given": 15.0}}
"""Set by hand: the word of the source outweighs any two comparisons that speak against it."""
NOTHING = ("unknown", "none")
KNOWN = (0.0, 0.4, 0.8)
"""Shares of the comparisons that stay known in a blurred pair."""
ALWAYS = ("text",)
BLANK = defaultdict(lambda: "unknown", named="none")
HEADER = """\
# Weights of linking in log-odds: how much each comparison speaks for one dispute (+) or for
# two (-). Learnt from simulated counties and written by benchmarks/fit_linking.py; the words
# stand in fit_linking.yaml. unknown weighs nothing.
"""

Floats = NDArray[np.float64]


def pairs_of(truth: Truth, linker: Linker) -> tuple[list[dict[str, str]], list[bool]]:
    """Return the levels of all pairs that are compared, and which are one dispute."""
    for one in truth.seen:
        linker.add(one)
    levels, same = [], []
    for one in truth.seen:
        until = one.registered_at + timedelta(microseconds=1)
        for link in linker.links(one, one.registered_at - PRIOR_WINDOW, until, 0.0):
            levels.append(link.levels)
            same.append(truth.same(one.case_id, link.other.case_id))
    return levels, same


def blurred(levels: list[dict[str, str]], seed: int) -> list[dict[str, str]]:
    """Return the pairs with much of what is known taken away: many sources say less."""
    rng = random.Random(seed)
    blurred = []
    for found in levels:
        known = rng.choice(KNOWN)
        blurred.append(
            {n: v if n in ALWAYS or rng.random() < known else BLANK[n] for n, v in found.items()}
        )
    return blurred


def fit(
    order: dict[str, list[str]], levels: list[dict[str, str]], same: list[bool]
) -> tuple[float, dict[str, dict[str, float]]]:
    """Return where the sum starts, and the weight of each level of each comparison."""
    places = [(name, level) for name, names in order.items() for level in names]
    at = {place: i for i, place in enumerate(places)}
    steps = np.zeros((len(levels), len(places) + 1))
    steps[:, -1] = 1.0
    for row, found in zip(steps, levels, strict=True):
        for name, level in found.items():
            if name in order and level not in NOTHING:
                row[[at[name, worse] for worse in order[name][: order[name].index(level) + 1]]] = 1
    is_base = [level == order[name][0] for name, level in places]
    bounds = [(None, None) if base else (0.0, None) for base in is_base] + [(None, None)]
    penalty = np.array([PENALTY] * len(places) + [0.0])
    sign = np.where(same, 1.0, -1.0)
    begin = np.zeros(len(bounds))
    found = minimize(_loss, begin, (steps, sign, penalty), "L-BFGS-B", True, bounds=bounds).x
    weights: dict[str, dict[str, float]] = {name: {} for name in order}
    for name, names in order.items():
        sums = np.cumsum([found[at[name, level]] for level in names])
        weights[name] = {
            level: round(float(w), 1) + 0.0 for level, w in zip(names, sums, strict=True)
        }
    return round(float(found[-1]), 1), weights


def _loss(weights: Floats, steps: Floats, sign: Floats, penalty: Floats) -> tuple[float, Floats]:
    """Return the penalised logistic loss and its gradient."""
    margin = sign * (steps @ weights)
    loss = np.logaddexp(0.0, -margin).sum() + penalty / 2 @ weights**2
    return float(loss), -(steps.T @ (sign / (1 + np.exp(margin)))) + penalty * weights


def write(start: float, weights: dict[str, dict[str, float]], words: dict[str, Any]) -> None:
    """Write the weights beside their wording, best level first."""
    lines = [
        f'version: "{words["version"]}"',
        f"threshold: {words['threshold']}",
        f"start: {{weight: {start}, says: {words['start']}}}",
        "comparisons:",
    ]
    for name, levels in words["comparisons"].items():
        lines.append(f"  {name}:")
        for level, says in levels.items():
            lines.append(f"    {level}: {{weight: {weights[name].get(level, 0.0)}, says: {says}}}")
    text = HEADER + "\n".join(lines) + "\n"
    Weights.model_validate(yaml.safe_load(text))
    OUT.write_text(text, encoding="utf-8")


def main() -> None:
    """Fit on the seeds and write."""
    parser = argparse.ArgumentParser(description="Fit the weights of linking.")
    parser.add_argument("--cases", type=int, default=6000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    given = parser.parse_args()
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    order = {
        name: [level for level in reversed(levels) if level not in NOTHING]
        for name, levels in words["comparisons"].items()
        if name not in GIVEN
    }
    levels: list[dict[str, str]] = []
    same: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in given.seeds:
            more = pairs_of(simulated(Path(folder), given.cases, seed), Linker())
            levels += more[0]
            same += more[1]
    start, weights = fit(order, levels + blurred(levels, given.seeds[0]), same * 2)
    write(start, weights | GIVEN, words)
    print(f"{len(levels)} simulated pairs, {sum(same)} of them one dispute; written: {OUT.name}")


if __name__ == "__main__":
    main()
