"""Narratives of the simulated county: length, wordings by time, what each says and where."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import cache
from random import Random

import pytest

from zaojie_cases.normalise import fold, pieces
from zaojie_cases.simulate.draw import read_data
from zaojie_cases.simulate.grammar import pattern_of, say
from zaojie_cases.simulate.mix import load_mix
from zaojie_cases.simulate.people import name_stock
from zaojie_cases.simulate.presets import VOICES

DATA = (
    "scenes",
    "scenes_late",
    "matters",
    "voices",
    "wordings",
    "traits",
    "cues_main",
    "cues_late",
)
SLOTS = {"x", "y", "p", "k", "n", "age", "gap", "year", "mon", "day", "group_no", "worker"} | {
    *("plate", "wx", "a", "b", "village", "md", "hour", "minute", "year_now", "involved"),
    *("prior", "times", "since", "amount", "scene", "matter", *name_stock()),
    *(f"{role}_{part}" for role in "ab" for part in ("name", "sur", "phone", "id", "address")),
}
STRONG = {"threat", "threat_vague", "threat_explicit", "ultimatum", "blow", "pushed", "struck"} | {
    *("injured", "weapon", "smashed", "drink", "despair", "gathering"),
}


def patterns(node) -> list[str]:
    if isinstance(node, str):
        return [node]
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [pattern for child in children for pattern in patterns(child)]


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """The regular expression of everything that a pattern can say."""
    written = "".join(
        {"[": "(?:", "]": ")", "|": "|"}.get(part)
        or (".{1,12}" if part[0] == "{" else re.escape(part))
        for part in re.findall(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+", pattern)
    )
    return re.compile(written)


def sentences(county):
    """Yield each cue sentence that no slip of the pen can have touched, and when it was said."""
    for row in county.rows:
        told = county.truth[row["case_no"]]
        if told["voice"] != "letter":
            late = county.preset.is_late(datetime.fromisoformat(row["registered_at"]))
            for cue in told["cues"]:
                yield late, cue, row["narrative"][cue["start"] : cue["end"]]


def test_late_wordings_never_come_early_and_main_ones_never_late(simulated) -> None:
    words = {False: read_data("cues_main.yaml"), True: read_data("cues_late.yaml")}
    seen: Counter[bool] = Counter()
    strays = 0
    for late, cue, sentence in sentences(simulated):
        seen[late] += 1
        own, other = (words[when][cue["cue"]][cue["scope"]] for when in (late, not late))
        assert any(expression(p).fullmatch(sentence) for p in own), sentence
        strays += any(expression(p).fullmatch(sentence) for p in other)
    assert seen[False] > 4_000
    assert seen[True] > 1_000
    assert strays < 0.002 * seen.total(), "a slot is read as anything"
    assert not set(patterns(words[False])) & set(patterns(words[True]))


def test_new_kinds_of_dispute_come_in_the_late_days_only(simulated) -> None:
    first: Counter[bool] = Counter()
    for row in simulated.rows:
        facts = simulated.truth[row["case_no"]]["facts"]
        late = simulated.preset.is_late(datetime.fromisoformat(row["registered_at"]))
        assert late or not facts["new_kind"]
        if late and not row["prior_reports"]:
            first[facts["new_kind"]] += 1
    assert 0.09 < first[True] / first.total() < 0.15
    assert "0506" in {row["category_code"] for row in simulated.rows[-2_000:]}


def test_narratives_are_all_different_and_of_real_length(simulated) -> None:
    texts = [row["narrative"] for row in simulated.rows]
    assert len(set(texts)) == len(texts) > 5_000
    assert 30 <= min(map(len, texts)) <= max(map(len, texts)) <= 600
    assert not any(mark in text for text in texts for mark in "[]{}|")


def test_five_voices_speak_and_letters_have_slips(simulated) -> None:
    voices = Counter(told["voice"] for told in simulated.truth.values())
    assert set(voices) == set(VOICES)
    for voice, share in VOICES.items():
        assert abs(voices[voice] / voices.total() - share) < 0.02
    slips = Counter[bool]()
    for row in simulated.rows:
        is_letter = simulated.truth[row["case_no"]]["voice"] == "letter"
        slips[is_letter] += any(mark in row["narrative"] for mark in ("得", "再", "帐"))
    letters = voices["letter"]
    assert slips[True] / letters > slips[False] / (voices.total() - letters) + 0.2


def test_about_half_of_what_sounds_dangerous_is_not_stated(simulated) -> None:
    scopes = Counter(
        cue["scope"]
        for told in simulated.truth.values()
        for cue in told["cues"]
        if cue["cue"] in STRONG
    )
    assert 0.4 < 1 - scopes["affirmed"] / scopes.total() < 0.5
    assert all(share > 0.03 * scopes.total() for share in scopes.values())
    few = [len(told["cues"]) <= 2 for told in simulated.truth.values()]
    assert sum(few) > 0.75 * len(few)


def test_the_truth_gives_every_fact_and_lies_beside(simulated) -> None:
    for row in simulated.rows:
        told = simulated.truth[row["case_no"]]
        spans = [(cue["start"], cue["end"]) for cue in told["cues"]]
        assert spans == sorted(spans)
        assert all(0 < start < end < len(row["narrative"]) for start, end in spans)
        assert told["facts"]["involved"] in (row["involved_count"], told["facts"]["involved"])
        if row["amount_yuan"] is not None:
            assert told["facts"]["amount_yuan"] == row["amount_yuan"]


def test_traits_are_named_in_a_share_of_narratives(simulated) -> None:
    share = sum(bool(told["traits"]) for told in simulated.truth.values()) / len(simulated.rows)
    assert 0.3 < share < 0.4
    assert {t for told in simulated.truth.values() for t in told["traits"]} == set(
        read_data("traits.yaml")
    )


@pytest.mark.parametrize("kind", read_data("traits.yaml"))
def test_a_trait_is_of_a_kind_that_no_model_reads(kind: str) -> None:
    rng = Random(3)
    for pattern in read_data("traits.yaml")[kind]:
        for _ in range(20):
            said = say(rng, pattern, {"p": "当事人甲", "age": str(rng.randint(20, 79))}) + "。"
            left = sum(len(piece.text) for piece in pieces(said))
            assert left < len(fold(said)) - len("当事人甲"), said


@pytest.mark.parametrize("name", DATA)
def test_every_pattern_can_be_said(name: str) -> None:
    content = read_data(f"{name}.yaml")
    if name == "voices":
        content = [{**voice, "slips": ""} for voice in content.values()]
    for pattern in patterns(content):
        pattern_of(pattern)
        assert set(re.findall(r"\{(\w+)\}", pattern)) <= SLOTS, pattern


@pytest.mark.parametrize("pattern", ["[a|b", "a]", "a|b", "{x", "a}"])
def test_odd_brackets_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="bra"):
        pattern_of(pattern)


def test_every_fact_has_wordings() -> None:
    mix, words = load_mix(), read_data("wordings.yaml")
    new = set(read_data("scenes_late.yaml"))
    assert set(read_data("matters.yaml")) == set(mix.categories)
    assert set(read_data("scenes.yaml")) | new == set(mix.categories)
    assert {r for group in mix.groups.values() for r in group.relations} == set(words["relations"])
    for cues in (read_data("cues_main.yaml"), read_data("cues_late.yaml")):
        for name, kind in mix.cues.items():
            assert all(cues[level]["affirmed"] for level in kind.levels)
            for spoken in kind.names or (name,):
                assert all(cues[spoken][scope] for scope in kind.spoken)
