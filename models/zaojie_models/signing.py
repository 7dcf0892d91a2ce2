"""Signatures of bundles: promotion signs, a service trusts the keys in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from zaojie_cases.errors import BundleError
from zaojie_models.manifest import MANIFEST, SIGNATURE


def signing_key(home: Path) -> Ed25519PrivateKey:
    """Return the signing key of ``home``; the first call makes it and trusts its public half."""
    path = home / "signing.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        binary = getattr(os, "O_BINARY", 0)  # Windows would write line ends into the key
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(key.private_bytes_raw())
        trusted = trusted_keys(home)
        trusted.mkdir(parents=True, exist_ok=True)
        public = key.public_key().public_bytes_raw().hex()
        (trusted / f"{public[:16]}.pub").write_text(public + "\n", encoding="ascii")
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def trusted_keys(home: Path) -> Path:
    """Return the folder of public keys (hex, one a file) that the service of ``home`` trusts."""
    return home / "trusted"


def seal(content: bytes, key: Ed25519PrivateKey) -> dict[str, str]:
    """Return the signature of ``content``, as :func:`check_seal` reads it."""
    return {
        "algorithm": "ed25519",
        "public_key": key.public_key().public_bytes_raw().hex(),
        "signature": key.sign(content).hex(),
    }


def check_seal(found: Mapping[str, str], content: bytes, trusted: Path, *, what: str) -> None:
    """Raise ``BundleError`` unless ``found`` is the signature of ``content`` by a trusted key.

    ``what`` is signed, in Chinese.
    """
    try:
        keys = {path.read_text(encoding="ascii").strip() for path in trusted.glob("*.pub")}
        public, signature = str(found["public_key"]), bytes.fromhex(found["signature"])
        if public not in keys:
            raise BundleError(
                f"{what}不是由受信任的密钥签署的。"
                "请用 zaojie challenge 和 zaojie promote 上线，或登记公钥。"
            )
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, content)
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise BundleError(
            f"{what}的签名不对，内容可能被改动。请重新用 zaojie challenge 和 zaojie promote 上线。"
        ) from error


def sign(directory: Path, key: Ed25519PrivateKey) -> None:
    """Sign the manifest, and through its hashes every file of the bundle."""
    found = seal((directory / MANIFEST).read_bytes(), key)
    text = json.dumps(found, sort_keys=True, indent=1) + "\n"
    (directory / SIGNATURE).write_text(text, encoding="ascii")


def check_signature(directory: Path, trusted: Path) -> None:
    """Raise ``BundleError`` unless the bundle is signed by a key in ``trusted``."""
    try:
        found = json.loads((directory / SIGNATURE).read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise BundleError(
            "模型包没有签名。请用 zaojie challenge 和 zaojie promote 上线，它会签署模型包。"
        ) from error
    except ValueError:
        found = {}  # says the same as a signature that lacks its parts
    check_seal(found, (directory / MANIFEST).read_bytes(), trusted, what="模型包")
