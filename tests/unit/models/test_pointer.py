from __future__ import annotations

from pathlib import Path

import pytest

from zaojie_cases.errors import BundleError
from zaojie_models.pointer import Pointer, pointer_path, read_pointer, write_pointer
from zaojie_models.signing import seal, signing_key, trusted_keys


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    write_pointer(tmp_path, "champion", "b1", signing_key(tmp_path))
    return tmp_path


def test_what_is_written_is_read(bundles: Path) -> None:
    found = read_pointer(bundles, "champion", trusted_keys(bundles))
    assert (found.role, found.version, found.directory) == ("champion", "b1", "b1")
    write_pointer(bundles, "champion", "b2", signing_key(bundles))
    assert read_pointer(bundles, "champion", trusted_keys(bundles)).version == "b2"
    left = {path.name for path in bundles.iterdir()}
    assert left == {"champion.json", "signing.key", "trusted"}


def test_a_pointer_is_for_one_role(bundles: Path) -> None:
    pointer_path(bundles, "champion").rename(pointer_path(bundles, "challenger"))
    with pytest.raises(BundleError, match="另一个角色"):
        read_pointer(bundles, "challenger", trusted_keys(bundles))


def test_a_changed_pointer_is_refused(bundles: Path) -> None:
    path = pointer_path(bundles, "champion")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"version":"b1"', '"version":"b9"'), encoding="utf-8")
    with pytest.raises(BundleError, match="签名不对"):
        read_pointer(bundles, "champion", trusted_keys(bundles))


def test_a_stranger_is_not_trusted(bundles: Path, tmp_path: Path) -> None:
    signing_key(tmp_path / "other")
    with pytest.raises(BundleError, match="受信任"):
        read_pointer(bundles, "champion", trusted_keys(tmp_path / "other"))


@pytest.mark.parametrize("directory", ["..", ".", "../b1", "a/b", ""])
def test_it_stays_in_the_serving_store(bundles: Path, directory: str) -> None:
    pointer = Pointer(role="champion", version="b1", directory=directory)
    sealed = seal(pointer.signed_bytes(), signing_key(bundles))
    content = f'{{"pointer": {pointer.model_dump_json()}, "seal": {sealed!r}}}'.replace("'", '"')
    pointer_path(bundles, "champion").write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match="之外"):
        read_pointer(bundles, "champion", trusted_keys(bundles))


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"version": "b1"}'])
def test_what_is_no_pointer_is_refused(bundles: Path, raw: bytes) -> None:
    pointer_path(bundles, "champion").write_bytes(raw)
    with pytest.raises(BundleError, match="registry check"):
        read_pointer(bundles, "champion", trusted_keys(bundles))
