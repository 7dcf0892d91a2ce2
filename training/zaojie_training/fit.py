"""``zaojie fit``: one file, one target, one bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zaojie_cases.mapping import Mapping
from zaojie_models.manifest import Manifest
from zaojie_models.policy import Policy
from zaojie_models.target_model import AnyOfModel, OneOfModel
from zaojie_training.assemble import LearntTarget, Progress, Recipe, learn_bundle, write_bundle
from zaojie_training.dataset import Dataset, from_file
from zaojie_training.examples import Examples
from zaojie_training.metrics import binary_metrics, class_metrics, label_metrics
from zaojie_training.targets import target_of_mapping


@dataclass(frozen=True, slots=True)
class Fitted:
    """The bundle written, the data it came from, and out-of-fold answers."""

    manifest: Manifest
    data: Dataset
    learnt: LearntTarget

    @property
    def figures(self) -> dict[str, float]:
        """Out-of-fold figures of the target."""
        labels = [self.data.labels[self.learnt.target.name][i] for i in self.learnt.rows]
        out_of_fold = self.learnt.out_of_fold
        if isinstance(self.learnt.model, OneOfModel):
            classes = self.learnt.model.classes
            found = [classes[k] for k in out_of_fold.argmax(axis=1)]
            return class_metrics([str(label) for label in labels], found)
        if isinstance(self.learnt.model, AnyOfModel):
            classes, least = self.learnt.model.classes, self.learnt.model.thresholds
            wanted = [[c in label for c in classes] for label in labels if isinstance(label, tuple)]
            return label_metrics(np.array(wanted), out_of_fold >= np.array(least))
        y = np.array(labels, dtype=np.float64)
        return binary_metrics(y, out_of_fold, capacity=max(1, len(y) // 10))


def fit_file(
    path: Path,
    mapping: Mapping,
    target: str,
    bundle: Path,
    *,
    seed: int,
    policy: Policy,
    progress: Progress,
) -> Fitted:
    """Learn ``target`` from all rows of ``path`` and write the bundle whole.

    Raises ``InputError`` for a file or labels that cannot be used, ``ConfigError`` for a
    target that the mapping does not define.
    """
    wanted = target_of_mapping(mapping, target)
    progress("读取并脱敏")
    data = from_file(path, mapping, [wanted])
    progress("计算特征")
    examples = Examples.of(data)
    learnt = learn_bundle(
        data,
        examples,
        [wanted],
        Recipe(policy, seed),
        progress=progress,
    )
    progress("写模型包")
    manifest = write_bundle(bundle, data, learnt, ledger=True)
    return Fitted(manifest, data, learnt.targets[0])
