from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from zaojie_cases.errors import BundleError
from zaojie_cases.history import HistoryEntry
from zaojie_cases.sketch import sketch_of
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import (
    dump_json,
    load_json,
    read_model,
    read_space,
    write_model,
    write_space,
    written_at_once,
)
from zaojie_models.ledger import read_ledger, write_ledger
from zaojie_models.manifest import MANIFEST

KINDS = ("harm", "topic", "elements")


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An older bundle where a new one is to go."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    (directory / MANIFEST).write_text("old", encoding="utf-8")
    return directory


def nothing_else(directory: Path) -> bool:
    """Tell that no scratch folder was left beside ``directory``."""
    return [path.name for path in directory.parent.iterdir()] == [directory.name]


def test_json_is_the_same_bytes_for_the_same_value(tmp_path: Path) -> None:
    dump_json(tmp_path / "a", {"乙": [1.5, None], "甲": "排水沟\u2028"})
    dump_json(tmp_path / "b", dict(reversed({"乙": [1.5, None], "甲": "排水沟\u2028"}.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert load_json(tmp_path / "a") == {"乙": [1.5, None], "甲": "排水沟\u2028"}


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[1,]"])
def test_json_that_cannot_be_read_is_a_bundle_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.json").write_bytes(raw)
    with pytest.raises(BundleError, match=r"读不懂.*重新") as refused:
        load_json(tmp_path / "a.json")
    assert refused.value.field == "a.json"


def test_a_text_space_is_read_as_it_was_written(tmp_path: Path, tiny) -> None:
    space = tiny.space()
    write_space(tmp_path, space)
    found = read_space(tmp_path)
    assert found.idf == space.idf
    assert found.terms() == space.terms()
    assert found.bounds == space.bounds


@pytest.mark.parametrize("name", KINDS)
def test_a_model_is_read_as_it_was_written(tmp_path: Path, tiny, name: str) -> None:
    model = tiny.models(tiny.space())[name]
    write_model(tmp_path, name, model)
    found = read_model(tmp_path, name)
    assert type(found) is type(model)
    own = vars(model).keys() - {"head", "_booster"}
    assert {key: getattr(found, key) for key in own} == {key: getattr(model, key) for key in own}
    for part in ("weights", "bias"):
        read, written = getattr(found.head, part), getattr(model.head, part)
        assert read.dtype == np.float64
        assert read.tobytes() == written.tobytes()


def test_a_model_without_rates_has_none(tmp_path: Path, tiny) -> None:
    columns = tiny.columns[:-2]
    model = tiny.binary(tiny.space(), rates=None, columns=columns, trees=tiny.trees(columns))
    write_model(tmp_path, "harm", model)
    found = read_model(tmp_path, "harm")
    assert found.rates is None
    assert found.columns == columns


def test_no_array_may_hold_objects(tmp_path: Path, tiny) -> None:
    """An array of objects is a pickle: reading one could run code."""
    write_model(tmp_path, "harm", tiny.binary(tiny.space()))
    np.save(tmp_path / "harm.head.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle"):
        read_model(tmp_path, "harm")


def test_a_ledger_is_read_as_it_was_written_in_order_of_time(tmp_path: Path, tiny) -> None:
    at = tiny.case().registered_at
    entries = [
        HistoryEntry("b", "A7", at, at, at, sketch_of("排水沟争执"), False),
        HistoryEntry("c", "", at.replace(year=2025)),
        HistoryEntry("a", "360122105203", at, at, None),
    ]
    write_ledger(tmp_path, entries)
    assert read_ledger(tmp_path) == (entries[1], entries[2], entries[0])
    before = contents(tmp_path)
    write_ledger(tmp_path, reversed(entries))
    assert contents(tmp_path) == before


def test_a_new_bundle_takes_the_place_of_the_old_one_whole(old: Path) -> None:
    (old / "left over").write_text("", encoding="utf-8")
    with written_at_once(old) as scratch:
        (scratch / MANIFEST).write_text("new", encoding="utf-8")
        assert contents(old)[MANIFEST] == b"old", "nothing changes before the end"
    assert contents(old) == {MANIFEST: b"new"}
    assert nothing_else(old)


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_bundle(old: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), written_at_once(old) as scratch:
        (scratch / MANIFEST).write_text("half", encoding="utf-8")
        raise error
    assert contents(old) == {MANIFEST: b"old"}
    assert nothing_else(old)


def test_a_failure_leaves_nothing_where_nothing_was(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "bundle"
    with pytest.raises(ValueError, match="half"), written_at_once(directory):
        raise ValueError("half")
    assert not directory.exists()
    assert list(directory.parent.iterdir()) == []


@pytest.mark.parametrize("there", ["folder", "file"])
def test_what_is_no_bundle_is_not_replaced(tmp_path: Path, there: str) -> None:
    directory = tmp_path / "mine"
    kept = directory
    if there == "folder":
        directory.mkdir()
        kept = directory / "letters.txt"
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(BundleError, match="换一个"), written_at_once(directory) as scratch:
        (scratch / MANIFEST).write_text("new", encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == "mine"
    assert nothing_else(directory)


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    directory = tmp_path / "bundle"
    directory.mkdir()
    with written_at_once(directory) as scratch:
        (scratch / MANIFEST).write_text("new", encoding="utf-8")
    assert contents(directory) == {MANIFEST: b"new"}


def damaged(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file of a bundle with one bit flipped at its start, middle or end."""
    for name, raw in contents(directory).items():
        for at in (0, len(raw) // 2, len(raw) - 2):
            yield name, raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def refusal(directory: Path) -> BundleError:
    with pytest.raises(BundleError) as refused:
        Bundle.load(directory)
    assert refused.value.message.endswith("。")
    return refused.value


def test_a_bundle_of_every_kind_is_read(bundle_dir: Path, tiny) -> None:
    bundle = Bundle.load(bundle_dir)
    assert bundle.target_names == KINDS
    assert bundle.version == bundle.manifest.content_version()
    [score] = bundle.score([tiny.snapshot()])
    assert [target.kind for target in score.targets] == ["binary", "one_of", "any_of"]


def test_a_flipped_bit_in_any_file_is_refused(bundle_dir: Path) -> None:
    whole = contents(bundle_dir)
    for name, raw in damaged(bundle_dir):
        (bundle_dir / name).write_bytes(raw)
        error = refusal(bundle_dir)
        assert error.field == name or (name == MANIFEST and "manifest" in error.message)
        (bundle_dir / name).write_bytes(whole[name])
    Bundle.load(bundle_dir)


def test_a_missing_file_is_refused(bundle_dir: Path) -> None:
    for name, raw in contents(bundle_dir).items():
        (bundle_dir / name).unlink()
        error = refusal(bundle_dir)
        assert name in {error.field, MANIFEST}
        (bundle_dir / name).write_bytes(raw)


@pytest.mark.parametrize("name", ["more.json", "evil.pkl", ".hidden", "folder"])
def test_a_file_more_is_refused(bundle_dir: Path, name: str) -> None:
    (bundle_dir / name).mkdir() if name == "folder" else (bundle_dir / name).write_bytes(b"")
    assert refusal(bundle_dir).field == name


def test_a_folder_in_place_of_a_file_is_refused(bundle_dir: Path) -> None:
    (bundle_dir / "text.json").unlink()
    (bundle_dir / "text.json").mkdir()
    assert refusal(bundle_dir).field == "text.json"


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"null", b'"x"', b"\xff", b'{"format": 1}'])
def test_a_manifest_that_says_nothing_is_refused(bundle_dir: Path, raw: bytes) -> None:
    (bundle_dir / MANIFEST).write_bytes(raw)
    assert "manifest.json" in refusal(bundle_dir).message


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    assert "没有这个模型包目录" in refusal(tmp_path / "none").message
    assert "不是早解的模型包" in refusal(tmp_path).message
    (tmp_path / "file").write_bytes(b"")
    assert "没有这个模型包目录" in refusal(tmp_path / "file").message


def test_another_format_is_named_as_such(bundle_dir: Path) -> None:
    path = bundle_dir / MANIFEST
    changed = json.loads(path.read_bytes()) | {"format": 2, "something new": True}
    path.write_text(json.dumps(changed), encoding="utf-8")
    assert "格式版本" in refusal(bundle_dir).message


@pytest.mark.parametrize(
    "change",
    [{"seed": 7}, {"version": "0" * 12}, {"policy_version": "q"}, {"targets": ["harm"]}],
)
def test_a_manifest_that_was_edited_is_refused(bundle_dir: Path, change: dict) -> None:
    path = bundle_dir / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change), encoding="utf-8")
    assert "被改动" in refusal(bundle_dir).message


def test_other_feature_code_is_refused(bundle_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zaojie_models.manifest.fingerprint", lambda: "0" * 64)
    assert "特征代码" in refusal(bundle_dir).message


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("text.json", b"{}"),
        ("text.json", b'{"word": 1}'),
        ("harm.json", b"{}"),
        ("harm.json", b'{"kind": "binary"}'),
        ("topic.json", b"[]"),
        ("harm.trees.txt", b"no trees"),
        ("harm.head.npy", b"no numbers"),
    ],
)
def test_nonsense_with_the_right_hash_is_refused_too(
    bundle_dir: Path, name: str, raw: bytes
) -> None:
    (bundle_dir / name).write_bytes(raw)
    _hash_again(bundle_dir)
    refusal(bundle_dir)


def test_a_forbidden_column_with_the_right_hash_is_refused_too(bundle_dir: Path) -> None:
    path = bundle_dir / "harm.json"
    path.write_bytes(path.read_bytes().replace(b'"hour"', b'"age"'))
    _hash_again(bundle_dir)
    refusal(bundle_dir)


def _hash_again(directory: Path) -> None:
    """Write a manifest that fits what is there, as somebody who means harm would."""
    from zaojie_models.bundle_files import write_manifest

    found = json.loads((directory / MANIFEST).read_bytes())
    (directory / MANIFEST).unlink()
    write_manifest(directory, {k: v for k, v in found.items() if k not in {"version", "files"}})


def test_the_version_is_of_the_content(bundle_dir: Path, tmp_path: Path, tiny) -> None:
    twin = tmp_path / "twin"
    twin.mkdir()
    assert tiny.write(twin).version == Bundle.load(bundle_dir).version
    assert contents(twin) == contents(bundle_dir)
    (tmp_path / "other").mkdir()
    models = tiny.models(tiny.space())
    del models["elements"]
    assert tiny.write(tmp_path / "other", models).version != Bundle.load(bundle_dir).version
