from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from zaojie_cases.errors import ConfigError, InputError, StoreError
from zaojie_cases.settings import Settings
from zaojie_cases.vault import KeyRing, VaultKey, ring_of
from zaojie_cases.vault.access import load_access
from zaojie_cases.vault.keys import read_key_file, write_new_key

POSIX = pytest.mark.skipif(os.name != "posix", reason="only POSIX files have a mode")


def secret(byte: int) -> SecretStr:
    return SecretStr(base64.b64encode(bytes([byte]) * 32).decode())


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "vault.key"
    write_new_key(path)
    return path


@POSIX
def test_a_new_key_is_for_its_owner_only_and_never_overwrites(key_file: Path) -> None:
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    before = key_file.read_bytes()
    assert len(base64.b64decode(before)) == 32
    with pytest.raises(InputError, match="不会覆盖"):
        write_new_key(key_file)
    assert key_file.read_bytes() == before


def test_two_new_keys_differ(tmp_path: Path, key_file: Path) -> None:
    write_new_key(tmp_path / "other.key")
    assert (tmp_path / "other.key").read_bytes() != key_file.read_bytes()


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_key_file_that_others_can_use_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        ring_of(settings(vault_key_file=key_file))


def test_a_key_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError):
            read_key_file(path, "ZAOJIE_VAULT_KEY_FILE")


def test_the_key_comes_from_the_environment_or_a_file_not_both(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ring_of(settings()) is None
    from_file = ring_of(settings(vault_key_file=key_file))
    monkeypatch.setenv("ZAOJIE_VAULT_KEY", key_file.read_text().strip())
    from_environment = ring_of(settings())
    assert from_file and from_environment
    assert from_file.current.id == from_environment.current.id
    with pytest.raises(ConfigError, match="请只留一个") as caught:
        ring_of(settings(vault_key_file=key_file))
    assert key_file.read_text().strip() not in str(caught.value)


def test_the_old_key_opens_and_does_not_seal(key_file: Path) -> None:
    ring = ring_of(settings(vault_key=secret(1), vault_old_key_file=key_file))
    assert ring and ring.current.id == VaultKey(secret(1)).id
    assert [key.id for key in ring.previous] == [
        VaultKey(read_key_file(key_file, "x")).id,
    ]
    same = ring_of(settings(vault_key=secret(1), vault_old_key=secret(1)))
    assert same and same.previous == ()
    with pytest.raises(ConfigError, match="没有在用的密钥"):
        ring_of(settings(vault_old_key_file=key_file))


def test_a_ring_turns_without_losing_a_key() -> None:
    one, two, three = (VaultKey(secret(n)) for n in (1, 2, 3))
    ring = KeyRing(one).turned_to(two).turned_to(three)
    assert [key.id for key in ring] == [three.id, two.id, one.id]
    assert [key.id for key in ring.turned_to(two)] == [two.id, three.id, one.id]
    assert ring.key(one.id) is one
    with pytest.raises(StoreError, match="另一把密钥"):
        KeyRing(one).key(two.id)


def test_what_is_sealed_opens_with_its_key_and_place_only() -> None:
    one, two = VaultKey(secret(1)), VaultKey(secret(2))
    sealed = one.seal("文字", "here")
    assert one.open(sealed, "here") == "文字"
    for key, place in ((two, "here"), (one, "there")):
        with pytest.raises(StoreError, match="被改动"):
            key.open(sealed, place)
    with pytest.raises(StoreError, match="被改动"):
        one.open(b"", "here")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("version: ''\npurposes: {回访: [调解员]}", "version"),
        ("version: '1'\npurposes: {}", "purposes"),
        ("version: '1'\npurposes: {回访: 调解员}", r"purposes\.回访"),
        ("version: '1'\nmore: 1\npurposes: {回访: [调解员]}", "more"),
        ("[", "不是正确的 YAML"),
        ("- 1", "键: 值"),
    ],
)
def test_an_access_policy_is_checked_field_by_field(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "access.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load_access(path)
