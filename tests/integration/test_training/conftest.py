"""A small simulated county in a record store, trained on and tracked for real."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from mlflow import MlflowClient

from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.settings import Settings
from zaojie_cases.simulate import write_county
from zaojie_cases.store import Store
from zaojie_models.policy import load_policy
from zaojie_training.config import Limits, TrainingConfig, TreeSettings, Windows
from zaojie_training.promote import Promoted, promote
from zaojie_training.targets import load_targets
from zaojie_training.tracking import CANDIDATE, CHAMPION, MODEL, PREVIOUS
from zaojie_training.train import Trained, train

CASES = 1_500
TOWN_CASES = 500
PATIENCE = 120.0
QUICK = TrainingConfig(
    windows=Windows(count=1), limits=Limits(folds=3), trees=TreeSettings(most_rounds=60)
)
SERVER_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
# MLflow 3.17 uses an option that SQLAlchemy 2.1 will drop; it is theirs to mend.
MLFLOW_WARNS = "ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.filterwarnings(MLFLOW_WARNS))


def stored(folder: Path, cases: int) -> Path:
    """Import a year of a simulated county; return the database."""
    file, database = folder / "county.jsonl.gz", folder / "zaojie.db"
    write_county(file, cases=cases, seed=7)
    with Store(f"sqlite:///{database}") as store:
        store.upgrade()
        count = store.add_rows(read_records(file, load_mapping("county")))
    assert count.added == cases
    return database


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record store with a year of a simulated county."""
    return stored(tmp_path_factory.mktemp("county"), CASES)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smaller one, for runs that only have to happen."""
    return stored(tmp_path_factory.mktemp("town"), TOWN_CASES)


@dataclass(frozen=True)
class Home:
    """One installation: settings, and what is done with them."""

    settings: Settings

    def train(
        self, database: Path, *targets: str, seed: int = 0, keep: Path | None = None
    ) -> Trained:
        return train(
            self.settings.model_copy(update={"database_url": f"sqlite:///{database}"}),
            load_targets(names=targets),
            QUICK.model_copy(update={"seed": seed}),
            policy=load_policy(),
            progress=lambda _: None,
            keep=keep,
        )

    def promote(self, alias: str = CANDIDATE) -> Promoted:
        return promote(self.settings, alias=alias)

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.settings.tracking_uri)

    def aliases(self) -> dict[str, str]:
        """Alias -> version number."""
        found = self.client.get_registered_model(MODEL).aliases
        assert set(found) <= {CANDIDATE, CHAMPION, PREVIOUS}
        return {alias: str(number) for alias, number in found.items()}

    def serving(self) -> dict[str, bytes]:
        """Every file of the serving store by its path."""
        root = self.settings.bundles
        files = [path for path in root.rglob("*") if path.is_file()]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with an embedded MLflow: SQLite and local files."""
    return Home(Settings(home=tmp_path_factory.mktemp("home"), mlflow_uri=None))


@pytest.fixture(scope="session")
def first(embedded: Home, county: Path) -> Trained:
    """The first version, of two targets."""
    return embedded.train(county, "breakdown", "overdue")


@dataclass(frozen=True)
class Kept:
    """A version and the folder that its bundle was also written to."""

    trained: Trained
    bundle: Path


@pytest.fixture(scope="session")
def second(
    embedded: Home, first: Trained, town: Path, tmp_path_factory: pytest.TempPathFactory
) -> Kept:
    """A second version in the same home, trained after the first was promoted."""
    assert embedded.promote().bundle_version == first.manifest.version
    bundle = tmp_path_factory.mktemp("kept") / "bundle"
    return Kept(embedded.train(town, "overdue", seed=1, keep=bundle), bundle)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running ``mlflow server``."""
    folder = tmp_path_factory.mktemp("mlflow_server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | SERVER_SETTINGS,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", process, folder / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = build_opener(ProxyHandler({}))
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            with opener.open(f"{address}/health", timeout=5) as answer:
                assert answer.status == 200
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"mlflow server did not start:\n{log.read_text(errors='replace')[-2000:]}")
