"""Keys of the vault: where they come from, and what is sealed and hashed with one."""

from __future__ import annotations

import base64
import hmac
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from zaojie_cases.errors import ConfigError, InputError, StoreError
from zaojie_cases.settings import Settings

KEY_BYTES = 32
_NONCE_BYTES = 12
_MAX_KEY_FILE = 1024


class VaultKey:
    """One key: AES-GCM under random nonces, and keyed hashes.

    ``secret`` is the base64 of 32 bytes; raises ConfigError if it is not.
    """

    def __init__(self, secret: SecretStr) -> None:
        derived = HKDF(SHA256(), 2 * KEY_BYTES, salt=None, info=b"zaojie vault 1").derive(
            _decoded(secret.get_secret_value())
        )
        self._cipher = AESGCM(derived[:KEY_BYTES])
        self._hash_key = derived[KEY_BYTES:]
        self.id = self.keyed("key id")[:16]

    def keyed(self, *parts: str) -> str:
        """Return the keyed hash of ``parts``, in hexadecimal."""
        return hmac.digest(self._hash_key, json.dumps(parts).encode(), "sha256").hex()

    def seal(self, text: str, bound: str) -> bytes:
        """Return ``text`` sealed so that it opens with the same ``bound`` only."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), bound.encode())

    def open(self, sealed: bytes, bound: str) -> str:
        """Return the sealed text; raises StoreError if it was moved or altered."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, bound.encode()).decode()
        except (InvalidTag, TypeError, ValueError) as error:  # SQLite keeps text in any column
            raise StoreError(
                "身份保险库里有一条记录被改动或已损坏，打不开：请从备份恢复"
            ) from error


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key that seals, and earlier ones that still open while a rotation is on its way."""

    current: VaultKey
    previous: tuple[VaultKey, ...] = ()

    def __iter__(self) -> Iterator[VaultKey]:
        return iter((self.current, *self.previous))

    def key(self, key_id: str) -> VaultKey:
        """Return the key with this id; raises StoreError if it is not on the ring."""
        found = next((key for key in self if key.id == key_id), None)
        if found is None:
            raise StoreError(
                f"身份保险库里有用另一把密钥（编号 {key_id}）封存的记录："
                "请在 ZAOJIE_VAULT_KEY_FILE 或 ZAOJIE_VAULT_KEY 给出正在使用的密钥"
                "（轮换过的，是新的那把）；正在轮换时，"
                "请用 ZAOJIE_VAULT_OLD_KEY_FILE 同时给出旧密钥"
            )
        return found

    def turned_to(self, new: VaultKey) -> KeyRing:
        """Return the ring with ``new`` in force and all other keys kept for opening."""
        return KeyRing(new, tuple(key for key in self if key.id != new.id))


def ring_of(settings: Settings) -> KeyRing | None:
    """Return the keys that the settings give, None without one.

    Raises ConfigError for a key given twice, a file that is missing or that others can
    read, or something that is no key.
    """
    current = _given(settings.vault_key, settings.vault_key_file, "ZAOJIE_VAULT_KEY")
    old = _given(settings.vault_old_key, settings.vault_old_key_file, "ZAOJIE_VAULT_OLD_KEY")
    if current is None:
        if old is not None:
            raise ConfigError(
                "只给了旧密钥，没有在用的密钥：请设置 ZAOJIE_VAULT_KEY_FILE",
                field="ZAOJIE_VAULT_OLD_KEY",
            )
        return None
    key = VaultKey(current)
    return KeyRing(VaultKey(old), ()).turned_to(key) if old else KeyRing(key)


def read_key_file(path: Path, name: str) -> SecretStr:
    """Return the key in the file; ``name`` is the setting or option to blame in an error."""
    try:
        with path.open("rb") as file:
            _check_private(os.fstat(file.fileno()), path, name)
            content = file.read(_MAX_KEY_FILE)
    except OSError as error:
        raise ConfigError(f"读不了密钥文件 {path.name}：请核对路径和权限", field=name) from error
    return SecretStr(content.decode("ascii", "replace").strip())


def write_new_key(path: Path) -> None:
    """Write a new random key to ``path``, readable by its owner only.

    Raises InputError if something is there: a key that is overwritten is lost for ever.
    """
    try:
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise InputError(
            f"{path.name} 已经存在，不会覆盖：被覆盖的密钥找不回来。请换一个文件名"
        ) from None
    with os.fdopen(number, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _given(secret: SecretStr | None, file: Path | None, name: str) -> SecretStr | None:
    if secret is not None and file is not None:
        raise ConfigError(
            f"{name} 和 {name}_FILE 同时设置了，不知道该用哪一把密钥：请只留一个", field=name
        )
    return read_key_file(file, f"{name}_FILE") if file else secret


def _check_private(found: os.stat_result, path: Path, name: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path.name} 不是普通文件，不能当密钥文件", field=name)
    if os.name == "posix" and found.st_mode & 0o077:
        raise ConfigError(
            f"密钥文件 {path.name} 别人也能读，不能用：请运行 chmod 600 {path.name}，"
            "并考虑这把密钥可能已经泄露，需要轮换",
            field=name,
        )


def _decoded(key: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) != KEY_BYTES:
        raise ConfigError(
            "保险库密钥要是 32 个字节的 Base64"
            "（可用 zaojie vault new-key 或 openssl rand -base64 32 生成）",
            field="ZAOJIE_VAULT_KEY",
        )
    return decoded
