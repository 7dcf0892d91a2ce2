from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from zaojie_cases.errors import BundleError
from zaojie_models.bundle import Bundle
from zaojie_models.manifest import MANIFEST, SIGNATURE
from zaojie_models.signing import check_signature, sign, signing_key, trusted_keys


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def signed(bundle_dir: Path, home: Path) -> Path:
    sign(bundle_dir, signing_key(home))
    return bundle_dir


def refusal(directory: Path, trusted: Path) -> BundleError:
    with pytest.raises(BundleError) as refused:
        Bundle.load(directory, trusted=trusted)
    assert refused.value.message.endswith("。")
    return refused.value


def test_a_signed_bundle_is_read(signed: Path, home: Path) -> None:
    assert Bundle.load(signed, trusted=trusted_keys(home)).version
    assert Bundle.load(signed).version, "without trust nobody asks for a signature"


def test_a_home_keeps_one_key_that_only_its_owner_reads(home: Path) -> None:
    first = signing_key(home).public_key().public_bytes_raw()
    assert signing_key(home).public_key().public_bytes_raw() == first
    [public] = trusted_keys(home).iterdir()
    assert public.read_text(encoding="ascii").strip() == first.hex()
    if os.name == "posix":
        assert stat.S_IMODE((home / "signing.key").stat().st_mode) == 0o600
    assert len((home / "signing.key").read_bytes()) == 32


def test_a_bundle_without_a_signature_is_refused(bundle_dir: Path, home: Path) -> None:
    signing_key(home)
    assert "没有签名" in refusal(bundle_dir, trusted_keys(home)).message


def test_another_key_is_not_trusted(signed: Path, tmp_path: Path) -> None:
    signing_key(tmp_path / "elsewhere")
    assert "受信任" in refusal(signed, trusted_keys(tmp_path / "elsewhere")).message


def test_who_trusts_nobody_reads_nothing(signed: Path, tmp_path: Path) -> None:
    assert "受信任" in refusal(signed, tmp_path / "no such folder").message


def test_a_key_that_is_taken_away_is_no_longer_trusted(signed: Path, home: Path) -> None:
    for public in trusted_keys(home).iterdir():
        public.unlink()
    refusal(signed, trusted_keys(home))


def test_a_signature_of_another_manifest_is_refused(signed: Path, home: Path) -> None:
    path = signed / MANIFEST
    path.write_bytes(path.read_bytes() + b"\n")  # the same meaning in other bytes
    assert Bundle.load(signed).version
    assert "签名不对" in refusal(signed, trusted_keys(home)).message


def change(directory: Path, **parts: object) -> None:
    path = directory / SIGNATURE
    path.write_text(json.dumps(json.loads(path.read_bytes()) | parts), encoding="ascii")


@pytest.mark.parametrize("parts", [{"signature": "00" * 64}, {"signature": "zz"}, {"signature": 5}])
def test_a_wrong_signature_is_refused(signed: Path, home: Path, parts: dict) -> None:
    change(signed, **parts)
    assert "签名不对" in refusal(signed, trusted_keys(home)).message


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'"x"'])
def test_a_signature_that_cannot_be_read_is_refused(signed: Path, home: Path, raw: bytes) -> None:
    (signed / SIGNATURE).write_bytes(raw)
    refusal(signed, trusted_keys(home))


def test_anothers_public_key_does_not_help(signed: Path, home: Path, tmp_path: Path) -> None:
    """The bundle is signed by one key and claims another, trusted one."""
    mine = signing_key(tmp_path / "mine")
    sign(signed, mine)
    theirs = signing_key(home).public_key().public_bytes_raw().hex()
    change(signed, public_key=theirs)
    assert "签名不对" in refusal(signed, trusted_keys(home)).message


@pytest.mark.parametrize("raw", ["密钥".encode(), b"not a key"])
def test_a_damaged_public_key_is_not_trusted(signed: Path, home: Path, raw: bytes) -> None:
    for public in trusted_keys(home).iterdir():
        public.write_bytes(raw)
    refusal(signed, trusted_keys(home))


def test_signing_again_changes_nothing(signed: Path, home: Path) -> None:
    before = (signed / SIGNATURE).read_bytes()
    sign(signed, signing_key(home))
    assert (signed / SIGNATURE).read_bytes() == before
    check_signature(signed, trusted_keys(home))
