"""Promotion: forward, back, and what happens when a bundle cannot be trusted."""

from __future__ import annotations

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
from zaojie_models.pointer import Role, read_pointer
from zaojie_models.signing import trusted_keys
from zaojie_training.tracking import EXPERIMENT, MODEL
from zaojie_training.train import Trained


def pointer(home: Any, role: Role = "champion") -> str:
    found = read_pointer(home.settings.bundles, role, trusted_keys(home.settings.home))
    assert found.version == found.directory
    return found.version


def but_the_record(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name != "registry.jsonl"}


def test_forward_and_back(embedded: Any, first: Trained, second: Any) -> None:
    one, two = first.manifest.version, second.trained.manifest.version
    assert one != two
    assert pointer(embedded) == one
    assert embedded.aliases() == {"candidate": "2", "champion": "1"}
    assert not (embedded.settings.bundles / "previous.json").exists()

    embedded.challenge()
    assert embedded.aliases() == {"candidate": "2", "challenger": "2", "champion": "1"}
    assert (pointer(embedded), pointer(embedded, "challenger")) == (one, two)

    assert embedded.release() == two
    assert embedded.aliases() == {"candidate": "2", "champion": "2", "previous": "1"}
    assert (pointer(embedded), pointer(embedded, "previous")) == (two, one)
    assert not (embedded.settings.bundles / "challenger.json").exists()

    done = embedded.rollback()
    assert (done.champion.bundle, done.replaced.bundle) == (one, two)
    assert embedded.aliases() == {"candidate": "2", "champion": "1", "previous": "2"}
    assert (pointer(embedded), pointer(embedded, "previous")) == (one, two)

    embedded.rollback()
    assert embedded.aliases() == {"candidate": "2", "champion": "2", "previous": "1"}
    assert (pointer(embedded), pointer(embedded, "previous")) == (two, one)


@pytest.mark.usefixtures("second")
def test_promoting_the_champion_again_changes_nothing_but_the_record(embedded: Any) -> None:
    embedded.release()
    before, aliases = embedded.serving(), embedded.aliases()
    embedded.release()
    after = embedded.serving()
    assert but_the_record(after) == but_the_record(before)
    assert after["registry.jsonl"].startswith(before["registry.jsonl"])
    assert embedded.aliases() == aliases


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize(("answer", "approved"), [("n", False), ("y", True)])
def test_a_person_sees_evaluation_and_gates_and_decides(
    embedded: Any, monkeypatch: pytest.MonkeyPatch, answer: str, approved: bool
) -> None:
    embedded.challenge()
    before = embedded.serving()["registry.jsonl"]
    monkeypatch.setenv("ZAOJIE_HOME", str(embedded.settings.home))
    monkeypatch.delenv("ZAOJIE_MLFLOW_URI", raising=False)
    waiver = ["--waive", "all", "--reason", "样本小"]  # signed at the challenge, but long ago
    command = ["promote", "--by", "审核员乙", *waiver]
    done = CliRunner().invoke(build_app()[0], command, f"{answer}\n")
    assert done.exit_code == 0, done.output
    for wanted in ("早解", "现患率", "文本逻辑回归", "PR-AUC", "模拟数据", "data_age", "未评估"):
        assert wanted in done.output
    assert (embedded.serving()["registry.jsonl"] != before) == approved
    assert ("还要另一个人批准" if approved else "没有批准") in done.output


@pytest.mark.usefixtures("second")
def test_what_serves_is_signed_and_trusted(embedded: Any, tmp_path: Path) -> None:
    version = embedded.release()
    directory = embedded.settings.bundles / version
    keys = trusted_keys(embedded.settings.home)
    assert Bundle.load(directory, trusted=keys).version == version
    stranger = tmp_path / "trusted"
    stranger.mkdir()
    with pytest.raises(BundleError, match="受信任"):
        Bundle.load(directory, trusted=stranger)


def test_nothing_unfinished_is_left_behind(embedded: Any, first: Trained, second: Any) -> None:
    embedded.release()
    found = {path.name for path in embedded.settings.bundles.iterdir()}
    versions = {first.manifest.version, second.trained.manifest.version}
    record = {"registry.jsonl", "registry.lock"}
    assert found == {"champion.json", "previous.json", *record, *versions}


@pytest.mark.parametrize("harm", ["bytes", "surplus", "manifest", "missing", "answers", "gone"])
def test_a_spoilt_candidate_leaves_everything_as_it_was(
    embedded: Any, second: Any, tmp_path: Path, harm: str
) -> None:
    before, aliases = embedded.serving(), embedded.aliases()
    uri = embedded.client.get_run(second.trained.version.run_id).info.artifact_uri
    bundle = Path(uri.removeprefix("file://")) / "bundle"
    shutil.copytree(bundle, tmp_path / "whole")
    try:
        _spoil(bundle, harm)
        with pytest.raises(BundleError, match=r"请|重新"):
            embedded.challenge()
    finally:
        shutil.rmtree(bundle, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", bundle)
    assert embedded.serving() == before
    assert embedded.aliases() == aliases


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
    version = embedded.release()
    (embedded.settings.bundles / "champion.json").write_bytes(spoilt)
    embedded.release()
    assert pointer(embedded) == version


@pytest.mark.usefixtures("second")
def test_a_deleted_experiment_is_told_before_anything_is_learnt(fresh: Any) -> None:
    experiment = fresh.client.get_experiment_by_name(EXPERIMENT)
    fresh.client.delete_experiment(experiment.experiment_id)
    with pytest.raises(ConfigError, match="restore"):
        fresh.train(fresh.settings.home / "no.db", "overdue")
    assert not (fresh.settings.home / "no.db").exists()


def test_a_candidate_deleted_in_mlflow_is_told(fresh: Any) -> None:
    fresh.candidate("1")
    fresh.client.delete_model_version(MODEL, "1")
    with pytest.raises(ConfigError, match="zaojie train"):
        fresh.challenge()
