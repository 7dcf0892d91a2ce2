"""Who may open identities, and what for: the access policy."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from zaojie_cases.errors import InputError
from zaojie_cases.policy_files import load_policy
from zaojie_cases.vault.audit import Reading


class AccessPolicy(BaseModel):
    """A version, and for every purpose the roles that may open identities for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(min_length=1)
    purposes: dict[str, tuple[str, ...]] = Field(min_length=1)

    def check(self, reading: Reading) -> None:
        """Raise InputError unless the policy allows ``reading``."""
        if not reading.reader.strip() or not reading.purpose.strip() or not reading.role.strip():
            raise InputError("查看当事人身份要写明查看人、角色和用途", field="purpose")
        if reading.purpose not in self.purposes:
            raise InputError(
                f"没有这个用途：请从{'、'.join(self.purposes)}中选一个，细节写在说明里",
                field="purpose",
            )
        allowed = self.purposes[reading.purpose]
        if reading.role not in allowed:
            raise InputError(
                f"这个角色不能为“{reading.purpose}”查看当事人身份，允许的角色："
                f"{'、'.join(allowed) or '无'}",
                field="role",
            )


def load_access(path: Path | None = None) -> AccessPolicy:
    """Return the access policy in ``path``, by default the one that ships.

    Raises ConfigError with a sentence for each field at fault.
    """
    shipped = files("zaojie_cases.vault").joinpath("data", "access.yaml")
    return load_policy(path or shipped, AccessPolicy, "ZAOJIE_VAULT_POLICY")
