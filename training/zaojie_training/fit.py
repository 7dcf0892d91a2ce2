"""``zaojie fit``: one file, one target, one bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zaojie_cases.mapping import Mapping
from zaojie_models.manifest import Manifest
from zaojie_models.policy import Policy
from zaojie_training.assemble import LearntTarget, Progress, learn_bundle, write_bundle
from zaojie_training.dataset import Dataset, from_file
from zaojie_training.examples import Examples
from zaojie_training.targets import target_of_mapping


@dataclass(frozen=True, slots=True)
class Fitted:
    """The bundle written, the data it came from, and out-of-fold answers."""

    manifest: Manifest
    data: Dataset
    learnt: Sequence[LearntTarget]


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
        rows=range(len(data)),
        policy=policy,
        seed=seed,
        progress=progress,
    )
    progress("写模型包")
    manifest = write_bundle(bundle, data, learnt, ledger=True)
    return Fitted(manifest, data, learnt.targets)
