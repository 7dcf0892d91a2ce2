"""Promotion: forward, back, and what happens when a bundle cannot be trusted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zaojie_cases.cli import build_app
from zaojie_cases.errors import BundleError, ConfigError
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import write_manifest
from zaojie_models.manifest import read_manifest
from zaojie_models.signing import trusted_keys
from zaojie_training.tracking import EXPERIMENT, MODEL
from zaojie_training.train import Trained


def pointer(home: Any, name: str = "champion.json") -> dict[str, str]:
    found: dict[str, str] = json.loads((home.settings.bundles / name).read_text(encoding="utf-8"))
    return found


def test_forward_and_back(embedded: Any, first: Trained, second: Any) -> None:
    one, two = first.manifest.version, second.trained.manifest.version
    assert one != two
    assert pointer(embedded) == {"version": one, "directory": one}
    assert embedded.aliases() == {"candidate": "2", "champion": "1"}
    assert not (embedded.settings.bundles / "previous.json").exists()

    assert embedded.promote().bundle_version == two
    assert embedded.aliases() == {"candidate": "2", "champion": "2", "previous": "1"}
    assert pointer(embedded) == {"version": two, "directory": two}
    assert pointer(embedded, "previous.json") == {"version": one, "directory": one}

    assert embedded.promote("previous").bundle_version == one
    assert embedded.aliases() == {"candidate": "2", "champion": "1", "previous": "2"}
    assert pointer(embedded) == {"version": one, "directory": one}
    assert pointer(embedded, "previous.json") == {"version": two, "directory": two}

    assert embedded.promote("previous").bundle_version == two
    assert embedded.aliases() == {"candidate": "2", "champion": "2", "previous": "1"}


@pytest.mark.usefixtures("second")
def test_promoting_the_champion_again_changes_nothing(embedded: Any) -> None:
    embedded.promote()
    before, aliases = embedded.serving(), embedded.aliases()
    embedded.promote()
    assert embedded.serving() == before
    assert embedded.aliases() == aliases


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize(("answer", "moved"), [("n", False), ("y", True)])
def test_a_person_sees_the_evaluation_and_decides(
    embedded: Any, monkeypatch: pytest.MonkeyPatch, answer: str, moved: bool
) -> None:
    embedded.promote("candidate")
    champion = embedded.aliases()["champion"]
    monkeypatch.setenv("ZAOJIE_HOME", str(embedded.settings.home))
    monkeypatch.delenv("ZAOJIE_MLFLOW_URI", raising=False)
    done = CliRunner().invoke(build_app()[0], ["promote", "--alias", "previous"], f"{answer}\n")
    assert done.exit_code == 0, done.output
    for wanted in ("早解", "现患率", "文本逻辑回归", "PR-AUC", "模拟数据"):
        assert wanted in done.output
    assert (embedded.aliases()["champion"] != champion) == moved
    assert ("已发布" if moved else "没有发布") in done.output


@pytest.mark.usefixtures("second")
def test_what_serves_is_signed_and_trusted(embedded: Any, tmp_path: Path) -> None:
    version = embedded.promote().bundle_version
    directory = embedded.settings.bundles / version
    keys = trusted_keys(embedded.settings.home)
    assert Bundle.load(directory, trusted=keys).version == version
    stranger = tmp_path / "trusted"
    stranger.mkdir()
    with pytest.raises(BundleError, match="受信任"):
        Bundle.load(directory, trusted=stranger)


def test_nothing_unfinished_is_left_behind(embedded: Any, first: Trained, second: Any) -> None:
    embedded.promote()
    found = {path.name for path in embedded.settings.bundles.iterdir()}
    versions = {first.manifest.version, second.trained.manifest.version}
    assert found == {"champion.json", "previous.json", *versions}


@pytest.mark.parametrize("harm", ["bytes", "surplus", "manifest", "missing", "answers", "gone"])
def test_a_spoilt_candidate_leaves_the_champion_as_it_was(
    embedded: Any, second: Any, tmp_path: Path, harm: str
) -> None:
    embedded.promote("candidate")
    embedded.promote("previous")
    before, aliases = embedded.serving(), embedded.aliases()
    assert aliases["champion"] != aliases["candidate"]
    uri = embedded.client.get_run(second.trained.version.run_id).info.artifact_uri
    bundle = Path(uri.removeprefix("file://")) / "bundle"
    shutil.copytree(bundle, tmp_path / "whole")
    try:
        _spoil(bundle, harm)
        with pytest.raises(BundleError, match=r"请|重新"):
            embedded.promote("candidate")
    finally:
        shutil.rmtree(bundle, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", bundle)
    assert embedded.serving() == before
    assert embedded.aliases() == aliases
    assert embedded.promote("candidate").bundle_version == second.trained.manifest.version


def _spoil(bundle: Path, harm: str) -> None:
    if harm == "bytes":
        trees = bundle / "overdue.trees.txt"
        trees.write_bytes(trees.read_bytes().replace(b"leaf_value", b"leaf_valuf", 1))
    elif harm == "surplus":
        (bundle / "run.py").write_text("print()", encoding="utf-8")
    elif harm == "manifest":
        (bundle / "manifest.json").write_text("{", encoding="utf-8")
    elif harm == "missing":
        (bundle / "golden.json").unlink()
    elif harm == "answers":  # whole, but it computes something else than it did when made
        facts = read_manifest(bundle).model_dump(mode="json", exclude={"version", "files"})
        golden = (bundle / "golden.json").read_text(encoding="utf-8")
        (bundle / "golden.json").write_text(golden.replace("0.", "0.0", 1), encoding="utf-8")
        (bundle / "manifest.json").unlink()
        write_manifest(bundle, facts)
    else:
        shutil.rmtree(bundle)


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("spoilt", [b"", b"{", b"\xff\xfe"])
def test_promotion_mends_a_spoilt_pointer(embedded: Any, spoilt: bytes) -> None:
    version = embedded.promote().bundle_version
    (embedded.settings.bundles / "champion.json").write_bytes(spoilt)
    embedded.promote()
    assert pointer(embedded)["version"] == version


@pytest.mark.usefixtures("second")
def test_an_unknown_alias_changes_nothing(embedded: Any) -> None:
    embedded.promote()
    before = embedded.aliases()
    with pytest.raises(ConfigError, match="nobody"):
        embedded.promote("nobody")
    assert embedded.aliases() == before


@pytest.fixture
def copied(embedded: Any, tmp_path: Path) -> Any:
    """A home whose MLflow knows what the embedded one knows."""
    for name in embedded.settings.home.glob("mlflow.db*"):
        shutil.copy(name, tmp_path)
    return type(embedded)(embedded.settings.model_copy(update={"home": tmp_path}))


@pytest.mark.usefixtures("second")
def test_a_version_deleted_in_mlflow_is_not_found(copied: Any) -> None:
    """MLflow leaves an alias behind that points to nothing."""
    copied.client.delete_model_version(MODEL, copied.aliases()["candidate"])
    with pytest.raises(ConfigError, match="zaojie train"):
        copied.promote("candidate")


@pytest.mark.usefixtures("second")
def test_a_deleted_experiment_is_told_before_anything_is_learnt(copied: Any) -> None:
    experiment = copied.client.get_experiment_by_name(EXPERIMENT)
    copied.client.delete_experiment(experiment.experiment_id)
    with pytest.raises(ConfigError, match="restore"):
        copied.train(copied.settings.home / "no.db", "overdue")
    assert not (copied.settings.home / "no.db").exists()
