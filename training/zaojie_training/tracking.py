"""The one door to MLflow: runs, artifacts, the registry and its aliases."""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from zaojie_cases.errors import BundleError, ConfigError, MissingExtraError
from zaojie_cases.settings import Settings

EXPERIMENT = "zaojie"
MODEL = "zaojie-risk"
CANDIDATE, CHAMPION, PREVIOUS = "candidate", "champion", "previous"
BUNDLE = "bundle"
EVALUATION = "evaluation.json"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered bundle."""

    number: str
    run_id: str


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
        try:
            mlflow.set_tracking_uri(settings.tracking_uri)
            self._client = mlflow.MlflowClient()
            found = self._client.get_experiment_by_name(EXPERIMENT)
        except mlflow.MlflowException as error:
            raise ConfigError(
                "连不上 MLflow。请检查 ZAOJIE_MLFLOW_URI 和服务是否在运行。", field="mlflow_uri"
            ) from error
        if found is not None and found.lifecycle_stage == "deleted":
            raise ConfigError(
                "MLflow 里的实验已被删除。请用 mlflow experiments restore 恢复它。",
                field=EXPERIMENT,
            )
        self._artifacts = settings.artifacts.as_uri() if settings.mlflow_uri is None else None

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
        made = self._client.create_model_version(MODEL, source, run_id=run_id)
        self.set_alias(CANDIDATE, str(made.version))
        return ModelVersion(str(made.version), run_id)

    def version(self, alias: str) -> ModelVersion | None:
        """Return the version that ``alias`` names; None if there is none (or it dangles)."""
        try:
            found = self._client.get_model_version_by_alias(MODEL, alias)
        except self._mlflow.MlflowException:
            return None
        return ModelVersion(str(found.version), str(found.run_id))

    def set_alias(self, alias: str, number: str) -> None:
        """Point ``alias`` to a version."""
        self._client.set_registered_model_alias(MODEL, alias, number)

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
