"""The retention policy: what is sealed and deleted after how many days."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaojie_cases.policy_files import load_policy

Days = Annotated[int, Field(ge=1, le=36_500)]
Folder = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaseTerms(_Part):
    """Days after a case was closed; None: never."""

    seal_after_days: Days | None = None
    delete_after_days: Days | None = None
    reseal_after_days: Days = 30

    @model_validator(mode="after")
    def _seal_first(self) -> Self:
        seal, delete = self.seal_after_days, self.delete_after_days
        if seal is not None and delete is not None and seal >= delete:
            raise ValueError("seal_after_days 要小于 delete_after_days：先封存，后删除")
        return self


class RetentionPolicy(_Part):
    """Terms for cases, and for files by their folder in the data directory."""

    version: str = Field(min_length=1)
    cases: CaseTerms
    files: dict[Folder, Days] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _only_what_can_be_made_again(self) -> Self:
        if kept := {"bundles", "receipts", "trusted", "mlartifacts"} & self.files.keys():
            raise ValueError(
                f"files 里不能写 {'、'.join(sorted(kept))}：这些不是可以重新生成的文件"
            )
        return self


def load_retention(path: Path | None = None) -> RetentionPolicy:
    """Return the policy in ``path``, by default the one that ships.

    Raises ConfigError with a sentence for each field at fault.
    """
    shipped = files("zaojie_cases.retention").joinpath("data", "retention.yaml")
    return load_policy(path or shipped, RetentionPolicy, "ZAOJIE_RETENTION_POLICY")
