"""Signed pointers: which bundle of the serving store has which role.

``<bundles>/<role>.json`` names a bundle and is signed together with its role. A service follows
these files and nothing else: neither an alias that somebody moves in MLflow, nor a file written
by hand, nor a challenger's pointer under the champion's name.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, ValidationError

from zaojie_cases.errors import BundleError
from zaojie_models.signing import check_seal, seal

Role = Literal["champion", "challenger", "previous"]


class Pointer(BaseModel):
    """A role, and the bundle that has it: version and directory within the serving store."""

    model_config = ConfigDict(frozen=True)

    role: Role
    version: str
    directory: str

    def signed_bytes(self) -> bytes:
        """Return what the signature covers."""
        return json.dumps(self.model_dump(), sort_keys=True).encode()


class _Written(BaseModel):
    pointer: Pointer
    seal: dict[str, str]


def pointer_path(bundles: Path, role: Role) -> Path:
    """Return where the pointer of ``role`` lies."""
    return bundles / f"{role}.json"


def write_pointer(bundles: Path, role: Role, version: str, key: Ed25519PrivateKey) -> None:
    """Let ``role`` name the bundle ``version``, at once and for good."""
    pointer = Pointer(role=role, version=version, directory=version)
    written = _Written(pointer=pointer, seal=seal(pointer.signed_bytes(), key))
    _replace(pointer_path(bundles, role), written.model_dump_json() + "\n")


def read_pointer(bundles: Path, role: Role, trusted: Path) -> Pointer:
    """Return the pointer of ``role``.

    Raises ``BundleError`` if it cannot be read, is not signed by a key in ``trusted``, was made
    for another role, or leads out of the serving store.
    """
    path = pointer_path(bundles, role)
    try:
        written = _Written.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BundleError(
            f"{path.name} 读不了或格式不对。请运行 zaojie registry check --mend 重写它。"
        ) from error
    pointer = written.pointer
    check_seal(written.seal, pointer.signed_bytes(), trusted, what=path.name)
    if pointer.role != role:
        raise BundleError(f"{path.name} 是为另一个角色签署的。请运行 zaojie registry check。")
    if Path(pointer.directory).name != pointer.directory or pointer.directory in {"", ".", ".."}:
        raise BundleError(f"{path.name} 指向模型目录之外。请运行 zaojie registry check。")
    return pointer


def _replace(path: Path, text: str) -> None:
    """Write so that a reader sees the old file or the new one, whole."""
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(scratch).replace(path)
