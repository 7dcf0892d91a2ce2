"""Writing and reading the parts of a bundle: LightGBM text, JSON, plain number arrays.

Nothing here can carry code: arrays are read with ``allow_pickle=False``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from zaojie_cases.errors import BundleError
from zaojie_features.text import BLOCKS, TextSpace
from zaojie_models.calibration import Sigmoid
from zaojie_models.linear import LinearHead
from zaojie_models.manifest import MANIFEST, Manifest, sha256_of
from zaojie_models.score import Level
from zaojie_models.target_model import (
    AnyOfModel,
    BinaryModel,
    OneOfModel,
    PlaceRates,
    TargetModel,
)

TEXT = "text.json"


def dump_json(path: Path, value: object) -> None:
    """Write ``value`` as JSON, the same bytes for the same value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def load_json(path: Path) -> Any:  # noqa: ANN401 (JSON has no better type)
    """Read JSON. Raises ``BundleError``."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError("模型包的文件读不懂。请重新复制或重新训练。", field=path.name) from error


def write_space(directory: Path, space: TextSpace) -> None:
    """Write the vocabulary with its idf, in column order."""
    blocks = {b: {"terms": list(space.idf[b]), "idf": list(space.idf[b].values())} for b in BLOCKS}
    dump_json(directory / TEXT, blocks)


def read_space(directory: Path) -> TextSpace:
    """Read what :func:`write_space` wrote."""
    found = load_json(directory / TEXT)
    return TextSpace(
        {b: dict(zip(found[b]["terms"], found[b]["idf"], strict=True)) for b in BLOCKS}
    )


def write_model(directory: Path, name: str, model: TargetModel) -> None:
    """Write one target's model: ``NAME.json``, ``NAME.head.npy``, ``NAME.trees.txt``."""
    head = np.column_stack([model.head.weights, model.head.bias]).astype(np.float32)
    np.save(directory / f"{name}.head.npy", head, allow_pickle=False)
    if isinstance(model, BinaryModel):
        (directory / f"{name}.trees.txt").write_text(model.trees, encoding="utf-8", newline="\n")
    dump_json(directory / f"{name}.json", {"kind": model.kind} | _settings(model))


def _settings(model: TargetModel) -> dict[str, object]:
    if isinstance(model, OneOfModel):
        return {"classes": model.classes, "scale": model.scale}
    if isinstance(model, AnyOfModel):
        return {
            "classes": model.classes,
            "calibrations": [(c.slope, c.offset) for c in model.calibrations],
            "thresholds": model.thresholds,
            "categories": [sorted(seen) for seen in model.categories],
        }
    rates = model.rates
    return {
        "columns": model.columns,
        "calibration": (model.calibration.slope, model.calibration.offset),
        "rates": None if rates is None else {"base": rates.base, "places": dict(rates.by_place)},
        "thresholds": {level.value: p for level, p in model.thresholds.items()},
        "bounds": model.bounds,
    }


def read_model(directory: Path, name: str) -> TargetModel:
    """Read what :func:`write_model` wrote."""
    head = np.load(directory / f"{name}.head.npy", allow_pickle=False).astype(np.float64)
    linear = LinearHead(np.ascontiguousarray(head[:, :-1]), head[:, -1].copy())
    found = load_json(directory / f"{name}.json")
    if found["kind"] == "one_of":
        return OneOfModel(head=linear, classes=tuple(found["classes"]), scale=found["scale"])
    if found["kind"] == "any_of":
        return AnyOfModel(
            head=linear,
            classes=tuple(found["classes"]),
            calibrations=tuple(Sigmoid(*pair) for pair in found["calibrations"]),
            thresholds=tuple(found["thresholds"]),
            categories=tuple(map(frozenset, found["categories"])),
        )
    rates = found["rates"]
    return BinaryModel(
        head=linear,
        columns=tuple(found["columns"]),
        trees=(directory / f"{name}.trees.txt").read_text(encoding="utf-8"),
        calibration=Sigmoid(*found["calibration"]),
        rates=None if rates is None else PlaceRates(rates["base"], rates["places"]),
        thresholds={Level(level): p for level, p in found["thresholds"].items()},
        bounds=tuple(found["bounds"]),
    )


@contextmanager
def written_at_once(directory: Path) -> Iterator[Path]:
    """Yield a scratch folder that becomes ``directory`` only when the block ends well.

    An existing ``directory`` is replaced whole; a failure leaves it as it was.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        yield scratch
        scratch.chmod(0o755)
        _replace(scratch, directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _replace(new: Path, directory: Path) -> None:
    if not directory.exists():
        new.rename(directory)
        return
    if not directory.is_dir():
        raise BundleError("目标是文件，不是目录。请换一个目录。")
    if any(directory.iterdir()) and not (directory / MANIFEST).is_file():
        raise BundleError("目标目录里有别的文件，不会覆盖。请换一个空目录。")
    old = Path(tempfile.mkdtemp(prefix=f".{directory.name}-old-", dir=directory.parent))
    old.rmdir()
    directory.rename(old)
    new.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def write_manifest(directory: Path, facts: Mapping[str, object]) -> Manifest:
    """Hash the files of ``directory`` and write its manifest; the version is content-addressed."""
    names = sorted(path.name for path in directory.iterdir())
    body = dict(facts) | {"files": {name: sha256_of(directory / name) for name in names}}
    draft = Manifest.model_validate(body | {"version": ""})
    manifest = draft.model_copy(update={"version": draft.content_version()})
    dump_json(directory / MANIFEST, manifest.model_dump(mode="json"))
    _sync(directory)
    return manifest


def _sync(directory: Path) -> None:
    for path in directory.iterdir():
        with path.open("rb+") as stream:  # Windows syncs only what is open for writing
            os.fsync(stream.fileno())
