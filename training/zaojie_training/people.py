"""Named persons who sign a step, and their reasons."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from zaojie_training.errors import RegistryError


def named(name: str) -> str:
    """Return a name fit for the record. Raises ``RegistryError`` for an empty one."""
    found = " ".join(unicodedata.normalize("NFKC", name).split())
    if not found:
        raise RegistryError("要写明是谁：请用 --by 给出姓名。", field="by")
    return found


def reasoned(reason: str) -> str:
    """Return a reason fit for the record. Raises ``RegistryError`` for an empty one."""
    found = " ".join(reason.split())
    if not found:
        raise RegistryError("要写明理由：请用 --reason 给出。", field="reason")
    return found


def persons(names: Iterable[str]) -> dict[str, str]:
    """Return who stands behind ``names``: one entry a person, however the name is spaced."""
    return {named(name).replace(" ", "").casefold(): named(name) for name in names}
