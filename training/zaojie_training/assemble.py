"""From a training set to a bundle: one text space, one model a target, thresholds, files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from zaojie_cases.errors import InputError
from zaojie_cases.history import PRIOR_WINDOW, HistoryEntry
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_features.fingerprint import fingerprint
from zaojie_features.text import TextSpace
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import write_manifest, write_model, write_space, written_at_once
from zaojie_models.golden import write_golden
from zaojie_models.ledger import write_ledger
from zaojie_models.levels import derive_thresholds
from zaojie_models.linear import Floats
from zaojie_models.manifest import FORMAT, Manifest
from zaojie_models.policy import Policy
from zaojie_models.score import Level
from zaojie_models.target_model import TargetModel
from zaojie_training.binary import Learnt, learn_binary, with_thresholds
from zaojie_training.classes import learn_any_of, learn_one_of
from zaojie_training.config import Family, Limits, TreeSettings
from zaojie_training.dataset import Dataset
from zaojie_training.examples import Examples, part_of
from zaojie_training.sample import Sample
from zaojie_training.targets import Target

LEAST_ROWS = 40
LEAST_OF_EACH = 5
DEFAULT_FAMILIES: tuple[Family, ...] = ("text_trees", "stacked")
LIBRARIES = ("jieba", "lightgbm", "numpy", "scikit-learn")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn: by target, the families to choose among and the settings of their trees."""

    policy: Policy
    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    families: Mapping[str, Sequence[Family]] = field(default_factory=dict)
    trees: Mapping[str, TreeSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LearntTarget:
    """One target's model and its out-of-fold answers for ``rows`` of the data set.

    ``out_of_fold``: probabilities (n,) for yes/no, decisions (n, classes) for one of
    several, probabilities (n, labels) for any of several.
    """

    target: Target
    model: TargetModel
    rows: list[int]
    out_of_fold: Floats


@dataclass(frozen=True, slots=True)
class LearntBundle:
    """Everything that goes into a bundle."""

    space: TextSpace
    targets: list[LearntTarget]
    recipe: Recipe


def learn_bundle(
    data: Dataset,
    examples: Examples,
    targets: Sequence[Target],
    recipe: Recipe,
    *,
    progress: Progress,
    until: datetime | None = None,
) -> LearntBundle:
    """Learn every target. Raises ``InputError`` where there is too little.

    With ``until``, only what was known then: cases decided before, whose horizon had passed.
    """
    space = space_of(examples, recipe, until)

    def learn(target: Target) -> LearntTarget:
        progress(target.title)
        own = known_until(data, examples, target, until)
        check_enough(data, target, own)
        return _learn(data, examples, space, target, own, recipe)

    return LearntBundle(space, [learn(target) for target in targets], recipe)


def space_of(examples: Examples, recipe: Recipe, until: datetime | None = None) -> TextSpace:
    """Return the text space of narratives decided on before ``until`` (None: of all).

    Of more than the recipe's narratives a sample is learnt from.
    """
    rows = [i for i, at in enumerate(examples.moments) if until is None or at < until]
    documents = np.unique(examples.documents[rows])
    if len(documents) > recipe.limits.narratives:
        draw = np.random.default_rng(recipe.seed)
        documents = np.sort(draw.choice(documents, recipe.limits.narratives, replace=False))
    return examples.corpus.learn(documents.tolist())


def known_until(
    data: Dataset, examples: Examples, target: Target, until: datetime | None
) -> list[int]:
    """Return the rows whose label of ``target`` was known at ``until`` (None: now).

    The embargo is the horizon, so that no label looks past ``until``. The data cut is one
    too: of the last cases only those that already went wrong have a label, and learning from
    these alone would make every late case look bad.
    """
    known = data.known(target.name)
    if until is None and target.stated:
        return known
    return [
        i
        for i in known
        if (
            _end(data, examples, target, i) < until
            if until is not None
            else _end(data, examples, target, i) <= data.data_cut
        )
    ]


def _end(data: Dataset, examples: Examples, target: Target, row: int) -> datetime:
    return target.until(examples.moments[row], data.case(row).registered_at)


def sample_of(
    data: Dataset, examples: Examples, space: TextSpace, target: Target, rows: Sequence[int]
) -> Sample:
    """Return ``rows`` with their labels of a yes/no target."""
    y = np.array([data.labels[target.name][i] for i in rows], dtype=np.float64)
    return Sample(examples, space, np.array(rows, dtype=np.int64), y)


def _learn(
    data: Dataset,
    examples: Examples,
    space: TextSpace,
    target: Target,
    rows: list[int],
    recipe: Recipe,
) -> LearntTarget:
    if target.kind == "binary":
        sample = sample_of(data, examples, space, target, rows)
        learnt = learn_binary(
            sample,
            process=target.process,
            seed=recipe.seed,
            limits=recipe.limits,
            families=recipe.families.get(target.name, DEFAULT_FAMILIES),
            settings=recipe.trees.get(target.name),
        )
        thresholds = thresholds_of(learnt, sample, recipe.policy, target.name)
        return LearntTarget(
            target, with_thresholds(learnt.model, thresholds), rows, learnt.out_of_fold
        )
    part = part_of(examples, space, rows)
    labels = [data.labels[target.name][i] for i in rows]
    if target.kind == "one_of":
        one_of, decisions = learn_one_of(part, [str(label) for label in labels], seed=recipe.seed)
        return LearntTarget(target, one_of, rows, decisions)
    several = [label if isinstance(label, tuple) else () for label in labels]
    any_of, shares = learn_any_of(part, several, seed=recipe.seed)
    return LearntTarget(target, any_of, rows, shares)


def thresholds_of(
    learnt: Learnt, sample: Sample, policy: Policy, target: str
) -> dict[Level, float]:
    """Return level thresholds from the calibration window, by the policy's capacity.

    Capacity is of cases: one that is decided on again and again counts once, by its highest
    probability.
    """
    chosen = sample.stamps[learnt.window]
    weeks = float(chosen.max() - chosen.min()) / 604_800
    cases, where = np.unique(sample.documents[learnt.window], return_inverse=True)
    highest = np.zeros(len(cases))
    np.maximum.at(highest, where, learnt.out_of_fold[learnt.window])
    return derive_thresholds(
        highest.tolist(),
        base_rate=float(sample.y[learnt.window].mean()),
        weeks=max(weeks, 1.0),
        policy=policy,
        target=target,
    )


def check_enough(data: Dataset, target: Target, rows: Sequence[int]) -> None:
    """Raise ``InputError`` where ``rows`` are too few or too alike to learn from."""
    if len(rows) < LEAST_ROWS:
        raise InputError(
            f"目标 {target.name} 只有 {len(rows)} 件有结果的案件，至少要 {LEAST_ROWS} 件。"
            "请补充已有结果的案件，或等更多案件满观察期。",
            field=target.name,
        )
    groups: dict[str, set[str]] = defaultdict(set)
    for i in rows:
        label = data.labels[target.name][i]
        for part in label if isinstance(label, tuple) else (str(label),):
            groups[part].add(data.groups[i])
    needed = 1 if target.kind == "any_of" else 2
    if sum(len(found) >= LEAST_OF_EACH for found in groups.values()) < needed:
        raise InputError(
            f"目标 {target.name} 的结果几乎都一样，学不到区别：每种结果至少要 {LEAST_OF_EACH} 件"
            "（同组或内容相同的只算一件）。请补充案件，或检查映射里的结果列。",
            field=target.name,
        )


def write_bundle(
    directory: Path, data: Dataset, learnt: LearntBundle, *, ledger: bool, card: str | None = None
) -> Manifest:
    """Write the bundle whole or not at all; same data and seed give the same bytes."""
    with written_at_once(directory) as scratch:
        write_space(scratch, learnt.space)
        for one in learnt.targets:
            write_model(scratch, one.target.name, one.model)
        if ledger:
            write_ledger(scratch, _ledger(data))
        if card is not None:
            (scratch / "card.md").write_text(card, encoding="utf-8", newline="\n")
        facts = _manifest_facts(data, learnt)
        draft = Manifest.model_validate(facts | {"version": "", "files": {}})
        models = {one.target.name: one.model for one in learnt.targets}
        write_golden(scratch, Bundle(draft, learnt.space, models))
        return write_manifest(scratch, facts)


def _manifest_facts(data: Dataset, learnt: LearntBundle) -> dict[str, object]:
    dated = data.data_cut > UNKNOWN_MOMENT
    return {
        "format": FORMAT,
        "fingerprint": fingerprint(),
        "targets": [one.target.name for one in learnt.targets],
        "kinds": {one.target.name: one.target.kind for one in learnt.targets},
        "data_cut": data.data_hash,
        "trained_until": data.data_cut.isoformat() if dated else "",
        "seed": learnt.recipe.seed,
        "policy_version": learnt.recipe.policy.version,
        "valid_for_hours": learnt.recipe.policy.valid_for_hours,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _ledger(data: Dataset) -> list[HistoryEntry]:
    """Entries of dated cases; sketches only where a later case can still look back."""
    since = data.data_cut - PRIOR_WINDOW
    return [
        entry if entry.registered_at >= since else _without_sketch(entry)
        for entry in data.entries
        if entry.registered_at != UNKNOWN_MOMENT
    ]


def _without_sketch(entry: HistoryEntry) -> HistoryEntry:
    return HistoryEntry(
        entry.case_id,
        entry.place,
        entry.registered_at,
        entry.closed_at,
        entry.closed_known_at,
        (),
        entry.closing_tracked,
    )
