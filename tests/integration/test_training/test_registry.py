"""The registry: two persons, a record, and aliases that somebody else moved.

On the embedded MLflow, and on a real ``mlflow server`` with PostgreSQL.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zaojie_cases.cli import build_app
from zaojie_cases.errors import BundleError
from zaojie_models.signing import trusted_keys
from zaojie_serving.champion import Champion
from zaojie_serving.loading import load_trusted
from zaojie_serving.logs import make_logger
from zaojie_serving.metrics import Metrics
from zaojie_training import registry_check
from zaojie_training.clearing import Waiver
from zaojie_training.errors import GateError, RegistryError
from zaojie_training.journal import Journal, Step
from zaojie_training.publish import STEP_TAG
from zaojie_training.tracking import MODEL, TRAINED_BY, Tracking

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(params=["fresh", "served"])
def registry(request: pytest.FixtureRequest) -> Any:
    """A home with two registered versions, embedded and on a server with PostgreSQL."""
    if request.param == "served" and sys.platform == "win32":
        pytest.skip("the server is ended by its process group")
    return request.getfixturevalue(request.param)


def on_champion(home: Any) -> Champion:
    """A service's view of the serving store."""
    keys = trusted_keys(home.settings.home)
    champion = Champion(
        home.settings.bundles,
        partial(load_trusted, trusted=keys),
        trusted=keys,
        metrics=Metrics(),
        logger=make_logger(io.StringIO()),
    )
    champion.refresh()
    return champion


def both_released(home: Any) -> list[str]:
    """Release version 1, then version 2; return the versions of their bundles."""
    found = []
    for number in ("1", "2"):
        home.candidate(number)
        found.append(home.release())
    return found


def checked(home: Any) -> str:
    return "\n".join(registry_check.check(home.settings))


def mended(home: Any, now: Any) -> list[str]:
    return registry_check.mend(home.settings, by="管理员", now=now)


def test_from_candidate_to_champion_and_back(registry: Any, now: Any) -> None:
    registry.candidate("1")
    one = registry.challenge().release
    pending = registry.promote("审核员乙")
    assert (pending.is_champion, pending.missing) == (False, "还要另一个人批准")
    assert registry.aliases() == {"candidate": "1", "challenger": "1"}
    assert not (registry.settings.bundles / "champion.json").exists()
    with pytest.raises(RegistryError, match="已经批准过"):
        registry.promote("审核员 乙")
    assert registry.promote("审核员丙", now=now + SECOND).is_champion
    assert registry.aliases() == {"candidate": "1", "champion": "1"}
    registry.candidate("2")
    two = registry.release()
    champion = on_champion(registry)
    assert champion.require().version == two
    registry.rollback()
    champion.refresh()
    assert champion.require().version == one.bundle
    assert registry.aliases() == {"candidate": "2", "champion": "1", "previous": "2"}

    steps = Journal(registry.settings.bundles).steps()
    assert [step.what for step in steps] == [
        *("challenge", "approve", "approve", "promote"),
        *("challenge", "approve", "promote", "rollback"),
    ]
    last = steps[-1]
    assert (last.by, last.why, last.release) == (("值班丁",), "分数异常", one)
    assert last.replaced is not None and last.replaced.bundle == two
    assert all(step.at >= now and step.by for step in steps)
    tags = registry.client.get_model_version(MODEL, "1").tags
    told = sorted(json.loads(v)["what"] for k, v in tags.items() if k.startswith(STEP_TAG))
    assert told == ["approve", "approve", "challenge", "promote", "rollback"]
    assert checked(registry) == ""


def test_a_moved_alias_is_told_and_mended_and_no_service_follows_it(
    registry: Any, now: Any
) -> None:
    _, two = both_released(registry)
    files, champion = registry.serving(), on_champion(registry)
    registry.client.set_registered_model_alias(MODEL, "champion", "1")
    registry.client.delete_registered_model_alias(MODEL, "previous")
    champion.refresh()
    assert champion.require().version == on_champion(registry).require().version == two
    assert registry.serving() == files
    found = checked(registry)
    assert "别名 champion 被移到第 1 版，记录是第 2 版" in found
    assert "别名 previous 不见了" in found and "zaojie registry check --mend" in found
    assert mended(registry, now) == []
    assert registry.aliases() == {"candidate": "2", "champion": "2", "previous": "1"}
    assert Journal(registry.settings.bundles).steps()[-1].by == ("管理员",)


def test_a_version_deleted_in_mlflow_does_not_stop_the_way_back(registry: Any, now: Any) -> None:
    one, _ = both_released(registry)
    registry.client.delete_model_version(MODEL, "1")
    assert "previous（第 1 版）在 MLflow 里已被删除" in checked(registry)
    (left,) = [found for found in mended(registry, now) if "别名" not in found]
    assert "zaojie train" in left
    done = registry.rollback()
    assert done.champion.bundle == one
    assert on_champion(registry).require().version == one
    assert registry.aliases() == {"candidate": "2", "previous": "2"}


def test_a_challenger_moved_or_deleted_in_mlflow_cannot_be_promoted(registry: Any) -> None:
    registry.candidate("1")
    registry.challenge()
    registry.client.set_registered_model_alias(MODEL, "challenger", "2")
    with pytest.raises(RegistryError, match="registry check"):
        registry.promote("审核员乙", "审核员丙")
    registry.client.delete_model_version(MODEL, "1")
    with pytest.raises(RegistryError, match="已被删除"):
        registry.promote("审核员乙", "审核员丙")
    assert not (registry.settings.bundles / "champion.json").exists()
    assert [step.what for step in Journal(registry.settings.bundles).steps()] == ["challenge"]


def test_a_candidate_that_names_nothing_or_has_no_bundle_is_told(registry: Any, now: Any) -> None:
    registry.candidate("1")
    registry.client.delete_model_version(MODEL, "1")
    with_alias = "candidate" in registry.aliases()  # some releases of MLflow leave it behind
    assert ("已被删除" in checked(registry)) == with_alias
    assert mended(registry, now) == []
    assert registry.aliases() == {}
    tracking = Tracking(registry.settings)
    with tracking.run("empty") as run_id:
        source = f"{registry.client.get_run(run_id).info.artifact_uri}/bundle"
        made = registry.client.create_model_version(MODEL, source, run_id=run_id)
    registry.candidate(str(made.version))
    assert "没有模型包" in checked(registry)
    with pytest.raises(BundleError, match="取不到"):
        registry.challenge()


def test_an_approval_ends_after_two_weeks_and_with_the_next_challenge(fresh: Any, now: Any) -> None:
    waiver = Waiver(("all",), "原来的签字也已过期")
    fresh.candidate("1")
    fresh.challenge()
    fresh.promote("审核员乙")
    late = fresh.promote("审核员丙", now=now + 13 * DAY)
    assert late.is_champion
    fresh.candidate("2")
    fresh.challenge()
    fresh.promote("审核员乙")
    much_later = now + 15 * DAY
    expired = fresh.promote("审核员丙", now=much_later, waiver=waiver)
    assert (expired.is_champion, expired.approvers) == (False, ("审核员丙",))
    fresh.challenge(now=much_later)
    anew = fresh.promote("审核员乙", now=much_later)
    assert (anew.is_champion, anew.approvers) == (False, ("审核员乙",))


def test_those_who_trained_it_are_not_enough(fresh: Any) -> None:
    fresh.candidate("1")
    names = json.dumps(["数据员甲", "数据员戊"], ensure_ascii=False)
    fresh.client.set_model_version_tag(MODEL, "1", TRAINED_BY, names)
    fresh.challenge()
    done = fresh.promote("数据员甲", "数据员 戊")
    assert not done.is_champion and "没有参加训练" in done.missing
    assert fresh.promote("审核员乙").is_champion


def test_a_gate_that_failed_blocks_until_a_named_person_signs(fresh: Any, now: Any) -> None:
    fresh.candidate("1")
    much_later = now + 400 * DAY
    with pytest.raises(GateError, match="data_age"):
        fresh.challenge(waiver=None, now=much_later)
    assert fresh.aliases() == {"candidate": "1"}
    assert fresh.serving() == {} or set(fresh.serving()) == {"registry.lock"}
    fresh.challenge(now=much_later)
    (step,) = Journal(fresh.settings.bundles).steps()
    assert "data_age" in step.waived and step.why and step.gates["data_age"].startswith("failed")


def test_the_way_back_needs_no_mlflow(fresh: Any, now: Any, monkeypatch: Any) -> None:
    one, _ = both_released(fresh)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    cut_off = type(fresh)(fresh.settings.model_copy(update={"mlflow_uri": "http://127.0.0.1:9"}))
    cut_off.rollback(mirrored=False)
    assert on_champion(fresh).require().version == one
    assert "别名 champion 被移到第 2 版，记录是第 1 版" in checked(fresh)
    assert mended(fresh, now) == []


def test_there_is_no_way_back_to_what_is_spoilt_or_was_not(fresh: Any) -> None:
    with pytest.raises(RegistryError, match="没有上一版"):
        fresh.rollback()
    one, two = both_released(fresh)
    trees = fresh.settings.bundles / one / "overdue.trees.txt"
    whole = trees.read_bytes()
    trees.write_bytes(whole + b"\n")
    before = fresh.serving()
    with pytest.raises(BundleError, match="损坏"):
        fresh.rollback()
    assert fresh.serving() == before
    assert on_champion(fresh).require().version == two


def test_a_spoilt_bundle_and_a_pointer_written_by_hand_are_mended(fresh: Any, now: Any) -> None:
    one, two = both_released(fresh)
    (fresh.settings.bundles / one / "overdue.trees.txt").unlink()
    (fresh.settings.bundles / "champion.json").write_text("{}", encoding="utf-8")
    found = checked(fresh)
    assert f"previous 的模型包 {one} 不能用" in found and "champion.json" in found
    assert mended(fresh, now) == []
    assert on_champion(fresh).require().version == two
    assert fresh.rollback().champion.bundle == one


def test_what_a_crash_left_undone_is_finished(fresh: Any, now: Any) -> None:
    """The step was written down, and nothing else happened any more."""
    one, two = both_released(fresh)
    journal = Journal(fresh.settings.bundles)
    back = journal.standing().previous
    journal.append(Step(at=now, what="rollback", by=("值班丁",), why="x", release=back))
    assert on_champion(fresh).require().version == two
    assert f"champion.json 指向 {two}，记录是 {one}" in checked(fresh)
    assert mended(fresh, now) == []
    assert on_champion(fresh).require().version == one
    assert fresh.aliases() == {"candidate": "2", "champion": "1", "previous": "2"}


def test_a_bundle_exchanged_in_mlflow_is_refused(fresh: Any, now: Any) -> None:
    """Whole in itself, but another one than was registered."""
    runs = {n: fresh.client.get_model_version(MODEL, n).run_id for n in ("1", "2")}
    paths = {
        n: Path(fresh.client.get_run(run).info.artifact_uri.removeprefix("file://")) / "bundle"
        for n, run in runs.items()
    }
    fresh.candidate("1")
    fresh.challenge()
    kept = fresh.settings.home / "kept"
    shutil.copytree(paths["1"], kept)
    try:
        shutil.rmtree(paths["1"])
        shutil.copytree(paths["2"], paths["1"])
        assert "不是记录的那一个" in checked(fresh)
        with pytest.raises(RegistryError, match="不是记录的那一个"):
            fresh.promote("审核员乙", "审核员丙")
        with pytest.raises(BundleError, match="不是登记时的那一个"):
            fresh.challenge()
    finally:
        shutil.rmtree(paths["1"])
        shutil.copytree(kept, paths["1"])
    assert fresh.promote("审核员乙", "审核员丙", now=now).is_champion


def test_the_commands(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAOJIE_HOME", str(fresh.settings.home))
    monkeypatch.delenv("ZAOJIE_MLFLOW_URI", raising=False)

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(build_app()[0], arguments)
        return done.exit_code, done.output.replace("\n", "")

    signed = ("--waive", "all", "--reason", "样本小")
    for number in ("1", "2"):
        fresh.candidate(number)
        assert run("gates")[0] == 0
        assert "现在是 challenger" in run("challenge", "--by", "数据员甲", *signed)[1]
        first = run("promote", "--yes", "--by", "审核员乙")[1]
        assert "还要另一个人批准" in first and "14 天" in first
        done = run("promote", "--yes", "--by", "审核员丙")[1]
        assert "已发布为 champion，批准人：审核员乙、审核员丙" in done
    assert "已退回第 1 版" in run("rollback", "--by", "值班丁", "--reason", "分数异常")[1]
    assert "一致" in run("registry", "check")[1]
    fresh.client.set_registered_model_alias(MODEL, "champion", "2")
    code, told = run("registry", "check")
    assert code == 2 and "被移到第 2 版" in told
    assert run("registry", "check", "--mend") == run("registry", "check")
    assert fresh.aliases()["champion"] == "1"
