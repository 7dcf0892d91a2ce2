"""Precision, recall and F1 of risk cues by cue and scope, pairs ranked right, and speed.

Run: python benchmarks/bench_cues.py --county county.csv
     python benchmarks/bench_cues.py --wordings wordings.yaml [--pairs pairs.jsonl]

A county file has its truth beside it: NAME.truth.jsonl (or .gz), one line a case: ``case_no``
and ``cues``, a list of {"cue", "scope", "start", "end"} in the raw narrative. A wordings file
holds patterns by cue and scope with [a|b] choices and slots; each is written out a few times
and stands alone. All of them are invented texts: figures on simulated data.

A mention is right if it overlaps a truth of its cue and scope; a truth is found if a right
mention overlaps it. Mentions that are not affirmed are compared by group (threat, blow).
"kept out" is the share of the truths that are not affirmed on which no affirmed mention lies.
Beside ours: plain keyword matching without scope, with the phrases of the lexicon that are text
alone (and the list of tools); every keyword affirms its cue.

Pairs: {"kind", "high", "low"}: right if the score of ``high`` is higher, half if equal. Ours is
the severity of each kind of affirmed cue, summed, less a weight where somebody is ready to talk;
keywords are counted. "ties" lets mentions that are not affirmed decide between equal scores:
that somebody has looked into strong words and found nothing speaks for the calmer text.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from zaojie_cases.readers import read_rows
from zaojie_features.cues import LIMITING, find_cues, lexicon
from zaojie_features.cues.finder import Finder

READINESS = 3
"""What readiness to talk takes from the score of a text of a pair."""
LIMITED = 0.001
"""Decides between equal scores only."""
LENGTH = 300
"""Characters of a narrative for the measurement of speed."""
SLOTS = {
    "x": ["李某", "对方", "当事人甲", "老周", "赵某某"],
    "y": ["王某", "来电人", "当事人乙", "老孙", "钱某"],
    "worker": ["网格员", "村主任", "民警", "调解员"],
    "k": list("23456789"),
    "n": [str(n) for n in range(10, 61)],
    "year": [str(year) for year in range(2003, 2024)],
    "mon": [str(month) for month in range(1, 13)],
    "gap": [str(days) for days in range(2, 61)],
}


class Mention(NamedTuple):
    """A cue (or its group, where it is not affirmed) in a scope, and where it stands."""

    cue: str
    scope: str
    start: int
    end: int


class Text(NamedTuple):
    """A narrative and the truth about it."""

    text: str
    truth: list[Mention]


Method = Callable[[str], list[Mention]]


def mention(cue: str, scope: str, start: int, end: int) -> Mention:
    """Return a mention by cue where affirmed, by group elsewhere."""
    known = lexicon().cues.get(cue)
    group = known.group if known and known.group and scope != "affirmed" else cue
    return Mention(group, scope, start, end)


def ours(text: str) -> list[Mention]:
    """What the extractor finds; a threat inside an ultimatum is told by the ultimatum."""
    return [mention(h.cue, h.scope, *h.span) for h in find_cues(text) if h.scope != "ultimatum"]


def keywords() -> Method:
    """Return a method that affirms a cue wherever one of its words stands."""
    known = lexicon()
    words = {cue: [s for s in p.found if s.literal] for cue, p in known.phrases.items()}
    for cue, patterns in known.phrases.items():
        for options in (s.fragments[0] for s in patterns.found if len(s.fragments) == 1):
            if isinstance(options, tuple):
                words[cue] += [option for option in options if len(option.literal) > 1]
    words["weapon"] += [tool for tool in known.lists["tool"] if len(tool.literal) > 1]
    finder = Finder(words)

    def found(text: str) -> list[Mention]:
        spans = finder.find(text)
        return [Mention(cue, "affirmed", *span) for cue in spans for span in spans[cue]]

    return found


def of_wordings(path: Path, times: int, seed: int) -> Iterator[Text]:
    """Yield each pattern of a wordings file written out ``times`` times, each by itself."""
    draw = random.Random(seed)
    for cue, scopes in yaml.safe_load(path.read_text(encoding="utf-8"))["cues"].items():
        for scope, patterns in scopes.items():
            for pattern in patterns:
                for _ in range(times):
                    text = written_out(pattern, draw) + "。"
                    yield Text(text, [mention(cue, scope, 0, len(text))])


def written_out(pattern: str, draw: random.Random) -> str:
    """Return ``pattern`` with its choices made, innermost first, and its slots filled."""
    while choice := re.search(r"\[([^\[\]]*)\]", pattern):
        made = draw.choice(choice[1].split("|"))
        pattern = pattern[: choice.start()] + made + pattern[choice.end() :]
    filled = {slot: draw.choice(values) for slot, values in SLOTS.items()}
    return re.sub(r"\{(\w+)\}", lambda slot: filled[slot[1]], pattern)


def of_county(path: Path) -> Iterator[Text]:
    """Yield the narratives of a county file with the truth beside it."""
    stem = path.name.partition(".")[0]
    beside = next(path.parent.glob(f"{stem}.truth.jsonl*"))
    opened = gzip.open if beside.suffix == ".gz" else open
    with opened(beside, "rt", encoding="utf-8") as lines:
        truths = {found["case_no"]: found["cues"] for found in map(json.loads, lines)}
    for _, row in read_rows(path):
        told = truths.get(str(row["case_no"]), [])
        truth = [mention(t["cue"], t["scope"], t["start"], t["end"]) for t in told]
        yield Text(str(row["narrative"]), truth)


def overlap(one: Mention, other: Mention) -> bool:
    """Tell whether the two stand on a common character."""
    return one.start < other.end and other.start < one.end


class Tally:
    """Counts of mentions and truths by key."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.true: Counter[str] = Counter()
        self.kept_out: Counter[str] = Counter()

    def add(self, text: Text, mentions: list[Mention]) -> None:
        """Count one text."""
        for made in mentions:
            hit = any(made[:2] == t[:2] and overlap(made, t) for t in text.truth)
            for key in keys(made):
                self.made[key] += 1
                self.right[key] += hit
        for told in text.truth:
            near = [m for m in mentions if overlap(m, told)]
            hit = any(m[:2] == told[:2] for m in near)
            affirmed = any(
                m.scope == "affirmed" and told.cue in (m.cue, group_of(m.cue)) for m in near
            )
            for key in keys(told):
                self.true[key] += 1
                self.found[key] += hit
                self.kept_out[key] += not affirmed

    def line(self, key: str) -> str:
        """Return precision, recall and F1 of ``key``, and how many were kept out."""
        precision = self.right[key] / max(1, self.made[key])
        recall = self.found[key] / max(1, self.true[key])
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        out = "" if key.endswith("affirmed") else f"{self.kept_out[key] / self.true[key]:.2f}"
        return f"{precision:.2f} {recall:.2f} {f1:.2f} {out:>4}"


def group_of(cue: str) -> str | None:
    """Return the group of ``cue``, if it has one."""
    known = lexicon().cues.get(cue)
    return known.group if known else None


def keys(found: Mention) -> tuple[str, str]:
    """Return the lines that a mention is counted in."""
    return f"{found.cue}, {found.scope}", f"all, {found.scope}"


def compare(texts: list[Text]) -> None:
    """Print ours beside keywords, by cue and scope."""
    tallies = {"ours": Tally(), "keywords": Tally()}
    for name, method in (("ours", ours), ("keywords", keywords())):
        for text in texts:
            tallies[name].add(text, method(text.text))
    print(f"{'cue, scope':32} {'truths':>6}  ours: P R F1 kept out   keywords: P R F1 kept out")
    for key in sorted(tallies["ours"].true):
        count = tallies["ours"].true[key]
        print(f"{key:32} {count:6}  {tallies['ours'].line(key)}   {tallies['keywords'].line(key)}")


def pairs(path: Path) -> None:
    """Print the share of pairs ranked right, by kind."""
    by_word = keywords()
    risky = {cue for cue, known in lexicon().cues.items() if known.severity}

    def graded(text: str) -> float:
        affirmed = {hit.cue for hit in find_cues(text) if hit.scope == "affirmed"}
        summed = sum(lexicon().cues[cue].severity for cue in affirmed)
        return summed - READINESS * ("willing" in affirmed)

    def untied(text: str) -> float:
        return graded(text) - LIMITED * sum(hit.scope in LIMITING for hit in find_cues(text))

    def counted(text: str) -> float:
        return sum(found.cue in risky for found in by_word(text))

    right: dict[str, list[list[float]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        scores = (graded, untied, counted)
        ranked = [ranks(score(pair["high"]), score(pair["low"])) for score in scores]
        right[pair["kind"]].append(ranked)
    right["all"] = [both for kind in list(right) for both in right[kind]]
    print(f"{'pairs of kind':32} {'pairs':>6}  ours  ties  keywords")
    for kind, found in right.items():
        shares = [sum(column) / len(found) for column in zip(*found, strict=True)]
        print(f"{kind:32} {len(found):6}  {shares[0]:.2f}  {shares[1]:.2f}  {shares[2]:.2f}")


def ranks(high: float, low: float) -> float:
    """Return 1 if ``high`` is higher, a half if they are equal."""
    return (high > low) + (high == low) / 2


def speed(texts: Iterable[Text]) -> None:
    """Print the time for a narrative of 300 characters, everything compiled."""
    whole = "".join(text.text for text in texts)
    narratives = [whole[at : at + LENGTH] for at in range(0, len(whole) - LENGTH, LENGTH)][:500]
    for narrative in narratives:
        find_cues(narrative)
    taken = []
    for narrative in narratives:
        begun = time.perf_counter()
        find_cues(narrative)
        taken.append(time.perf_counter() - begun)
    if taken:
        print(f"{statistics.median(taken) * 1e3:.2f} ms median for {LENGTH} characters")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--county", type=Path)
    parser.add_argument("--wordings", type=Path, action="append", default=[])
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--times", type=int, default=3, help="each pattern is written out so often")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    texts = [t for path in asked.wordings for t in of_wordings(path, asked.times, asked.seed)]
    texts += of_county(asked.county) if asked.county else []
    if texts:
        compare(texts)
        speed(texts)
    if asked.pairs:
        pairs(asked.pairs)


if __name__ == "__main__":
    main()
