"""``zaojie train``: from the record store to a registered candidate."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zaojie_cases.settings import Settings
from zaojie_cases.snapshot import Snapshot
from zaojie_cases.store import Store
from zaojie_models.bundle import Bundle
from zaojie_models.manifest import Manifest
from zaojie_models.policy import Policy
from zaojie_training.assemble import Progress, Recipe, learn_bundle, write_bundle
from zaojie_training.card import model_card
from zaojie_training.config import TrainingConfig
from zaojie_training.dataset import Dataset, from_store
from zaojie_training.evaluate import Evaluation, evaluate, summary_of
from zaojie_training.examples import Examples
from zaojie_training.explained import Explained, explain
from zaojie_training.figures import draw
from zaojie_training.swaps import swap_report
from zaojie_training.targets import Target
from zaojie_training.tracking import EVALUATION, ModelVersion, Tracking

SWAPPED = 300
"""Cases in which words are exchanged to see whether a score moves."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run made."""

    manifest: Manifest
    version: ModelVersion
    evaluation: Evaluation


def train(
    settings: Settings,
    targets: Sequence[Target],
    config: TrainingConfig,
    *,
    policy: Policy,
    progress: Progress,
    keep: Path | None = None,
) -> Trained:
    """Choose and evaluate, learn from everything mature, track and register.

    ``keep``: also write the bundle there. Raises ``InputError`` where data are too few,
    ``ConfigError`` if MLflow does not answer, ``MissingExtraError`` without it.
    """
    tracking = Tracking(settings)  # first: an MLflow that is absent costs no training
    progress("读取案件，按决策时点还原")
    with Store(settings.store_url) as store:
        store.upgrade()
        data = from_store(store, targets, config.cohorts)
    progress("计算特征")
    examples = Examples.of(data)
    recipe = Recipe(
        policy, config.seed, config.limits, trees={t.name: config.trees for t in targets}
    )
    found = evaluate(
        data, examples, targets, recipe, config, progress=lambda step: progress(f"评估：{step}")
    )
    learnt = learn_bundle(
        data,
        examples,
        [target for target in targets if target.name in found.judged],
        replace(recipe, families=found.families),
        progress=lambda title: progress(f"训练：{title}"),
    )
    card = model_card(found.evaluation, summary_of(learnt), data_hash=data.data_hash, policy=policy)
    explained = [
        explain(data, one, found.families[name][0], seed=config.seed)
        for name, one in found.judged.items()
    ]
    progress("登记到 MLflow")
    with tempfile.TemporaryDirectory() as scratch:
        directory = keep or Path(scratch) / "bundle"
        manifest = write_bundle(directory, data, learnt, ledger=False, card=card)
        swaps = swap_report(Bundle.load(directory), _some(data))
        evaluation = found.evaluation.model_copy(update={"swaps": swaps})
        with tracking.run(f"train-{manifest.version}") as run_id:
            tracking.log(_params(data, manifest, evaluation, config), _flat(evaluation))
            _log_artifacts(tracking, evaluation, explained, card)
            version = tracking.register(directory, run_id)
    return Trained(manifest, version, evaluation)


def _some(data: Dataset) -> list[Snapshot]:
    """Return snapshots spread evenly over the data."""
    return [data.snapshot(i) for i in range(0, len(data), max(len(data) // SWAPPED, 1))]


def _params(
    data: Dataset, manifest: Manifest, evaluation: Evaluation, config: TrainingConfig
) -> dict[str, object]:
    return {
        "bundle_version": manifest.version,
        "data_cut_hash": data.data_hash,
        "data_cut": data.data_cut.isoformat(),
        "cases": len(data.records),
        "decisions": len(data),
        "seed": manifest.seed,
        "config": config.model_dump_json(),
        "policy_version": manifest.policy_version,
        "feature_fingerprint": manifest.fingerprint,
        "test_from": evaluation.test_from.isoformat(),
        "simulated": evaluation.simulated,
    }


def _log_artifacts(
    tracking: Tracking, evaluation: Evaluation, explained: Sequence[Explained], card: str
) -> None:
    tracking.log_text(evaluation.model_dump_json(indent=1), EVALUATION)
    tracking.log_text(card, "card.md")
    for one in explained:
        tracking.log_text(one.model_dump_json(indent=1), f"explained/{one.target}.json")
    for name, figure in draw(evaluation).items():
        tracking.log_figure(figure, f"figures/{name}")


def _flat(evaluation: Evaluation) -> dict[str, float]:
    """Metric names of MLflow: target.scorer.figure."""
    return {
        f"{one.target}.{scorer}.{figure}": value
        for one in evaluation.targets
        for scorer, figures in one.scorers.items()
        for figure, value in figures.items()
    }
