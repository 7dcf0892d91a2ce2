"""Promotion: a verified bundle goes, signed, into the serving store, and the pointer moves.

The order makes a crash harmless: files first, then MLflow's aliases, the pointer last. The
service watches the pointer and never asks MLflow.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from zaojie_cases.errors import ConfigError
from zaojie_cases.settings import Settings
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import written_at_once
from zaojie_models.golden import replay_golden
from zaojie_models.signing import sign, signing_key
from zaojie_training.tracking import BUNDLE, CANDIDATE, CHAMPION, PREVIOUS, ModelVersion, Tracking

POINTER, PREVIOUS_POINTER = "champion.json", "previous.json"


@dataclass(frozen=True, slots=True)
class Promoted:
    """What now serves, and which registered version it is."""

    bundle_version: str
    version: ModelVersion


def promote(settings: Settings, *, alias: str = CANDIDATE) -> Promoted:
    """Make the version that ``alias`` names the champion.

    ``alias="previous"`` is the way back. Raises ``ConfigError`` if there is no such version,
    ``BundleError`` if its bundle cannot be trusted; the champion then stays as it was.
    """
    tracking = Tracking(settings)
    chosen = tracking.version(alias)
    if chosen is None:
        raise ConfigError("没有可以发布的模型版本。请先运行 zaojie train。", field=alias)
    with tracking.downloaded(chosen.run_id, BUNDLE) as directory:
        bundle_version = _install(directory, settings)
    _move_aliases(tracking, chosen)
    _point(settings.bundles, bundle_version)
    return Promoted(bundle_version, chosen)


def _install(directory: Path, settings: Settings) -> str:
    """Verify, replay, sign and copy the bundle; return its version."""
    bundle = Bundle.load(directory)
    replay_golden(directory, bundle)
    with written_at_once(settings.bundles / bundle.version) as scratch:
        shutil.copytree(directory, scratch, dirs_exist_ok=True)
        sign(scratch, signing_key(settings.home.resolve()))
    return bundle.version


def _move_aliases(tracking: Tracking, chosen: ModelVersion) -> None:
    before = tracking.version(CHAMPION)
    if before is not None and before.number != chosen.number:
        tracking.set_alias(PREVIOUS, before.number)
    tracking.set_alias(CHAMPION, chosen.number)


def _point(bundles: Path, version: str) -> None:
    pointer = bundles / POINTER
    new = json.dumps({"version": version, "directory": version}) + "\n"
    # A spoilt pointer must not stop the promotion that mends it, so the text is compared.
    old = pointer.read_text(encoding="utf-8", errors="replace") if pointer.is_file() else new
    if old != new:
        _replace(bundles / PREVIOUS_POINTER, old)
    _replace(pointer, new)


def _replace(path: Path, text: str) -> None:
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(scratch).replace(path)
