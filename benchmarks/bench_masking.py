"""Recall and precision of masking, per type, beside jieba's own name tags, and its speed.

Run: python benchmarks/bench_masking.py [--data ../shared/data] [--samples N]

Names are also measured on resume_ner, below-street parts on address_parsing and wrong
maskings on tipdm_hot, when those sets are there. A gold span counts as found when every
character of it is covered; a masked span counts as right when it touches a gold span of
its type.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import jieba
import jieba.posseg
from narratives import Gold, Narratives

from zaojie_cases.masking import mask

Finder = Callable[[str], Sequence[Gold]]
_BELOW_STREET = {"roadno", "subroadno", "houseno", "cellno", "floorno", "roomno"}


def ours(text: str) -> list[Gold]:
    """Return what masking finds."""
    return [(span.start, span.end, span.type.value) for span in mask(text).spans]


def jieba_names() -> Finder:
    """Return a finder of jieba's ``nr`` tags, with a tokenizer of its own."""
    tagger = jieba.posseg.POSTokenizer(jieba.Tokenizer())

    def find(text: str) -> list[Gold]:
        found, position = [], 0
        for word in tagger.cut(text):
            end = position + len(word.word)
            if word.flag in {"nr", "nrt", "nrfg"}:
                found.append((position, end, "name"))
            position = end
        return found

    return find


class Tally:
    """Counts of found and missed gold spans and of right and wrong maskings, per type."""

    def __init__(self) -> None:
        self.found, self.gold = Counter[str](), Counter[str]()
        self.right, self.masked = Counter[str](), Counter[str]()
        self.missed: dict[str, list[str]] = defaultdict(list)
        self.wrong: dict[str, list[str]] = defaultdict(list)

    def add(self, text: str, gold: Sequence[Gold], found: Sequence[Gold]) -> None:
        """Count one text."""
        covered = {at for start, end, _ in found for at in range(start, end)}
        for start, end, kind in gold:
            self.gold[kind] += 1
            hit = covered.issuperset(range(start, end))
            self.found[kind] += hit
            if not hit:
                self.missed[kind].append(_snippet(text, start, end))
        for start, end, kind in found:
            self.masked[kind] += 1
            hit = any(a < end and start < b and kind == other for a, b, other in gold)
            self.right[kind] += hit
            if not hit:
                self.wrong[kind].append(_snippet(text, start, end))

    def show(self, title: str, kinds: Iterable[str] = ()) -> None:
        """Print one line per type."""
        for kind in kinds or sorted(self.gold | self.masked):
            recall = self.found[kind] / self.gold[kind] if self.gold[kind] else float("nan")
            precision = self.right[kind] / self.masked[kind] if self.masked[kind] else float("nan")
            print(
                f"{title:28} {kind:10} recall {recall:6.3f}  precision {precision:6.3f}"
                f"  n={self.gold[kind]}"
            )

    def examples(self, count: int) -> None:
        """Print some of what went wrong (public or invented texts only)."""
        for label, table in (("missed", self.missed), ("wrong", self.wrong)):
            for kind, snippets in table.items():
                random.Random(0).shuffle(snippets)
                for snippet in snippets[:count]:
                    print(f"    {label} {kind}: {snippet}")


def _snippet(text: str, start: int, end: int) -> str:
    around = f"{text[max(0, start - 8) : start]}[{text[start:end]}]{text[end : end + 8]}"
    return around.replace("\n", " ")


def tagged(path: Path, tags: dict[str, str]) -> Iterator[tuple[str, list[Gold]]]:
    """Yield (text, gold) of a BIO-tagged JSON Lines file; ``tags`` maps its tags to our types."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            gold: list[Gold] = []
            for at, tag in enumerate(row["tags"]):
                kind = tags.get(tag[2:])
                if kind and tag.startswith("I-") and gold and gold[-1][1] == at:
                    gold[-1] = (gold[-1][0], at + 1, kind)
                elif kind:
                    gold.append((at, at + 1, kind))
            yield row["text"], gold


def messages(path: Path) -> list[str]:
    """Return the texts of a set of citizens' messages."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [f"{row['title']}。{row['detail']}" for row in csv.DictReader(lines)]


def compare(title: str, texts: Sequence[tuple[str, list[Gold]]], samples: int) -> None:
    """Print our figures on ``texts``, and jieba's where there are names."""
    rivals: list[tuple[str, Finder]] = [("zaojie", ours)]
    if any(kind == "name" for _, gold in texts for _, _, kind in gold):
        rivals.append(("jieba nr", jieba_names()))
    for name, find in rivals:
        tally = Tally()
        for text, gold in texts:
            tally.add(text, gold, find(text))
        tally.show(f"{title} / {name}", () if name == "zaojie" else ("name",))
        if name == "zaojie":
            tally.examples(samples)


def speed(texts: Sequence[str]) -> None:
    """Print milliseconds per 300 characters."""
    characters = sum(map(len, texts))
    start = time.perf_counter()
    for text in texts:
        mask(text)
    spent = time.perf_counter() - start
    print(
        f"speed: {spent / characters * 300 * 1000:.3f} ms per 300 characters"
        f" ({len(texts)} texts, {characters} characters)"
    )


def main() -> None:
    """Run every measurement for which there is data."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--samples", type=int, default=0, help="mistakes to print per type")
    options.add_argument("--seed", type=int, default=20260101)
    args = options.parse_args()
    invented = list(Narratives(args.seed).texts(1500))
    compare("invented narratives", invented, args.samples)
    speed([text for text, _ in invented])
    resumes, addresses = args.data / "resume_ner", args.data / "address_parsing"
    if (path := resumes / "dev.jsonl.gz").exists():
        compare("resume_ner", list(tagged(path, {"NAME": "name"})), args.samples)
    if (path := addresses / "dev.jsonl.gz").exists():
        below = dict.fromkeys(_BELOW_STREET, "address")
        compare("address_parsing", list(tagged(path, below)), args.samples)
    if (path := args.data / "tipdm_hot" / "train.csv.gz").exists():
        plain = messages(path)
        found = Counter(span.type.value for text in plain for span in mask(text).spans)
        per_thousand = {kind: round(n / len(plain) * 1000, 1) for kind, n in found.most_common()}
        print(f"tipdm_hot: masked per 1,000 messages {per_thousand}")
        speed(plain)


if __name__ == "__main__":
    main()
