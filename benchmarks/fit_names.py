"""Fit the name model; writes cases/zaojie_cases/masking/data/name_weights.json.

Run: python benchmarks/fit_names.py [--texts N] [--seed N]   (needs the training extra)

The text is invented: the templates of ``voices/`` that are not held out, each filled many times
with invented names, and everyday words in random order, which teach the model what an
unknown context is worth. Same templates, same seed: same weights.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from itertools import accumulate
from math import sqrt
from pathlib import Path

import numpy as np
from narratives import Filled, Narratives
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from zaojie_cases.masking import surnames, words
from zaojie_cases.masking.name_candidates import Candidate, candidates
from zaojie_cases.masking.name_context import shaped
from zaojie_cases.masking.name_model import both_sides, left_side, right_side
from zaojie_cases.masking.view import FILL, NAME_FILL, fold

_OUT = Path(__file__).parents[1] / "cases/zaojie_cases/masking/data/name_weights.json"
_SETTLED = 0.3
"""Share of names that are settled already when their neighbours are looked at."""
_DROPPED = 0.3
"""Share of candidates whose characters on one side are hidden, as if never seen before."""
_USUAL = 5.0
_NAMED = 0.45
"""Share of phrases with a name."""
_LEAST = 0.02
"""Weights nearer to zero are left out."""
_CERTAINTY = 0.99
"""Share of names whose right side and given name are surely weighed."""
_EVERYDAY, _PHRASES = 0.3, 0.6
"""Texts of everyday words and phrases for each filled template."""

Vector = NDArray[np.float64]
Example = tuple[list[str], list[str], bool]
"""Features of the left side, all others, and whether it is a name."""
Group = list[Example]
"""The candidates that share a start: at most one of them is a name."""


def settle(filled: Filled, dice: random.Random) -> Filled:
    """Return the text as the model meets it: numbers, and some of the names, are settled."""
    seen, position = Filled(), 0
    spans = [(*place, "open") for place in filled.open] + filled.gold
    for start, end, kind in sorted(spans):
        seen.add(fold(filled.text[position:start]))
        if kind == "open":
            seen.add(fold(filled.text[start:end]), either=True)
        elif kind != "name":
            seen.add(FILL)
        elif dice.random() < _SETTLED:
            seen.add(NAME_FILL)
        else:
            seen.add(fold(filled.text[start:end]), "name")
        position = end
    seen.add(fold(filled.text[position:]))
    return seen


def everyday(dice: random.Random, count: int) -> Iterator[Filled]:
    """Yield ``count`` texts of everyday words in random order."""
    lexicon = words.lexicon()
    vocabulary, weights = list(lexicon), [sqrt(np.exp(weight)) for weight in lexicon.values()]
    marks = ["", "", "", "", ",", "。", "的", "了", "在", "是", "、", "和"]
    for _ in range(count):
        chosen = dice.choices(vocabulary, weights, k=20)
        yield Filled("".join(word + dice.choice(marks) for word in chosen))


class Phrases:
    """Names between a cue and a verb or adverb of the dictionary: sides no template has."""

    def __init__(self, source: Narratives) -> None:
        self._source, self._dice = source, source.random
        frequency = words.lexicon()
        by_tag: dict[str, list[str]] = {}
        for word, tag in words.tags().items():
            if len(word) == 1 or frequency.get(word, 0.0) > _USUAL:
                by_tag.setdefault(tag[0], []).append(word)
        self._by_tag = by_tag
        sides = words.cues()["left"]
        self._before = [word for word, kind in sides.items() if kind in {"role", "kin"}]
        kinds = surnames.kinds()
        usual = words.names().usual
        self._traps = [w for w in frequency if {w[0], w[:2]} & kinds.keys() or usual.issuperset(w)]
        self._often = list(accumulate(sqrt(np.exp(frequency[word])) for word in self._traps))

    def _word(self, tags: str) -> str:
        return "".join(self._dice.choice(self._by_tag[tag]) for tag in tags)

    def _middle(self, filled: Filled) -> None:
        """Add a name, or a place, a firm or an everyday word that begins like one."""
        kind = self._dice.random()
        if kind < _NAMED:
            filled.add("".join(self._source.person()), "name")
        elif kind < _NAMED + 0.15:
            filled.add(self._source.place())
        elif kind < _NAMED + 0.25:
            filled.add(self._source.organisation())
        else:
            filled.add(self._dice.choices(self._traps, cum_weights=self._often)[0])

    def texts(self, count: int) -> Iterator[Filled]:
        """Yield ``count`` phrases."""
        for _ in range(count):
            filled, choose = Filled(), self._dice.choice
            filled.add(self._word(choose(("nv", "vn", "n", "ad", ""))))
            cued = choose(self._before) if self._dice.random() < 0.4 else self._word(choose("pvdc"))
            filled.add(choose((cued, cued, "的", ",", "。", "")))
            self._middle(filled)
            filled.add(
                choose(
                    (self._word(choose(("v", "v", "dv", "d", "p", "c", "dp", "n"))), "的", "家", "")
                )
            )
            filled.add(choose((self._word(choose(("n", "v", "un", "rv", "mq"))), "了", ",")))
            yield filled


def groups(seen: Filled, dice: random.Random) -> Iterator[Group]:
    """Yield the candidates of ``seen`` by start, where it is known what is a name."""
    shape, gold = shaped(seen.text), {(start, end) for start, end, _ in seen.gold}
    by_start: dict[int, list[Candidate]] = {}
    for candidate in candidates(seen.text, shape, None, lambda _: True):
        by_start.setdefault(candidate.start, []).append(candidate)
    starts = {start for start, _ in gold}
    for start, rivals in by_start.items():
        found = any((start, c.end) in gold for c in rivals)
        unsure = any(start < b and a < c.end for a, b in seen.open for c in rivals)
        if found or not (unsure or start in starts):
            yield [(*_features(shape, c, dice), (start, c.end) in gold) for c in rivals]


def _features(shape: str, candidate: Candidate, dice: random.Random) -> tuple[list[str], list[str]]:
    """Return the features of the left side and all others; some characters are hidden."""
    left, right = left_side(shape, candidate.start), right_side(shape, candidate.end)
    before, after = left.features, right.features
    if dice.random() < _DROPPED:
        before = [feature for feature in before if feature[:2] not in {"l1", "l2", "l3"}]
    if dice.random() < _DROPPED:
        after = [feature for feature in after if feature[:2] not in {"r1", "r2", "r3"}]
    return before, [
        *candidate.features,
        *both_sides(left.cue, right.cue, left.tag, right.tag),
        *after,
    ]


def matrix(found: list[Example], column: dict[str, int]) -> csr_matrix:
    """Return one row per example; ``column`` gets the features that are new."""
    indices, starts = list[int](), [0]
    for before, rest, _ in found:
        indices += [
            column.setdefault(feature, len(column)) for feature in dict.fromkeys([*before, *rest])
        ]
        starts.append(len(indices))
    return csr_matrix((np.ones(len(indices)), indices, starts), shape=(len(found), len(column)))


def solve(rows: csr_matrix, target: Vector, group: NDArray[np.intp], penalty: float) -> Vector:
    """Return the weights of the conditional log-linear model: in each group one row, or none.

    P(row) = exp(row · w) / (1 + sum over its group of exp(row · w)); minus log likelihood and
    ``penalty`` / 2 times the squared length of w are minimised.
    """
    transposed, starts = rows.T.tocsr(), np.flatnonzero(np.diff(group, prepend=-1))

    def loss(weights: Vector) -> tuple[float, Vector]:
        value = np.clip(rows @ weights, -60, 60)
        odds = np.exp(value)
        total = 1 + np.add.reduceat(odds, starts)
        away = odds / total[group] - target
        size = penalty / 2 * float(weights @ weights)
        fit = float(np.log(total).sum() - value[target > 0].sum())
        return fit + size, transposed @ away + penalty * weights

    start = np.zeros(rows.shape[1])
    return np.asarray(
        minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 250}).x
    )


def least_start(found: list[Example], weights: dict[str, float]) -> float:
    """Return the weight of a start that hardly any end could make up for."""
    rest = [
        sum(weights.get(f, 0.0) for f in others if f[0] not in "skh")
        for _, others, is_name in found
        if is_name and ("ffull1" in others or "ffull2" in others)
    ]
    return -weights["bias"] - float(np.quantile(rest, _CERTAINTY))


def best_left(found: list[Example], weights: dict[str, float]) -> float:
    """Return the most that a left side can hope to weigh."""
    left = [sum(weights.get(f, 0.0) for f in before) for before, _, is_name in found if is_name]
    return float(np.quantile(left, _CERTAINTY))


def fit(texts: int, seed: int, penalty: float) -> dict[str, float]:
    """Return feature -> weight, with ``bias``, ``least_start`` and ``best_left``."""
    source = Narratives(seed)
    filled = [*source.texts("fit", texts), *everyday(source.random, int(texts * _EVERYDAY))]
    filled += Phrases(source).texts(int(texts * _PHRASES))
    grouped = [g for text in filled for g in groups(settle(text, source.random), source.random)]
    found = [example for group in grouped for example in group]
    column = {"bias": 0}
    rows = matrix([(["bias", *before], rest, name) for before, rest, name in found], column)
    target = np.array([is_name for *_, is_name in found], dtype=float)
    sizes = [len(group) for group in grouped]
    number = np.repeat(np.arange(len(grouped), dtype=np.intp), sizes)
    solved = solve(rows, target, number, penalty)
    print(f"{len(found)} candidates, {int(target.sum())} names, {len(column)} features")
    kept = {
        f: round(float(solved[at]), 2)
        for f, at in sorted(column.items())
        if abs(solved[at]) >= _LEAST or f == "bias"
    }
    return kept | {
        "least_start": round(least_start(found, kept), 2),
        "best_left": round(best_left(found, kept), 2),
    }


def main() -> None:
    """Fit and write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--texts", type=int, default=40000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--penalty", type=float, default=3.0, help="weight of the L2 penalty")
    args = options.parse_args()
    weights = fit(args.texts, args.seed, args.penalty)
    _OUT.write_text(json.dumps(weights, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
