"""The one door to MLflow: runs, artifacts, the registry and its aliases."""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zaojie_cases.errors import BundleError, ConfigError, MissingExtraError
from zaojie_cases.settings import Settings
from zaojie_models.manifest import MANIFEST, sha256_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPERIMENT = "zaojie"
MODEL = "zaojie-risk"
CANDIDATE, CHALLENGER, CHAMPION, PREVIOUS = "candidate", "challenger", "champion", "previous"
BUNDLE = "bundle"
EVALUATION = "evaluation.json"
BUNDLE_HASH = "zaojie.bundle_hash"
"""Tag of a version: SHA-256 of the manifest of the bundle that was registered."""
TRAINED_BY = "zaojie.trained_by"
"""Tag of a version: who trained it, a JSON list of names."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered bundle."""

    number: str
    run_id: str
    tags: Mapping[str, str] = field(default_factory=dict)


class Tracking:
    """Runs and registered versions in the MLflow that the settings name."""

    def __init__(self, settings: Settings) -> None:
        """Raise ``MissingExtraError`` without MLflow, ``ConfigError`` if it does not answer."""
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # else minutes of silence
        logging.getLogger("alembic").setLevel(logging.WARNING)
        try:
            import mlflow  # noqa: PLC0415 (heavy, and absent from a serving install)
        except ImportError as error:
            raise MissingExtraError(
                "没有安装 MLflow，不能训练和发布。"
                "请在项目目录运行 pip install --require-hashes -r requirements/run.txt。"
            ) from error
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        settings.home.mkdir(parents=True, exist_ok=True)
        self._mlflow = mlflow
        with self._answering():
            mlflow.set_tracking_uri(settings.tracking_uri)
            self._client = mlflow.MlflowClient()
            found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None and found.lifecycle_stage == "deleted":
            raise ConfigError(
                "MLflow 里的实验已被删除。请用 mlflow experiments restore 恢复它。",
                field=EXPERIMENT,
            )
        self._artifacts = settings.artifacts.as_uri() if settings.mlflow_uri is None else None

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except self._mlflow.MlflowException as error:
            raise ConfigError(
                "连不上 MLflow，或它拒绝了请求。请检查 ZAOJIE_MLFLOW_URI 和服务是否在运行。",
                field="mlflow_uri",
            ) from error

    @contextmanager
    def run(self, name: str) -> Iterator[str]:
        """Open a run in the experiment of Zaojie and yield its id."""
        found = self._client.get_experiment_by_name(EXPERIMENT)
        experiment = (
            found.experiment_id
            if found
            else self._client.create_experiment(EXPERIMENT, artifact_location=self._artifacts)
        )
        with self._mlflow.start_run(experiment_id=experiment, run_name=name) as run:
            yield run.info.run_id

    def log(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Record parameters and finite metrics in the open run."""
        self._mlflow.log_params(dict(params))
        self._mlflow.log_metrics({k: v for k, v in metrics.items() if math.isfinite(v)})

    def log_text(self, text: str, name: str) -> None:
        """Keep a text file in the open run."""
        self._mlflow.log_text(text, name)

    def log_figure(self, figure: Figure, name: str) -> None:
        """Keep a figure in the open run."""
        self._mlflow.log_figure(figure, name)

    def register(self, directory: Path, run_id: str) -> ModelVersion:
        """Keep the bundle in the open run, register it, and call it the candidate."""
        self._mlflow.log_artifacts(str(directory), BUNDLE)
        if not self._client.search_registered_models(f"name = '{MODEL}'"):
            self._client.create_registered_model(MODEL)
        source = f"{self._mlflow.get_run(run_id).info.artifact_uri}/{BUNDLE}"
        tags = {BUNDLE_HASH: sha256_of(directory / MANIFEST)}
        made = self._client.create_model_version(MODEL, source, run_id=run_id, tags=tags)
        self.set_alias(CANDIDATE, str(made.version))
        return ModelVersion(str(made.version), run_id, tags)

    def version(self, alias: str) -> ModelVersion:
        """Return the version that ``alias`` names. Raises ``ConfigError`` if there is none."""
        number = self.aliases().get(alias)
        if number is None:
            raise ConfigError("没有这个别名的模型版本。请先运行 zaojie train。", field=alias)
        found = self.numbered(number)
        if found is None:
            raise ConfigError(
                f"别名指向第 {number} 版，但这一版在 MLflow 里已被删除。"
                "请运行 zaojie registry check --mend 去掉它，再运行 zaojie train。",
                field=alias,
            )
        return found

    def numbered(self, number: str) -> ModelVersion | None:
        """Return the version with this number, None if it was deleted or never made."""
        with self._answering():
            try:
                found = self._client.get_model_version(MODEL, number)
            except self._mlflow.MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
        return ModelVersion(str(found.version), str(found.run_id), dict(found.tags))

    def aliases(self) -> dict[str, str]:
        """Return alias -> number as MLflow has them: moved by anybody, dangling ones too."""
        with self._answering():
            if not self._client.search_registered_models(f"name = '{MODEL}'"):
                return {}
            found = self._client.get_registered_model(MODEL).aliases
        return {alias: str(number) for alias, number in found.items()}

    def set_alias(self, alias: str, number: str | None) -> None:
        """Point ``alias`` to a version, or to none."""
        with self._answering():
            if number is None:
                self._client.delete_registered_model_alias(MODEL, alias)
            else:
                self._client.set_registered_model_alias(MODEL, alias, number)

    def tag(self, number: str, key: str, value: str) -> None:
        """Set a tag of a version."""
        with self._answering():
            self._client.set_model_version_tag(MODEL, number, key, value)

    def trainers(self, version: ModelVersion) -> list[str]:
        """Return who trained a version: those named then, else the account of its run."""
        if TRAINED_BY in version.tags:
            return [str(name) for name in json.loads(version.tags[TRAINED_BY])]
        with self._answering():
            account = self._client.get_run(version.run_id).data.tags.get("mlflow.user")
        return [account] if account else []

    def bundle_hash(self, run_id: str) -> str | None:
        """Return the hash of the manifest that the run keeps now, None if it is gone."""
        try:
            with self.downloaded(run_id, f"{BUNDLE}/{MANIFEST}") as path:
                return sha256_of(path)
        except BundleError:
            return None

    @contextmanager
    def downloaded(self, run_id: str, name: str) -> Iterator[Path]:
        """Yield a local copy of an artifact of a run. Raises ``BundleError`` if it is gone."""
        with tempfile.TemporaryDirectory() as scratch:
            try:
                copy = self._mlflow.artifacts.download_artifacts(
                    run_id=run_id, artifact_path=name, dst_path=scratch
                )
            except (self._mlflow.MlflowException, FileNotFoundError) as error:
                raise BundleError(
                    "MLflow 里取不到这一版的文件，可能已被删除或移走。请重新运行 zaojie train。",
                    field=name,
                ) from error
            yield Path(copy)
