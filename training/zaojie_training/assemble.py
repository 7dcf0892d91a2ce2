"""From a training set to a bundle: one text space, one model a target, thresholds, files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from zaojie_training.dataset import Dataset
from zaojie_training.examples import Examples, Part, part_of
from zaojie_training.targets import Target

LEAST_ROWS = 40
LEAST_OF_EACH = 5
LIBRARIES = ("jieba", "lightgbm", "numpy", "scikit-learn")
Progress = Callable[[str], None]


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
    seed: int
    policy: Policy


def learn_bundle(
    data: Dataset,
    examples: Examples,
    targets: Sequence[Target],
    *,
    policy: Policy,
    seed: int,
    progress: Progress,
    until: datetime | None = None,
) -> LearntBundle:
    """Learn every target. Raises ``InputError`` where there is too little.

    With ``until``, only what was known then: cases decided before, whose horizon had passed.
    """
    space = examples.corpus.learn(
        [i for i, at in enumerate(examples.moments) if until is None or at < until]
    )
    text = examples.corpus.rows(space)
    learnt = []
    for target in targets:
        progress(target.title)
        own = known_until(data, examples, target, until)
        _enough(data, target, own)
        part = part_of(examples, space, text, own)
        learnt.append(_learn(data, part, target, policy, seed))
    return LearntBundle(space, learnt, seed, policy)


def known_until(
    data: Dataset, examples: Examples, target: Target, until: datetime | None
) -> list[int]:
    """Return the rows whose label of ``target`` was known at ``until`` (None: now).

    The embargo is the horizon, so that no label looks past ``until``. The data cut is one
    too: of the last cases only those that already went wrong have a label, and learning from
    these alone would make every late case look bad.
    """
    embargo = timedelta(days=target.horizon_days)
    known = data.known(target.name)
    if until is not None:
        return [i for i in known if examples.moments[i] + embargo < until]
    return [i for i in known if target.stated or examples.moments[i] + embargo <= data.data_cut]


def _learn(data: Dataset, part: Part, target: Target, policy: Policy, seed: int) -> LearntTarget:
    labels = [data.labels[target.name][i] for i in part.rows]
    if target.kind == "one_of":
        one_of, decisions = learn_one_of(part, [str(label) for label in labels], seed=seed)
        return LearntTarget(target, one_of, part.rows, decisions)
    if target.kind == "any_of":
        several = [label if isinstance(label, tuple) else () for label in labels]
        any_of, shares = learn_any_of(part, several, seed=seed)
        return LearntTarget(target, any_of, part.rows, shares)
    y = np.array(labels, dtype=np.float64)
    learnt = learn_binary(part, y, process=target.process, seed=seed)
    model = with_thresholds(learnt.model, _thresholds(learnt, part, y, policy, target.name))
    return LearntTarget(target, model, part.rows, learnt.out_of_fold)


def _thresholds(
    learnt: Learnt, part: Part, y: Floats, policy: Policy, target: str
) -> dict[Level, float]:
    chosen = [m for m, inside in zip(part.moments, learnt.window, strict=True) if inside]
    weeks = (max(chosen) - min(chosen)).total_seconds() / 604_800
    return derive_thresholds(
        learnt.out_of_fold[learnt.window].tolist(),
        base_rate=float(y[learnt.window].mean()),
        weeks=max(weeks, 1.0),
        policy=policy,
        target=target,
    )


def _enough(data: Dataset, target: Target, rows: Sequence[int]) -> None:
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
        "seed": learnt.seed,
        "policy_version": learnt.policy.version,
        "valid_for_hours": learnt.policy.valid_for_hours,
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
