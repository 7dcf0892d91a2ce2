"""What a training run leaves in an embedded MLflow."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.entities import Run

from zaojie_cases.errors import InputError
from zaojie_cases.store import Store
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_training.config import load_config
from zaojie_training.dataset import Dataset, from_store
from zaojie_training.evaluate import Evaluation
from zaojie_training.examples import Examples
from zaojie_training.explained import Explained
from zaojie_training.sample import Sample
from zaojie_training.scorers import predict, text_values
from zaojie_training.targets import load_targets
from zaojie_training.tracking import MODEL
from zaojie_training.train import Trained

BASELINES = {"prevalence", "type_rate", "rules", "days_open", "text_logistic", "facts_logistic"}
SCORERS = {"zaojie", *BASELINES}
FIGURES = {"pr_auc", "auc", "precision_at_capacity", "recall_at_capacity"}
OF_PROBABILITIES = {"brier", "calibration_error"}


@pytest.fixture(scope="module")
def run(embedded: Any, first: Trained) -> Run:
    found: Run = embedded.client.get_run(first.version.run_id)
    return found


@pytest.fixture(scope="module")
def artifacts(run: Run) -> Path:
    path = Path(run.info.artifact_uri.removeprefix("file://"))
    assert path.is_dir()
    return path


@pytest.fixture(scope="module")
def data(county: Path) -> Dataset:
    with Store(f"sqlite:///{county}") as store:
        return from_store(store, load_targets(names=["overdue"]), load_config().cohorts)


def test_the_run_says_from_what_it_came(run: Run, first: Trained, data: Dataset) -> None:
    found = run.data.params
    assert found["data_cut_hash"] == data.data_hash == first.manifest.data_cut
    assert found["data_cut"] == data.data_cut.isoformat()
    assert found["cases"] == str(len(data.records))
    assert found["bundle_version"] == first.manifest.version
    assert found["feature_fingerprint"] == first.manifest.fingerprint
    assert found["policy_version"] == load_policy().version
    assert (found["seed"], found["simulated"]) == ("0", "True")
    assert found["test_from"] == first.evaluation.test_from.isoformat()
    assert run.info.status == "FINISHED"


def test_the_run_has_our_figures_and_those_of_every_baseline(run: Run, first: Trained) -> None:
    found = run.data.metrics
    for target in ("breakdown", "overdue"):
        for scorer in SCORERS:
            for figure in FIGURES:
                assert 0 <= found[f"{target}.{scorer}.{figure}"] <= 1
        for figure in OF_PROBABILITIES:
            assert f"{target}.zaojie.{figure}" in found
            assert f"{target}.rules.{figure}" not in found
    assert all(math.isfinite(value) for value in found.values())
    ours = first.evaluation.targets[0].scorers["zaojie"]["pr_auc"]
    assert found["breakdown.zaojie.pr_auc"] == ours


def test_the_run_keeps_figures_card_evaluation_and_bundle(artifacts: Path, first: Trained) -> None:
    assert {path.name for path in artifacts.iterdir()} == {
        *("bundle", "card.md", "evaluation.json", "explained", "figures")
    }
    told = {
        path.name: path.read_text(encoding="utf-8") for path in (artifacts / "explained").iterdir()
    }
    assert sorted(told) == ["breakdown.json", "overdue.json"]
    assert all(Explained.model_validate_json(text).facts for text in told.values())
    figures = sorted((artifacts / "figures").iterdir())
    assert [figure.name for figure in figures] == ["breakdown.png", "overdue.png"]
    assert all(figure.stat().st_size > 10_000 for figure in figures)
    text = (artifacts / "evaluation.json").read_text(encoding="utf-8")
    assert Evaluation.model_validate_json(text) == first.evaluation
    card = (artifacts / "card.md").read_text(encoding="utf-8")
    assert (artifacts / "bundle" / "card.md").read_text(encoding="utf-8") == card
    for wanted in ("模拟县数据", "文本逻辑回归", "不得用于", first.manifest.data_cut[:16]):
        assert wanted in card


def test_every_target_is_looked_at_closely(first: Trained) -> None:
    for one in first.evaluation.targets:
        found = one.scrutiny
        assert found is not None
        assert found.headline["pr_auc"].value == pytest.approx(one.scorers["zaojie"]["pr_auc"])
        assert {part.key for part in found.slices} >= {"town", "area", "type", "channel", "cohort"}
        assert sum(p.rows for p in found.slices if p.key == "cohort") == one.test_rows
        assert found.months and found.lead_time.harms > 0
    swaps = first.evaluation.swaps
    assert swaps is not None
    assert swaps.holds and swaps.cases > 200
    assert first.evaluation.fairness["overdue"]["swap"] == 0.0


def test_the_bundle_is_registered_as_the_candidate(
    embedded: Any, artifacts: Path, first: Trained
) -> None:
    found = embedded.client.get_model_version(MODEL, first.version.number)
    assert found.run_id == first.version.run_id
    assert embedded.aliases()["candidate"] >= first.version.number
    bundle = Bundle.load(artifacts / "bundle")
    assert bundle.version == first.manifest.version
    assert bundle.target_names == ("breakdown", "overdue")
    assert "ledger.json" not in bundle.manifest.files


def test_nothing_in_the_bundle_can_carry_code(artifacts: Path) -> None:
    names = {path.name for path in (artifacts / "bundle").iterdir()}
    assert {name.rpartition(".")[2] for name in names} == {"json", "npy", "txt", "md"}


def test_no_identity_and_no_narrative_reaches_mlflow(
    embedded: Any, artifacts: Path, data: Dataset
) -> None:
    """Sentences of narratives must not be there; the words of the vocabulary are."""
    kept = [path.read_bytes() for path in artifacts.rglob("*") if path.is_file()]
    kept += [path.read_bytes() for path in embedded.settings.home.glob("mlflow.db*")]
    for case, _, _ in data.records[::50]:
        start = case.narrative_masked[:25].encode()
        assert not any(start in content for content in kept)
        assert not any(case.source_case_no.encode() in content for content in kept)


def test_the_service_scores_what_training_scored(artifacts: Path, data: Dataset) -> None:
    """One code path: batch and single scores of a snapshot are equal bit for bit."""
    bundle = Bundle.load(artifacts / "bundle")
    examples = Examples.of(data)
    rows = np.arange(0, len(data), 100)
    some = Sample(examples, bundle.space, rows, np.zeros(len(rows)))
    model: Any = bundle.models["overdue"]
    batch = predict(model, some, text_values(model.head, some)).tolist()
    single = [
        next(t.probability for t in score.targets if t.target == "overdue")
        for row in rows.tolist()
        for score in bundle.score([data.snapshot(row)])
    ]
    assert batch == single


def test_the_test_window_lies_behind_the_embargo(first: Trained, data: Dataset) -> None:
    found = next(t for t in first.evaluation.targets if t.target == "overdue")
    begin, horizon = first.evaluation.test_from, timedelta(days=31)
    known = data.known("overdue")
    rows = [(data.rows[i].as_of, data.case(i).registered_at + horizon) for i in known]
    assert found.train_rows == sum(end < begin for _, end in rows)
    assert found.test_rows == sum(at >= begin and end <= data.data_cut for at, end in rows)


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        with pytest.raises(InputError, match="zaojie import"):
            from_store(store, load_targets())
