"""Fit the weights of the name model and write cases/zaojie_cases/masking/data/name_weights.yaml.

Run: python benchmarks/fit_names.py [--data ../shared/data]   (needs the training extra)

Texts in which people are blanked out (某某, x1, PER) get invented names in those places, so
the contexts are real and every position is known; sentences of our own and messages without
names are added. Same data, same seed: same weights.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from zaojie_cases.masking import name_model, words
from zaojie_cases.masking.surnames import surname_pattern
from zaojie_cases.masking.view import NAME_FILL, view_of

_OUT = Path(__file__).parents[1] / "cases/zaojie_cases/masking/data/name_weights.yaml"
_HEADER = """\
# Weights of the name model (log odds), feature=value: weight. Written by benchmarks/fit_names.py.
"""
_BLANKED = re.compile(rf"PER|{surname_pattern()}(?:某{{1,2}}[甲乙丙丁]?|x\d)|\{{\d\}}")
_LONGEST = 4000
_SURE_NAME = 0.3

Spans = set[tuple[int, int]]


class Inventor:
    """Invents names and puts them where people are blanked out."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        own = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
        self.templates: list[str] = own["templates"]
        self._usual: list[str] = own["given"].split()
        self._seen = words.given_names()
        kinds = words.names()
        frequent = "王李张刘陈" * 6 + "杨黄赵吴周" * 2
        self._surnames = [*frequent, *sorted(kinds.common), *sorted(kinds.rare)[::3]]
        self._compound = sorted(kinds.compound)

    def name(self) -> str:
        """Return one invented name."""
        pick = self.random.choice
        surname: str = pick(self._compound if self.random.random() < 0.03 else self._surnames)
        given: str = pick(self._usual if self.random.random() < 0.5 else self._seen)
        return surname + given

    def fill(self, text: str) -> tuple[str, Spans]:
        """Return ``text`` with names, and where they are."""
        crowd = [self.name() for _ in range(3)]
        given: dict[str, str] = {}
        filled, spans, position = "", set[tuple[int, int]](), 0
        for hit in _BLANKED.finditer(text):
            filled += text[position : hit.start()]
            anybody = hit[0] == "PER"
            name = self.random.choice(crowd) if anybody else given.setdefault(hit[0], self.name())
            spans.add((len(filled), len(filled) + len(name)))
            filled, position = filled + name, hit.end()
        return filled + text[position:], spans


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a gzipped CSV or JSON Lines file; none if it is absent."""
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines) if ".csv" in path.name else map(json.loads, lines)


def texts(data: Path, inventor: Inventor) -> Iterator[tuple[str, Spans, bool]]:
    """Yield (text, names, whether it may hold names that nobody marked)."""
    chance = inventor.random.random
    for row in rows(data / "lawbench_dispute_focus/train.csv.gz"):
        yield *inventor.fill(re.sub("(?:TIME|ORG)+", "某公司", row["text"])), False
    for row in rows(data / "cail2019_elements/train.jsonl.gz"):
        if "某" in row["sentence"]:
            yield *inventor.fill(row["sentence"]), False
    for row in rows(data / "cjrc_case_cause/train.csv.gz"):
        if chance() < 0.5:
            yield *inventor.fill(row["fact"]), False
    for row in rows(data / "promediconv_cases/train.jsonl.gz"):
        yield *inventor.fill(row["description"]), False
    for name in ("tipdm_hot", "tipdm_replies"):
        for row in rows(data / name / "train.csv.gz"):
            if chance() < 0.35:
                yield f"{row['title']}。{row['detail']}", set(), True
    for _ in range(8000):
        yield *inventor.fill(inventor.random.choice(inventor.templates)), False


def examples(
    text: str, spans: Spans, dice: random.Random
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield (features, whether it is a name) of every candidate; some names are settled first."""
    view, left = view_of(text[:_LONGEST]), set(spans)
    if dice.random() < 0.6:
        for start, end in sorted(spans):
            if dice.random() < 0.5:
                view = view[:start] + NAME_FILL * len(view[start:end]) + view[end:]
                left.discard((start, end))
    found = [
        (start, given, end)
        for start, given in name_model.candidates(view)
        for end in name_model.endings(view, given)
    ]
    times = Counter(view[start:end] for start, _, end in found)
    for start, given, end in found:
        features = (
            *name_model.start_features(name_model.start_key(view, start, given)),
            *name_model.given_features(name_model.given_key(view, given, end)),
            *name_model.end_features(name_model.end_key(view, end)),
            name_model.repeated(times[view[start:end]]),
        )
        yield features, (start, end) in left


def fit(data: Path, seed: int) -> dict[str, float]:
    """Return feature -> weight, and ``bias``."""
    inventor = Inventor(seed)
    found, target, unmarked = [], [], []
    for text, spans, may_hold_names in texts(data, inventor):
        for features, is_name in examples(text, spans, inventor.random):
            found.append(dict.fromkeys(features, 1.0))
            target.append(is_name)
            unmarked.append(may_hold_names and any("=pure" in feature for feature in features))
    vectorizer = DictVectorizer()
    matrix, labels = vectorizer.fit_transform(found), np.array(target)
    keep = np.ones(len(labels), dtype=bool)
    model = LogisticRegression(max_iter=2000)
    for _ in range(3):  # a likely name in an unmarked text is no counter-example
        model.fit(matrix[keep], labels[keep])
        keep = ~(np.array(unmarked) & (model.decision_function(matrix) > _SURE_NAME))
    print(f"{len(labels)} candidates, {labels.sum()} names, {(~keep).sum()} left out")
    weights = {"bias": float(model.intercept_[0])}
    weights |= dict(zip(vectorizer.get_feature_names_out(), model.coef_[0].tolist(), strict=True))
    return {str(feature): round(weight, 2) for feature, weight in weights.items()}


def main() -> None:
    """Fit and write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--seed", type=int, default=7)
    args = options.parse_args()
    weights = fit(args.data, args.seed)
    _OUT.write_text(_HEADER + yaml.safe_dump(weights, allow_unicode=True, sort_keys=False), "utf-8")


if __name__ == "__main__":
    main()
