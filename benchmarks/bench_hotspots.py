"""How long before its peak each of the ten largest matters of tipdm_hot is raised, and what else.

Run: python benchmarks/bench_hotspots.py [--data ../shared/data]

Truth sees everything and uses nothing of ours: agglomerative clustering (average linkage, cut
at cosine distance 0.75) of tf-idf over jieba's words, title twice. Largest is by different
posters in the busiest 30 days, then by registrations: one citizen who writes forty suggestions
is no group matter, nor is a topic that somebody asks about every month.
Columns: posters in those 30 days and in all, registrations, day of the first and of the third
one (no rule that wants three can be earlier). The peak is the first day on which the last seven
days held most registrations.

Ours reads title and detail through the mapping, masked, and is never told who posted. Beside it:
the third message with the same title in 30 days; the fifth of sketch similarity 0.3 in 30 days;
the fifth registration in 30 days of a matter as ours groups them, without the test of growth.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import jieba
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer

from zaojie_cases.hotspots import Decision, Detector, Registration, area_of
from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import Case
from zaojie_cases.sketch import Sketch, similarity, sketch_of

CUT = 0.75
"""Cosine distance at which hindsight parts two matters."""
GROUP = 3
"""Different posters that make a group matter in hindsight."""
FIRST_YEAR = 2019
"""Five rows are older than the set proper."""
Raised = dict[Hashable, tuple[date, list[int]]]
"""A matter of some detector: the day it was raised, and the rows that belong to it."""


@dataclass(frozen=True)
class Messages:
    """The rows by time of posting: as they stand in the file, and as cases."""

    rows: list[dict[str, str]]
    cases: list[Case]

    @property
    def days(self) -> list[date]:
        """The day of each."""
        return [case.registered_at.date() for case in self.cases]


def read(path: Path) -> Messages:
    """Read the set twice: raw for hindsight, through the mapping for the detectors."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = {row["message_id"]: row for row in csv.DictReader(file)}
    records = (row.case for row in read_records(path, load_mapping("tipdm_hot")))
    cases = [case for case in records if case and case.registered_at.year >= FIRST_YEAR]
    cases.sort(key=lambda case: (case.registered_at, case.case_id))
    return Messages([rows[case.source_case_no] for case in cases], cases)


def hindsight(rows: Sequence[dict[str, str]]) -> tuple[list[int], list[list[str]]]:
    """Return the cluster of each row, and each row's words."""
    tokenizer = jieba.Tokenizer()
    words = [
        [
            word
            for word in tokenizer.cut((row["title"] + "。") * 2 + row["detail"][:500])
            if len(word.strip()) > 1 and not word.isascii()
        ]
        for row in rows
    ]
    vectorizer = TfidfVectorizer(analyzer=list, min_df=2, max_df=0.2, sublinear_tf=True)
    matrix = vectorizer.fit_transform(words)
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=CUT
    )
    return clustering.fit_predict(1 - (matrix @ matrix.T).toarray()).tolist(), words


def peak(days: Sequence[date]) -> tuple[date, int]:
    """Return the first day with most registrations in the seven days up to it, and how many."""
    week = {day: sum(timedelta() <= day - d < timedelta(7) for d in days) for day in sorted(days)}
    best = max(week, key=lambda day: week[day])
    return best, week[best]


def busiest(posted: Sequence[tuple[date, str]]) -> int:
    """Return the most different posters in any 30 days."""
    return max(
        len({who for day, who in posted if timedelta() <= last - day < timedelta(30)})
        for last, _ in posted
    )


def ours(messages: Messages) -> tuple[Raised, list[Decision], float]:
    """Return what our detector raises, all its decisions, and the seconds it took."""
    detector, start = Detector(), time.perf_counter()
    decisions = [
        detector.add(Registration(c.case_id, c.registered_at, c.place, c.narrative_masked))
        for c in messages.cases
    ]
    seconds = time.perf_counter() - start
    members: dict[str | None, list[int]] = defaultdict(list)
    for at, decision in enumerate(decisions):
        members[decision.matter_id].append(at)
    raised: Raised = {
        d.matter_id: (d.as_of.date(), members[d.matter_id])
        for d in decisions
        if d.step == "raised" and d.matter_id
    }
    return raised, decisions, seconds


def counted(keys: Sequence[Hashable], days: Sequence[date], least: int) -> Raised:
    """Raise each key on the day when ``least`` of it have come in 30 days."""
    seen: dict[Hashable, list[int]] = defaultdict(list)
    days_of: dict[Hashable, date] = {}
    for at, key in enumerate(keys):
        seen[key].append(at)
        recent = [n for n in seen[key] if days[at] - days[n] < timedelta(30)]
        if len(recent) >= least:
            days_of.setdefault(key, days[at])
    return {key: (day, seen[key]) for key, day in days_of.items()}


def sketched(messages: Messages) -> list[int]:
    """Return for each row the first row of the last 30 days that it is a near-duplicate of."""
    sketches: list[Sketch] = [sketch_of(case.narrative_masked) for case in messages.cases]
    areas, days = [area_of(case.place) for case in messages.cases], messages.days
    keys: list[int] = []
    for at, sketch in enumerate(sketches):
        near = (
            n
            for n in range(at)
            if days[at] - days[n] < timedelta(30)
            and areas[at] == areas[n]
            and similarity(sketch, sketches[n]) >= 0.3
        )
        found = next(near, None)
        keys.append(at if found is None else keys[found])
    return keys


def of_cluster(raised: Raised, labels: Sequence[int], cluster: int) -> list[date]:
    """Return when matters were raised that mostly are ``cluster``, or hold half of it."""
    size = labels.count(cluster)
    days = []
    for day, members in raised.values():
        held = sum(labels[at] == cluster for at in members)
        if held * 2 >= len(members) or held * 2 >= size:
            days.append(day)
    return sorted(days)


def said(raised: Raised, labels: Sequence[int], cluster: int, top: date) -> str:
    """Return day raised and days before the peak; how often, if it was raised twice."""
    days = of_cluster(raised, labels, cluster)
    if not days:
        return "-"
    again = f" x{len(days)}" if len(days) > 1 else ""
    return f"{days[0]:%m-%d} {(top - days[0]).days:+d}{again}"


def false_alarms(
    raised: Raised, labels: Sequence[int], posters: dict[int, int]
) -> tuple[int, int, int]:
    """Return how many matters were raised, are no cluster in hindsight, are of few posters."""
    no_cluster = few = 0
    for _, members in raised.values():
        cluster, held = Counter(labels[at] for at in members).most_common(1)[0]
        if held * 2 < len(members) or held < GROUP:
            no_cluster += 1
        elif posters[cluster] < GROUP:
            few += 1
    return len(raised), no_cluster, few


def typical(words: Iterable[list[str]], everywhere: Counter[str]) -> str:
    """Return the words that most of a cluster and few others have."""
    texts = list(words)
    held = Counter(word for text in texts for word in set(text))
    most = [word for word in held if held[word] * 2 >= len(texts)]
    best = sorted(most, key=lambda word: (-held[word] / everywhere[word], word))
    return " ".join(best[:4])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    path = parser.parse_args().data / "tipdm_hot" / "train.csv.gz"
    if not path.is_file():
        raise SystemExit(f"{path} is not there: give the directory of the real sets with --data")
    messages = read(path)
    labels, words = hindsight(messages.rows)
    raised, decisions, seconds = ours(messages)
    days = messages.days
    titles = [row["title"].strip() for row in messages.rows]
    rivals: dict[str, Raised] = {
        "ours": raised,
        "same title x3": counted(titles, days, 3),
        "sketch x5": counted(sketched(messages), days, 5),
        "grouped x5": counted([d.matter_id for d in decisions], days, 5),
    }
    _report(messages, labels, words, rivals)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nours: {1000 * seconds / len(days):.1f} ms a registration; whole program {memory:.0f} MB"
    )


def _report(
    messages: Messages, labels: list[int], words: list[list[str]], rivals: dict[str, Raised]
) -> None:
    rows, days = messages.rows, messages.days
    members: dict[int, list[int]] = defaultdict(list)
    for at, label in enumerate(labels):
        members[label].append(at)
    posted = {
        cluster: [(days[at], rows[at]["user_id"]) for at in held]
        for cluster, held in members.items()
    }
    hot = {cluster: busiest(each) for cluster, each in posted.items()}
    largest = sorted(members, key=lambda c: (-hot[c], -len(members[c]), members[c][0]))[:10]
    everywhere = Counter(word for text in words for word in set(text))
    print(f"{len(rows)} messages, {days[0]} to {days[-1]}; cells: day raised, days before the peak")
    heads = " ".join(f"{name:>14}" for name in rivals)
    print(f"30d  all size place first third peak (7d) {heads}  words")
    for cluster in largest:
        held = [days[at] for at in members[cluster]]
        top, week = peak(held)
        who = f"{hot[cluster]:3} {len({name for _, name in posted[cluster]}):4} {len(held):4}"
        codes = Counter(rows[at]["region_code"] or "?" for at in members[cluster])
        when = f"{held[0]:%m-%d} {held[2]:%m-%d} {top:%m-%d} {week:4}"
        cells = " ".join(f"{said(found, labels, cluster, top):>14}" for found in rivals.values())
        named = typical((words[at] for at in members[cluster]), everywhere)
        print(f"{who} {codes.most_common(1)[0][0]:5} {when} {cells}  {named}")
    posters = {cluster: len({name for _, name in each}) for cluster, each in posted.items()}
    print("\nraised in all / no cluster in hindsight / a cluster of fewer than three posters")
    for name, found in rivals.items():
        print(f"{name:>15}  {' / '.join(map(str, false_alarms(found, labels, posters)))}")


if __name__ == "__main__":
    main()
