from __future__ import annotations

import math
import re
from dataclasses import replace
from importlib.resources import files

import pytest
import yaml

from zaojie_cases.history import History
from zaojie_cases.normalise import fold
from zaojie_cases.snapshot import snapshot_at
from zaojie_models.score import Score

NEUTRAL = yaml.safe_load(
    (files("zaojie_cases") / "data" / "neutral.yaml").read_text(encoding="utf-8")
)
NOT_TOLD = [word for group in NEUTRAL["blocked"].values() for word in group]
READ_AS = {word: new for new, group in NEUTRAL["same"].items() for word in group}
PLACEHOLDER = re.compile(r"[〔〕]|当事人[甲乙丙丁戊己庚辛壬癸]")


@pytest.fixture(scope="module")
def told(county) -> list[tuple[str, Score]]:
    snapshots = county.snapshots(6)
    scores = county.bundle.score(snapshots)
    return [(s.case.narrative_masked, score) for s, score in zip(snapshots, scores, strict=True)]


@pytest.fixture(scope="module")
def told_by_words(county, sheet, tmp_path_factory) -> list[tuple[str, Score]]:
    """Scores of a model that has nothing but a word to go by."""
    rows = [row | {"失败": str(int("水" in row["内容"]))} for row in sheet.rows]
    learnt = replace(sheet, folder=tmp_path_factory.mktemp("words"), rows=rows).fit("failed")
    snapshots = county.snapshots(6)
    scores = learnt.bundle.score(snapshots)
    return [(s.case.narrative_masked, score) for s, score in zip(snapshots, scores, strict=True)]


def read_as(narrative: str) -> str:
    """Return a stretch of narrative as the models read it."""
    text = "".join(fold(narrative).split())
    for word in sorted(READ_AS, key=len, reverse=True):
        text = text.replace(word, READ_AS[word])
    return text


def test_reasons_sum_to_the_log_odds_of_the_probability(told) -> None:
    for _, score in told:
        for target in score.targets:
            share = target.probability
            total = math.fsum(reason.contribution for reason in target.reasons)
            assert total == pytest.approx(math.log(share / (1 - share)), abs=1e-9)
            kinds = [reason.kind for reason in target.reasons]
            assert (kinds[0], kinds[-1]) == ("base", "rest")
            assert kinds.count("base") == kinds.count("rest") == 1


def test_word_reasons_point_at_their_words(told, told_by_words) -> None:
    seen = 0
    for narrative, score in [*told, *told_by_words]:
        for target in score.targets:
            for reason in target.reasons:
                if reason.kind != "word":
                    assert reason.spans == ()
                    continue
                seen += 1
                assert reason.spans, reason.name
                stretches = {read_as(narrative[slice(*span)]) for span in reason.spans}
                bare = reason.text.removeprefix("“").removesuffix("”")
                first, last = bare[0], bare[-1]
                # Between the two words of a pair may stand marks, which are no words.
                assert all(s == bare or (s[0] == first and s[-1] == last) for s in stretches)
                if " " not in reason.name:
                    assert stretches == {bare}
    assert seen > 20


def test_no_reason_tells_a_placeholder_or_a_neutral_word(told) -> None:
    for _, score in told:
        for target in score.targets:
            for reason in target.reasons:
                assert not PLACEHOLDER.search(reason.text)
                if reason.kind == "word":
                    hidden = [w for w in [*NOT_TOLD, *READ_AS] if w in reason.text]
                    assert hidden == [], reason.text


def test_reasons_are_chinese_and_finite(told) -> None:
    for _, score in told:
        for target in score.targets:
            for reason in target.reasons:
                assert math.isfinite(reason.contribution)
                assert "nan" not in reason.text
                assert reason.kind == "word" or re.search(r"[\u4e00-\u9fff]", reason.text)


def test_a_class_is_told_by_its_decision(county, fits) -> None:
    bundle = fits["topic"].bundle
    model = bundle.models["topic"]
    for snapshot in county.snapshots()[:20]:
        bare = snapshot_at(snapshot.case, (), History(), snapshot.as_of)
        [score] = bundle.score([bare])
        [target] = score.targets
        row = bundle.inputs_of(bare).text
        wanted = model.scale * model.head.value(row, model.classes.index(target.label))
        total = math.fsum(reason.contribution for reason in target.reasons)
        assert total == pytest.approx(wanted, abs=1e-9)
