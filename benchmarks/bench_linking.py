"""Linking the same dispute: precision and recall beside plain rivals, re-posts, and cost.

Run: python benchmarks/bench_linking.py [--parts truth reposts speed cost] [--seed 29]
     [--sizes 10000 100000] [--data ../shared/data]   (needs rapidfuzz, datasketch, rensa)

Truth is simulated (a seed that the weights were not fitted on). Re-posts are real letters:
in tipdm_messages those of one dup_group, in tipdm_hot those whose sets of trigrams, all of
them and not a sketch, have a Jaccard similarity of 0.8 or more. A pair counts once; recall
is of all true pairs, also of those that share no block.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import datasketch
import jieba
import numpy as np
import rensa
from linking_cost import measure
from linking_truth import Truth, simulated
from rapidfuzz import fuzz, process
from scipy.sparse import csr_matrix

from zaojie_cases.history import PRIOR_WINDOW
from zaojie_cases.linking import Linker, Matter, Seen
from zaojie_cases.linking.bands import text_keys
from zaojie_cases.linking.clusters import Pair, pair_of
from zaojie_cases.linking.keys import PAIR
from zaojie_cases.linking.places import places_of
from zaojie_cases.linking.run import earlier_links
from zaojie_cases.masking import mask
from zaojie_cases.sketch import sketch_of
from zaojie_cases.values import UNKNOWN_MOMENT, parse_moment

THRESHOLDS = (0.2, 0.3, 0.5, 0.7, 0.9)
REPOST = 0.8
Chances = Mapping[Pair, float]


def linked(seen: Sequence[Seen]) -> Chances:
    """Return the probability of all pairs that ``zaojie link run`` would keep."""
    linker = Linker()
    for one in seen:
        linker.add(one)
    rows = (row for one in seen for row in earlier_links(linker, one))
    return {
        pair_of(str(r["earlier_id"]), str(r["later_id"])): float(str(r["probability"]))
        for r in rows
    }


def same_pair_key(truth: Truth) -> Chances:
    """Rival: the same two parties, and nothing else."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for one in truth.seen:
        for key in one.matter.keys:
            if key.startswith(PAIR):
                by_key[key].append(one.case_id)
    return {pair_of(*pair): 1.0 for ids in by_key.values() for pair in combinations(ids, 2)}


def fuzzy(seen: Sequence[Seen], texts: Sequence[str], block: Callable[[Seen], str]) -> Chances:
    """Rival: rapidfuzz token_set_ratio of jieba's words, all pairs of one block."""
    cut = jieba.Tokenizer().lcut
    words = [" ".join(cut(text)) for text in texts]
    blocks: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(seen):
        blocks[block(one)].append(number)
    chances = {}
    for numbers in blocks.values():
        inside = [words[n] for n in numbers]
        scores = process.cdist(inside, inside, scorer=fuzz.token_set_ratio, dtype=np.uint8)
        for i, j in zip(*np.nonzero(np.triu(scores, 1) >= 50), strict=True):
            one, other = seen[numbers[i]], seen[numbers[j]]
            if abs(one.registered_at - other.registered_at) <= PRIOR_WINDOW:
                chances[pair_of(one.case_id, other.case_id)] = float(scores[i, j]) / 100
    return chances


def figures(chances: Chances, true: set[Pair], threshold: float) -> tuple[float, float, float]:
    """Return precision, recall and F1 at a threshold."""
    found = {pair for pair, chance in chances.items() if chance >= threshold}
    right = len(found & true)
    precision, recall = right / max(len(found), 1), right / max(len(true), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def best(chances: Chances, true: set[Pair]) -> float:
    """Return the threshold of the best F1: chosen on the judged pairs, which favours a rival."""
    return max(np.arange(0.5, 1.0, 0.02), key=lambda t: figures(chances, true, t)[2])


def show(name: str, chances: Chances, true: set[Pair], thresholds: Iterable[float]) -> None:
    """Print a line for each threshold."""
    for threshold in thresholds:
        p, r, f = figures(chances, true, threshold)
        print(f"  {name:42}{threshold:9.2f}{p:11.3f}{r:8.3f}{f:8.3f}", flush=True)


def truth_part(seed: int, cases: int) -> None:
    """Print figures on the simulated truth."""
    with tempfile.TemporaryDirectory() as folder:
        truth = simulated(Path(folder), cases, seed)
    groups: dict[str, list[str]] = defaultdict(list)
    for case_id, dispute in truth.dispute.items():
        groups[dispute].append(case_id)
    true = {pair_of(*pair) for ids in groups.values() for pair in combinations(ids, 2)}
    print(f"simulated county, seed {seed}: {len(truth.seen)} registrations, {len(true)} true pairs")
    header("")
    show("ours", linked(truth.seen), true, THRESHOLDS)
    bare = [_without_parties(one) for one in truth.seen]
    show("ours, vault without a key (no parties)", linked(bare), true, (0.5,))
    show("exact pair of parties only", same_pair_key(truth), true, (0.5,))
    rival = fuzzy(truth.seen, truth.texts, lambda one: places_of(one.place)[1])
    show("rapidfuzz token_set, same town, best cut", rival, true, (best(rival, true),))


def _without_parties(one: Seen) -> Seen:
    m = one.matter
    matter = Matter(
        m.category_code, m.judicial_type, m.occurred_on, m.amount_yuan, m.involved_count, m.named
    )
    return Seen(one.case_id, one.place, one.registered_at, one.sketch, matter)


def header(what: str) -> None:
    """Print the heads of the columns."""
    print(f"  {what:42}threshold  precision  recall      F1")


def reposts_part(data: Path) -> None:
    """Print figures on re-posted letters of two real sets."""
    for name, id_column in (("tipdm_messages", "row_id"), ("tipdm_hot", "message_id")):
        path = data / name / "train.csv.gz"
        if not path.is_file():
            print(f"{name}: {path} is not there; say where with --data")
            continue
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        texts = [mask(r.get("text_segmented") or f"{r['title']}。{r['detail']}").text for r in rows]
        seen = [_letter(r, r[id_column], text) for r, text in zip(rows, texts, strict=True)]
        if name == "tipdm_messages":
            groups: dict[str, list[str]] = defaultdict(list)
            for row in rows:
                if row["dup_group"]:
                    groups[row["dup_group"]].append(row[id_column])
            true = {pair_of(*pair) for ids in groups.values() for pair in combinations(ids, 2)}
        else:
            true = set(_near_equal(seen, texts))
        print(f"{name}: {len(rows)} letters, {len(true)} pairs of re-posts")
        header("")
        begin = time.perf_counter()
        chances = linked(seen)
        seconds = time.perf_counter() - begin
        show(f"ours ({seconds:.0f} s)", chances, true, THRESHOLDS)
        begin = time.perf_counter()
        rival = fuzzy(seen, texts, lambda one: places_of(one.place)[1])
        seconds = time.perf_counter() - begin
        show(f"rapidfuzz token_set, same area ({seconds:.0f} s)", rival, true, (best(rival, true),))


def _letter(row: Mapping[str, str], case_id: str, text: str) -> Seen:
    # tipdm_messages tells the time of one letter in six only: there none is read.
    at = UNKNOWN_MOMENT if "text_segmented" in row else parse_moment(row["posted_at"])
    return Seen(case_id, row["region_code"], at, array("I", sketch_of(text)), Matter())


def _near_equal(seen: Sequence[Seen], texts: Sequence[str]) -> Iterator[Pair]:
    """Yield the pairs of letters within a year with near-equal sets of trigrams."""
    grams = [{text[i : i + 3] for i in range(len(text) - 2)} for text in texts]
    number = {gram: n for n, gram in enumerate(sorted(set().union(*grams)))}
    columns = [number[gram] for found in grams for gram in found]
    ends = np.cumsum([0, *map(len, grams)])
    table = csr_matrix((np.ones(len(columns)), columns, ends), (len(grams), len(number)))
    common = (table @ table.T).tocoo()
    for i, j, shared in zip(common.row, common.col, common.data, strict=True):
        close = abs(seen[i].registered_at - seen[j].registered_at) <= PRIOR_WINDOW
        if i < j and close and shared / (len(grams[i]) + len(grams[j]) - shared) >= REPOST:
            yield pair_of(seen[i].case_id, seen[j].case_id)


def speed_part() -> None:
    """Print the cost of the block keys of one text by library, in microseconds."""
    rng = np.random.default_rng(1)
    hashes = [np.unique(rng.integers(2**32, size=128, dtype=np.uint32)) for _ in range(2000)]
    grams = [[str(h) for h in one.tolist()] for one in hashes]
    sketches = [array("I", one.tolist()) for one in hashes]

    def rival(words: list[str]) -> object:
        found = datasketch.MinHash(num_perm=32)
        found.update_batch([word.encode() for word in words])
        return found.hashvalues

    def faster(words: list[str]) -> object:
        found = rensa.RMinHash(num_perm=32, seed=1)
        found.update(words)
        return found.digest()

    print("block keys of a text of 128 trigram hashes, microseconds")
    _timed("ours: 32 MinHashes and 20 banded keys", lambda n: text_keys(sketches[n], "360102001"))
    _timed("datasketch MinHash, 32, without bands", lambda n: rival(grams[n]))
    _timed("rensa RMinHash, 32, without bands", lambda n: faster(grams[n]))


def _timed(name: str, work: Callable[[int], object]) -> None:
    begin = time.perf_counter()
    for number in range(2000):
        work(number)
    print(f"  {name:42}{(time.perf_counter() - begin) / 2000 * 1e6:9.0f}")


def main() -> None:
    """Print the parts that are asked for."""
    parser = argparse.ArgumentParser(description="Linking the same dispute.")
    parts = ("truth", "reposts", "speed", "cost")
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--seed", type=int, default=29)
    parser.add_argument("--cases", type=int, default=6000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    jieba.setLogLevel("WARNING")
    if "truth" in given.parts:
        truth_part(given.seed, given.cases)
    if "reposts" in given.parts:
        reposts_part(given.data)
    if "speed" in given.parts:
        speed_part()
    if "cost" in given.parts:
        measure(given.sizes)


if __name__ == "__main__":
    main()
