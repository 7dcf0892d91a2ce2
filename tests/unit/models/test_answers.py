"""What a bundle says of one case: targets, levels, rules, notes, scope, golden cases."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path

import pytest

from zaojie_cases.errors import BundleError
from zaojie_cases.record import MAX_NARRATIVE
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_models.bundle import Bundle
from zaojie_models.golden import GOLDEN, golden_snapshots, replay_golden
from zaojie_models.score import Level, Score
from zaojie_models.snapshot_hash import snapshot_hash


@pytest.fixture
def bundle(bundle_dir: Path) -> Bundle:
    return Bundle.load(bundle_dir)


def score(bundle: Bundle, snapshot) -> Score:
    [found] = bundle.score([snapshot])
    return found


def test_each_kind_of_target_has_its_answer(bundle: Bundle, tiny) -> None:
    harm, topic, elements = score(bundle, tiny.snapshot()).targets
    assert (harm.target, harm.label, harm.labels) == ("harm", None, ())
    assert 0.0 < harm.probability < 1.0
    assert topic.label == max(topic.probabilities, key=lambda pair: pair[1])[0]
    assert topic.probability == dict(topic.probabilities)[topic.label]
    assert math.fsum(share for _, share in topic.probabilities) == pytest.approx(1.0)
    shares = dict(elements.probabilities)
    assert elements.labels == tuple(
        name for name, least in (("工资", 0.5), ("邻里", 0.25)) if shares[name] >= least
    )
    assert topic.level is elements.level is Level.NONE


def test_a_score_says_what_it_rests_on_and_until_when(bundle: Bundle, tiny) -> None:
    snapshot = tiny.snapshot()
    found = score(bundle, snapshot)
    assert found.bundle_version == bundle.version
    assert found.policy_version == "p"
    assert found.valid_until - found.as_of == timedelta(hours=168)
    assert found.snapshot_hash == snapshot_hash(snapshot)
    assert found.unscored_reason is None


def test_the_level_is_that_of_the_highest_target_or_red_by_a_rule(bundle: Bundle, tiny) -> None:
    calm = score(bundle, tiny.snapshot("工资至今未付。"))
    assert calm.level is calm.targets[0].level
    assert calm.level in {Level.BLUE, Level.YELLOW, Level.ORANGE, Level.NONE}
    armed = score(bundle, tiny.snapshot("对方持刀，扬言要弄死他。"))
    assert armed.level is Level.RED
    assert [hit.rule for hit in armed.rule_hits] == ["explicit_threat"]
    assert armed.targets[0].level is not Level.RED


@pytest.mark.parametrize("group", ["12", "13", "14", "15", "16"])
def test_types_out_of_scope_are_routed_and_not_scored(bundle: Bundle, tiny, group: str) -> None:
    found = score(bundle, tiny.snapshot("对方持刀，扬言要弄死他。", category_code=group))
    assert (found.targets, found.rule_hits, found.level) == ((), (), Level.NONE)
    assert "只转办、不评分" in found.unscored_reason


def test_a_type_in_scope_is_scored(bundle: Bundle, tiny) -> None:
    assert score(bundle, tiny.snapshot(category_code="11")).targets


def test_who_opts_out_is_not_scored(bundle: Bundle, tiny) -> None:
    found = score(bundle, tiny.snapshot(scoring_opt_out=True))
    assert (found.targets, found.level) == ((), Level.NONE)
    assert "不同意" in found.unscored_reason


@pytest.mark.parametrize("narrative", ["", " \n\u3000"])
def test_an_empty_narrative_is_not_scored(bundle: Bundle, tiny, narrative: str) -> None:
    found = score(bundle, tiny.snapshot(narrative))
    assert found.targets == ()
    assert "空" in found.unscored_reason


ODD = ["😀", "\x00\x07", "no Chinese at all", "〔电话〕", "女", "。" * 50, "排" * MAX_NARRATIVE]


@pytest.mark.parametrize("narrative", ODD, ids=range(len(ODD)))
def test_odd_narratives_are_scored(bundle: Bundle, tiny, narrative: str) -> None:
    found = score(bundle, tiny.snapshot(narrative))
    assert len(found.targets) == 3
    for reason in found.targets[0].reasons:
        assert math.isfinite(reason.contribution)


def test_notes_say_what_is_thin(bundle: Bundle, tiny) -> None:
    whole = {"category_code": "0201", "region_code": "360122105203"}
    assert score(bundle, tiny.snapshot(**whole)).quality_notes == ()
    bare = tiny.snapshot("吵架了", registered_at=UNKNOWN_MOMENT)
    text = "".join(score(bundle, bare).quality_notes)
    assert all(word in text for word in ("很短", "类别", "地点", "时间"))
    assert "没有汉字" in score(bundle, tiny.snapshot("abc", **whole)).quality_notes[0]
    long = score(bundle, tiny.snapshot("排" * MAX_NARRATIVE, **whole))
    assert long.quality_notes == ("叙述过长，只用了前两万字。",)


def test_scores_come_in_order_and_do_not_depend_on_each_other(bundle: Bundle, tiny) -> None:
    snapshots = [
        tiny.snapshot(text, case_id=str(number)) for number, text in enumerate(tiny.narratives)
    ]
    together = bundle.score(snapshots)
    assert [found.case_id for found in together] == ["0", "1", "2", "3"]
    assert together == [score(bundle, snapshot) for snapshot in snapshots]
    assert bundle.score(snapshots[::-1]) == together[::-1]
    assert bundle.score([]) == []


def test_leaving_reasons_away_changes_nothing_else(bundle: Bundle, tiny) -> None:
    [told], [short] = (bundle.score([tiny.snapshot()], reasons=r) for r in (True, False))
    assert told.targets[0].reasons
    for one, other in zip(told.targets, short.targets, strict=True):
        assert other.reasons == ()
        assert (one.probability, one.label, one.level) == (
            other.probability,
            other.label,
            other.level,
        )


def test_a_snapshot_hash_covers_everything(tiny) -> None:
    one = tiny.snapshot()
    assert snapshot_hash(one) == snapshot_hash(tiny.snapshot())
    others = [
        tiny.snapshot(case_id="d"),
        tiny.snapshot("别的事"),
        tiny.snapshot(amount_yuan=1.0),
        tiny.snapshot(scoring_opt_out=True),
    ]
    assert len({snapshot_hash(other) for other in [one, *others]}) == 5


def test_golden_cases_are_answered_as_before(bundle_dir: Path) -> None:
    bundle = Bundle.load(bundle_dir)
    replay_golden(bundle_dir, bundle)
    told = json.loads((bundle_dir / GOLDEN).read_bytes())
    assert set(told) == {snapshot.case.case_id for snapshot in golden_snapshots()}
    assert all(set(answers) == set(bundle.target_names) for answers in told.values())


@pytest.mark.parametrize("name", ["harm", "topic", "elements"])
def test_golden_cases_catch_a_model_that_computes_something_else(
    bundle_dir: Path, tiny, name: str
) -> None:
    bundle = Bundle.load(bundle_dir)
    other = tiny.models(tiny.space())[name]
    other.head.weights[:] = -other.head.weights
    with pytest.raises(BundleError, match="重算样例"):
        replay_golden(
            bundle_dir, Bundle(bundle.manifest, bundle.space, bundle.models | {name: other})
        )


def test_golden_cases_catch_a_text_space_that_differs_a_little(bundle_dir: Path) -> None:
    bundle = Bundle.load(bundle_dir)
    block = bundle.space.idf["char"]
    changed = {t: w * (1 + i % 2 * 1e-9) for i, (t, w) in enumerate(block.items())}
    space = type(bundle.space)(bundle.space.idf | {"char": changed})
    with pytest.raises(BundleError, match="重算样例"):
        replay_golden(bundle_dir, Bundle(bundle.manifest, space, bundle.models))
