from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.errors import BundleError
from zaojie_models.pointer import Pointer, write_pointer
from zaojie_models.signing import seal, signing_key, trusted_keys
from zaojie_serving.champion import NO_CHAMPION, Champion
from zaojie_serving.errors import NotReadyError
from zaojie_serving.logs import make_logger
from zaojie_serving.metrics import Metrics


class Named:
    target_names = ("harm",)

    def __init__(self, version: str) -> None:
        self.version = version

    def score(self, *_: Any, **__: Any) -> list[Any]:
        return []


def load(directory: Path) -> Named:
    text = (directory / "name").read_text(encoding="utf-8")
    if text == "broken":
        raise BundleError("模型包的校验和不对，请重新发布。")
    if text == "crash":
        raise RuntimeError("内部细节")
    return Named(text)


@pytest.fixture
def point(tmp_path: Path) -> Callable[..., None]:
    def write(version: str, directory: str | None = None, name: str | None = None) -> None:
        folder = tmp_path / (directory or version)
        folder.mkdir(exist_ok=True)
        (folder / "name").write_text(name or version, encoding="utf-8")
        pointer = Pointer(role="champion", version=version, directory=directory or version)
        sealed = seal(pointer.signed_bytes(), signing_key(tmp_path))
        fresh = tmp_path / "fresh"
        content = {"pointer": pointer.model_dump(), "seal": sealed}
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.replace(tmp_path / "champion.json")

    return write


@pytest.fixture
def champion(tmp_path: Path) -> Champion:
    return Champion(
        tmp_path,
        load,
        trusted=trusted_keys(tmp_path),
        metrics=Metrics(),
        logger=make_logger(io.StringIO()),
    )


def test_without_a_champion_it_says_which_commands_to_run(champion: Champion) -> None:
    champion.refresh()
    with pytest.raises(NotReadyError, match="zaojie train"):
        champion.require()
    assert champion.why_not() == NO_CHAMPION


def test_it_follows_the_pointer(champion: Champion, point: Callable[..., None]) -> None:
    for version in ("b1", "b2", "b3"):
        point(version)
        champion.refresh()
        assert champion.require().version == version


@pytest.mark.parametrize(
    "bad",
    [
        {"version": "b2", "name": "broken"},
        {"version": "b2", "name": "crash"},
        {"version": "b2", "name": "another"},
        {"version": "b2", "directory": "../elsewhere"},
        {"version": "b2", "directory": ".."},
    ],
)
def test_a_bad_bundle_is_refused_and_the_old_one_serves(
    champion: Champion, point: Callable[..., None], bad: dict[str, str]
) -> None:
    point("b1")
    champion.refresh()
    point(**bad)
    champion.refresh()
    assert champion.require().version == "b1"
    assert champion.refusal is not None
    assert "zaojie" in champion.refusal.reason or "发布" in champion.refusal.reason
    assert "内部细节" not in champion.refusal.reason
    point("b3")
    champion.refresh()
    assert champion.require().version == "b3"
    assert champion.refusal is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "b2"}', "\xff"])
def test_a_spoilt_pointer_is_refused(
    champion: Champion, point: Callable[..., None], tmp_path: Path, text: str
) -> None:
    point("b1")
    champion.refresh()
    (tmp_path / "champion.json").write_bytes(text.encode("latin-1"))
    champion.refresh()
    assert champion.require().version == "b1"
    assert champion.refusal is not None


def test_only_a_pointer_signed_for_the_champion_is_followed(
    champion: Champion, point: Callable[..., None], tmp_path: Path
) -> None:
    """Neither a file written by hand, nor the challenger's pointer, nor a stranger's key."""
    point("b1")
    champion.refresh()
    (tmp_path / "b2").mkdir()
    (tmp_path / "b2" / "name").write_text("b2", encoding="utf-8")
    signed = json.loads((tmp_path / "champion.json").read_text(encoding="utf-8"))
    by_hand = signed | {"pointer": signed["pointer"] | {"version": "b2", "directory": "b2"}}
    write_pointer(tmp_path, "challenger", "b2", signing_key(tmp_path))
    write_pointer(tmp_path / "b2", "champion", "b2", signing_key(tmp_path / "stranger"))
    for content in (
        json.dumps(by_hand).encode(),
        json.dumps({"version": "b2", "directory": "b2"}).encode(),
        (tmp_path / "challenger.json").read_bytes(),
        (tmp_path / "b2" / "champion.json").read_bytes(),
    ):
        (tmp_path / "champion.json").write_bytes(content)
        champion.refresh()
        assert champion.require().version == "b1"
        assert champion.refusal is not None
        champion.refusal = None


def test_going_back_needs_no_reading(
    champion: Champion, point: Callable[..., None], tmp_path: Path
) -> None:
    point("b1")
    champion.refresh()
    first = champion.require()
    point("b2")
    champion.refresh()
    point("b1")
    (tmp_path / "b1" / "name").unlink()
    champion.refresh()
    assert champion.require() is first


def test_a_pointer_that_is_gone_changes_nothing(
    champion: Champion, point: Callable[..., None], tmp_path: Path
) -> None:
    point("b1")
    champion.refresh()
    (tmp_path / "champion.json").unlink()
    champion.refresh()
    assert champion.require().version == "b1"
