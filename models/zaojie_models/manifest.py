"""The manifest of a bundle: what it is, what it was made with, and the hash of each file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from zaojie_cases.errors import BundleError
from zaojie_features.fingerprint import fingerprint

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
FORMAT = 1


class Manifest(BaseModel):
    """What a bundle says of itself. ``version`` is derived from everything else in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    version: str
    fingerprint: str
    targets: tuple[str, ...]
    kinds: dict[str, Literal["binary", "one_of", "any_of"]]
    data_cut: str
    """Hash of the training data."""
    trained_until: str
    """Last moment known in the training data (ISO), or "" for undated data."""
    seed: int
    policy_version: str
    valid_for_hours: int
    libraries: dict[str, str]
    files: dict[str, str]
    """File name -> SHA-256."""

    def content_version(self) -> str:
        """Return the version that everything else in the manifest gives it."""
        body = self.model_dump(mode="json", exclude={"version"})
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(directory: Path) -> Manifest:
    """Return the verified manifest of ``directory``.

    Raises ``BundleError`` for a missing, changed or unreadable manifest, a file that is
    missing, changed or not listed, another format, or other feature code.
    """
    if not directory.is_dir():
        raise BundleError("没有这个模型包目录。请检查 --bundle 的路径，或先运行 zaojie fit。")
    path = directory / MANIFEST
    if not path.is_file():
        raise BundleError("目录里没有 manifest.json，不是早解的模型包。请检查路径。")
    try:
        found = json.loads(path.read_bytes())
        if found["format"] != FORMAT:
            raise BundleError("模型包的格式版本与本程序不同。请用同一版本的早解重新训练。")
        manifest = Manifest.model_validate(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            "模型包的 manifest.json 读不懂，文件可能损坏。请重新训练或重新复制。"
        ) from error
    if manifest.version != manifest.content_version():
        raise BundleError("模型包的 manifest.json 被改动或损坏。请重新复制或重新训练。")
    _check_files(directory, manifest)
    if manifest.fingerprint != fingerprint():
        raise BundleError(
            "模型包是用另一版特征代码或词典做的，用它评分结果会错。"
            "请用当前版本重新训练（zaojie fit 或 zaojie train），或换回当时的程序版本。"
        )
    return manifest


def _check_files(directory: Path, manifest: Manifest) -> None:
    present = {path.name for path in directory.iterdir()} - {MANIFEST, SIGNATURE}
    if surplus := sorted(present - set(manifest.files)):
        raise BundleError(
            "模型包里有清单之外的文件。请删除它，或重新复制模型包。", field=surplus[0]
        )
    for name, expected in manifest.files.items():
        if name not in present or not (directory / name).is_file():
            raise BundleError("模型包缺少文件。请重新复制整个目录。", field=name)
        if sha256_of(directory / name) != expected:
            raise BundleError("模型包的文件被改动或损坏。请重新复制或重新训练。", field=name)
