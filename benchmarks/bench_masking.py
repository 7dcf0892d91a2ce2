"""Recall and precision of masking, per type, beside jionlp and jieba's name tags; its speed.

Run: python benchmarks/bench_masking.py [--data ../shared/data] [--texts N] [--samples N]

Sets: names of Faker zh_CN in the held-out templates of ``voices/``, its numbers in all others
(nothing is fitted on numbers); the marked texts of ``blind/``; resume_ner (names);
address_parsing (the parts below the street); texts in which nothing may be masked. ``exact``
counts spans with the very same start, end and type. ``overlap`` counts a gold span as found when
all of it is covered, and a masked one as right when it touches a gold span of its type.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from faker_people import FakerIdentities, faker_company, faker_name
from narratives import TYPES, Filled, Gold, Narratives, templates

from zaojie_cases.masking import SpanType, mask

Finder = Callable[[str], Sequence[Gold]]
_BELOW_STREET = {"roadno", "subroadno", "houseno", "cellno", "floorno", "roomno"}
_PSEUDONYM = re.compile(r"当事人[甲乙丙戊己庚壬癸]+")


def ours(text: str) -> list[Gold]:
    """Return what masking finds."""
    return [(span.start, span.end, span.type.value) for span in mask(text).spans]


def jieba_finder() -> Finder:
    """Return a finder of jieba's ``nr`` tags."""
    import jieba.posseg  # noqa: PLC0415

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


def jionlp_finder() -> Finder:
    """Return a finder of everything that jionlp extracts of our types (it has no names)."""
    import jionlp  # type: ignore[import-untyped]  # noqa: PLC0415

    kinds = {
        jionlp.extract_id_card: "id_card",
        jionlp.extract_motor_vehicle_licence_plate: "plate",
        jionlp.extract_email: "email",
        jionlp.extract_wechat_id: "wechat",
        jionlp.extract_qq: "wechat",
    }

    def find(text: str) -> list[Gold]:
        found = [
            (*hit["offset"], kind) for of, kind in kinds.items() for hit in of(text, detail=True)
        ]
        for hit in jionlp.extract_phone_number(text, detail=True):
            found.append((*hit["offset"], "phone" if hit["type"] == "cell_phone" else "landline"))
        return found

    return find


def rivals() -> Iterator[tuple[str, Finder]]:
    """Yield ours and every rival that is installed."""
    yield "zaojie", ours
    for name, make in (("jionlp", jionlp_finder), ("jieba nr", jieba_finder)):
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name}: skipped, not installed ({error.name})")


class Tally:
    """Counts of gold spans and masked spans, found or right by both measures, per type."""

    def __init__(self) -> None:
        self.gold, self.masked = Counter[str](), Counter[str]()
        self.exact, self.covered, self.touching = Counter[str](), Counter[str](), Counter[str]()
        self.faults: dict[str, list[str]] = defaultdict(list)

    def add(
        self,
        text: str,
        gold: Sequence[Gold],
        found: Sequence[Gold],
        either: Sequence[tuple[int, int]],
    ) -> None:
        """Count one text; what touches a place of ``either`` is not counted."""
        covered = {at for start, end, _ in found for at in range(start, end)}
        for span in gold:
            start, end, kind = span
            self.gold[kind] += 1
            self.exact[kind] += span in found
            self.covered[kind] += covered.issuperset(range(start, end))
            if span not in found:
                self.faults[f"missed {kind}"].append(_snippet(text, start, end))
        for start, end, kind in found:
            if any(start < b and a < end for a, b in either):
                continue
            self.masked[kind] += 1
            self.touching[kind] += any(a < end and start < b and kind == k for a, b, k in gold)
            if (start, end, kind) not in gold:
                self.faults[f"wrong {kind}"].append(_snippet(text, start, end))

    def show(self, title: str, kinds: set[str], samples: int) -> None:
        """Print one line per type of ``kinds``, and some faults (public or invented texts only)."""
        for kind in sorted(kinds):
            gold, masked = self.gold[kind], self.masked[kind]
            shares = [self.exact[kind] / gold, self.exact[kind] / masked if masked else 0.0]
            shares += [self.covered[kind] / gold, self.touching[kind] / masked if masked else 0.0]
            exact, loose = (f"R {a:.3f} P {b:.3f}" for a, b in (shares[:2], shares[2:]))
            print(f"{title:28} {kind:10} exact {exact}   overlap {loose}   n={gold}")
        for kind, snippets in sorted(self.faults.items()):
            if kind.split()[-1] not in kinds:
                continue
            random.Random(0).shuffle(snippets)
            for snippet in snippets[:samples]:
                print(f"    {kind}: {snippet}")


def _snippet(text: str, start: int, end: int) -> str:
    around = f"{text[max(0, start - 8) : start]}[{text[start:end]}]{text[end : end + 8]}"
    return around.replace("\n", " ")


def tagged(path: Path, tags: dict[str, str]) -> Iterator[Filled]:
    """Yield the texts of a BIO-tagged JSON Lines file; ``tags`` maps its tags to our types."""
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
            yield Filled(row["text"], gold)


def marked(path: Path) -> Iterator[Filled]:
    """Yield the texts of a file in which ``⟦type:surface⟧`` marks each identity."""
    for line in path.read_text("utf-8").splitlines():
        filled = Filled()
        for piece in re.split(r"(⟦\w+:.*?⟧)", line):
            kind, colon, surface = piece[1:-1].partition(":") if piece[:1] == "⟦" else ("", "", "")
            filled.add(surface if colon else piece, kind or None)
        yield filled


def compare(title: str, texts: Sequence[Filled], samples: int, kinds: set[str]) -> None:
    """Print our figures on ``texts`` for ``kinds``, and those of the rivals that know any."""
    for name, find in rivals():
        tally, start = Tally(), time.process_time()
        found = [find(text.text) for text in texts]
        spent = time.process_time() - start
        for text, spans in zip(texts, found, strict=True):
            tally.add(text.text, text.gold, spans, text.open)
        if not tally.gold:
            masked = tally.masked.total()
            print(f"{title} / {name}: {masked} masked in {len(texts)} texts that name nobody")
            continue
        known = kinds if name == "zaojie" else kinds & tally.masked.keys()
        if not known:
            continue
        tally.show(
            f"{title} / {name}", known & tally.gold.keys(), samples if name == "zaojie" else 0
        )
        characters = sum(len(text.text) for text in texts)
        print(f"{title} / {name}: {spent / characters * 3e5:.3f} ms per 300 characters")


def unaffected(source: Narratives, count: int) -> None:
    """Print how often what must stay is masked in the templates."""
    slots = ("案号", "金额", "日期", "法条", "机构", "地名")
    total, hit = Counter[str](), Counter[str]()
    for template in (templates("held-out") + templates("fit")) * count:
        parts = re.split(r"(\{\w+\})", template)
        for at, part in enumerate(parts):
            if part[1:-1] in slots:
                left, right = (
                    source.fill("".join(side), 0).text for side in (parts[:at], parts[at + 1 :])
                )
                value = source.fill(part).text
                begin, end = len(left), len(left) + len(value)
                total[part[1:-1]] += 1
                spans = mask(left + value + right).spans
                hit[part[1:-1]] += any(s.start < end and begin < s.end for s in spans)
    for slot in slots:
        print(f"unaffected {slot}: {hit[slot]} of {total[slot]} touched")


def exchanged(source: Narratives, count: int) -> None:
    """Print the share of held-out texts that are masked otherwise when all names are exchanged."""
    changed = total = 0
    for template in templates("held-out") * count:
        marked = re.sub(r"\{([甲乙丙丁戊])\}", r"<\1>", template)
        if marked == template:
            continue
        text, seen = source.fill(marked).text, set[str]()
        for _ in range(2):
            crowd = {f"<{letter}>": "".join(faker_name()) for letter in "甲乙丙丁戊"}
            named = re.sub(r"<[甲乙丙丁戊]>", lambda hit, crowd=crowd: crowd[hit[0]], text)  # type: ignore[misc]
            seen.add(_PSEUDONYM.sub("#", mask(named).text))
        changed, total = changed + (len(seen) > 1), total + 1
    print(f"exchange of names: {changed} of {total} texts are masked otherwise")


def messages(path: Path) -> list[str]:
    """Return the texts of a set of citizens' messages."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [f"{row['title']}。{row['detail']}" for row in csv.DictReader(lines)]


def blind(samples: int) -> None:
    """Measure on the marked texts; of the second set the even lines were never looked at."""
    for part in ("plain", "hard", "traps", "second_plain", "second_hard", "second_traps"):
        texts = list(marked(Path(__file__).parent / "blind" / f"{part}.txt"))
        halves = {part: texts}
        if part.startswith("second"):
            halves = {f"{part} odd": texts[::2], f"{part} even": texts[1::2]}
        for name, half in halves.items():
            compare(f"blind {name} (invented)", half, samples, set(SpanType))


def main() -> None:
    """Run every measurement for which there is data."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--texts", type=int, default=2000, help="generated narratives")
    options.add_argument("--samples", type=int, default=0, help="mistakes to print per type")
    args = options.parse_args()
    source = Narratives(20260101, faker_name, faker_company, FakerIdentities)
    mask("热身：住户王建国，电话13812345678")
    names = list(source.texts("held-out", args.texts))
    compare("names, Faker (simulated)", names, args.samples, {"name"})
    slots = "|".join(sorted(source.identities.kinds))
    numbers = list(source.texts("fit", args.texts, rf"\{{(?:{slots})\}}"))
    compare("numbers, Faker (simulated)", numbers, args.samples, set(TYPES.values()))
    blind(args.samples)
    unaffected(source, 2)
    exchanged(source, 2)
    for folder, kinds in (
        ("resume_ner", {"NAME": "name"}),
        ("address_parsing", dict.fromkeys(_BELOW_STREET, "address")),
    ):
        if (path := args.data / folder / "dev.jsonl.gz").exists():
            compare(folder, list(tagged(path, kinds)), args.samples, set(kinds.values()))
    if (path := args.data / "tipdm_hot" / "train.csv.gz").exists():
        texts = messages(path)
        found = Counter(span.type.value for text in texts for span in mask(text).spans)
        share = {kind: round(n / len(texts) * 1000, 1) for kind, n in found.most_common()}
        print(f"tipdm_hot: masked per 1,000 messages {share}")


if __name__ == "__main__":
    main()
