"""One score: while training, in a batch, alone, after reading; and one bundle for one seed."""

from __future__ import annotations

import os
import pickletools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zaojie_models.bundle import Bundle
from zaojie_models.golden import GOLDEN, replay_golden
from zaojie_models.ledger import LEDGER
from zaojie_models.levels import level_of
from zaojie_models.policy import load_policy
from zaojie_models.score import Level
from zaojie_models.target_model import Inputs
from zaojie_training.assemble import write_bundle
from zaojie_training.examples import FACT_NAMES

ROOT = Path(__file__).parents[3]
SOURCES = [str(path) for path in ROOT.iterdir() if list(path.glob("zaojie_*"))]
TRAIN = "import runpy, sys; from pathlib import Path; a = map(Path, sys.argv[1:]);" + (
    "runpy.run_path(str(next(a)))['train'](next(a), next(a))"
)


def probabilities(bundle: Bundle, snapshots: list[Any]) -> list[list[float]]:
    found = bundle.score(snapshots, reasons=False)
    return [[target.probability for target in score.targets] for score in found]


@pytest.fixture(scope="module")
def some(county) -> list[Any]:
    """Every third case."""
    return county.snapshots(3)


@pytest.fixture(scope="module")
def live(county, some: list[Any]) -> list[list[float]]:
    """What the bundle that was read says of them, one call a case."""
    return [probabilities(county.bundle, [snapshot])[0] for snapshot in some]


def test_the_bundle_that_was_read_says_what_training_computed_bit_for_bit(county, live) -> None:
    text = county.examples.corpus.rows(county.learnt.space)
    for k, one in enumerate(county.learnt.targets):
        rows = np.array(
            [
                one.model.row(Inputs(row, dict(zip(FACT_NAMES, facts, strict=True)), place))
                for row, facts, place in zip(
                    text, county.examples.facts.tolist(), county.examples.places, strict=True
                )
            ]
        )
        trained = [one.model.calibration.probability(float(raw)) for raw in one.model.raw(rows)]
        assert trained[::3] == [answer[k] for answer in live]


@pytest.mark.parametrize("target", ["failed", "topic", "elements"])
def test_text_heads_that_were_read_compute_what_training_computed(some, fits, target: str) -> None:
    fit = fits[target]
    for snapshot in some[:30]:
        text = fit.bundle.inputs_of(snapshot).text
        trained, read = (m.head.decisions(text) for m in (fit.model, fit.bundle.models[target]))
        assert read.tobytes() == trained.tobytes()


def test_a_batch_says_what_single_calls_say_bit_for_bit(county, some, live) -> None:
    assert probabilities(county.bundle, some[::-1])[::-1] == live
    assert len({tuple(answer) for answer in live}) > len(live) / 2, "the scores hardly differ"


def test_threads_share_a_bundle(county, some, live) -> None:
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(probabilities, county.bundle, [one]) for one in some]
        assert [call.result()[0] for call in calls] == live


def test_reading_again_says_the_same(county, some, live) -> None:
    again = Bundle.load(county.directory)
    assert probabilities(again, some[:20]) == live[:20]
    replay_golden(county.directory, again)


def test_writing_again_gives_the_same_bytes(county, tmp_path: Path, contents) -> None:
    write_bundle(tmp_path / "b", county.data, county.learnt, ledger=True, card="# 卡片\n")
    assert contents(tmp_path / "b") == contents(county.directory)


def test_another_process_with_other_hashes_makes_the_same_bytes(
    county, tmp_path: Path, contents
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRAIN]
        + [str(p) for p in (Path(__file__).with_name("conftest.py"), county.file, tmp_path / "b")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(SOURCES), "PYTHONHASHSEED": "11"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert contents(tmp_path / "b") == contents(county.directory)


def test_a_bundle_is_numbers_and_text_and_no_code(county) -> None:
    for path in county.directory.iterdir():
        raw = path.read_bytes()
        assert path.suffix in {".json", ".npy", ".txt", ".md"}, path.name
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False).dtype == np.float32
        else:
            raw.decode("utf-8")
        with pytest.raises(ValueError, match=r".*"):
            list(pickletools.genops(raw))


def test_a_bundle_says_what_it_was_made_of(county) -> None:
    manifest = county.bundle.manifest
    assert set(manifest.files) == {path.name for path in county.directory.iterdir()} - {
        "manifest.json"
    }
    assert {LEDGER, GOLDEN, "text.json", "card.md"} < set(manifest.files)
    assert manifest.kinds == {"breakdown": "binary", "overdue": "binary"}
    assert manifest.data_cut == county.data.data_hash
    assert manifest.trained_until == county.data.data_cut.isoformat()
    assert manifest.libraries["lightgbm"]


def test_no_narrative_and_no_identity_is_in_a_bundle(county) -> None:
    whole = b"".join(path.read_bytes() for path in county.directory.iterdir()).decode("latin-1")
    for case, _, _ in county.data.records:
        assert case.narrative_masked[:20].encode().decode("latin-1") not in whole
        assert case.source_case_no not in whole


def test_a_ledger_forgets_no_entry(county) -> None:
    assert {entry.case_id for entry in county.bundle.ledger} == {
        entry.case_id for entry in county.data.entries
    }


def test_red_comes_from_rules_only_and_no_level_is_above_its_ceiling(county, some) -> None:
    policy = load_policy()
    scores = county.bundle.score(some, reasons=False)
    assert {score.level for score in scores} > {Level.NONE, Level.BLUE}
    for score in scores:
        assert (score.level is Level.RED) == bool(score.rule_hits)
        for target in score.targets:
            assert target.level.rank <= policy.ceiling_of(target.target).rank
            model = county.bundle.models[target.target]
            assert target.level is level_of(target.probability, model.thresholds)
