"""Same data, same seed: the same bundle, byte for byte, wherever it is tracked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.errors import ConfigError
from zaojie_cases.settings import Settings
from zaojie_models.bundle import Bundle
from zaojie_models.signing import trusted_keys
from zaojie_training.tracking import Tracking

ROOTS = [str(p) for p in Path(__file__).parents[3].iterdir() if list(p.glob("zaojie_*"))]
WITHOUT_MLFLOW = """
import sys
sys.modules["mlflow"] = None
from zaojie_cases.cli import main
for command in (["train"], ["evaluate"], ["promote", "--yes", "--by", "x"]):
    sys.argv = ["zaojie", *command]
    try:
        main()
    except SystemExit as left:
        print(left.code)
"""


def contents(bundle: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in bundle.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="the server is ended by its process group")
def test_through_a_server_and_embedded_alike(
    embedded: Any,
    town: Path,
    second: Any,
    mlflow_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZAOJIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZAOJIE_MLFLOW_URI", mlflow_server)
    served = type(embedded)(Settings())
    assert served.settings.tracking_uri == mlflow_server
    with pytest.raises(ConfigError, match="zaojie train"):
        served.challenge()
    with pytest.raises(ConfigError, match="zaojie challenge"):
        served.promote("甲")
    trained = served.train(town, "overdue", seed=1, keep=tmp_path / "bundle")
    assert contents(tmp_path / "bundle") == contents(second.bundle)

    assert served.aliases() == {"candidate": "1"}
    version = served.release()
    assert served.aliases() == {"candidate": "1", "champion": "1"}
    directory = served.settings.bundles / version
    keys = trusted_keys(served.settings.home)
    assert Bundle.load(directory, trusted=keys).version == trained.manifest.version
    assert contents(tmp_path / "bundle").items() <= contents(directory).items()
    run = served.client.get_run(trained.version.run_id)
    assert run.info.artifact_uri.startswith("mlflow-artifacts:")
    assert not (served.settings.home / "mlflow.db").exists()
    assert not served.settings.artifacts.exists()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "ftp://mlflow", "nonsense"])
def test_an_mlflow_that_does_not_answer_is_named(
    tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ConfigError, match=r"连不上 MLflow.*ZAOJIE_MLFLOW_URI"):
        Tracking(Settings(home=tmp_path, mlflow_uri=uri))


def test_without_mlflow_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MLFLOW],
        capture_output=True,
        encoding="utf-8",
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(ROOTS), "ZAOJIE_HOME": str(tmp_path), "PYTHONUTF8": "1"},
        cwd=tmp_path,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["2", "2", "2"]
    sentences = done.stderr.splitlines()
    assert len(sentences) == 3
    for sentence in sentences:
        assert "没有安装 MLflow" in sentence
        assert "requirements/run.txt" in sentence
