"""Where Zaojie keeps its things; every value can be set as ``ZAOJIE_<NAME>``."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings shared by all rooms, read from the environment or a ``.env`` file."""

    model_config = SettingsConfigDict(env_prefix="ZAOJIE_", env_file=".env", extra="ignore")

    home: Path = Path(".zaojie")
    database_url: str | None = None
    mlflow_uri: str | None = None
    vault_key: SecretStr | None = None
    """Base64 of 32 bytes; without it identity fields are dropped at import."""
    vault_key_file: Path | None = None
    """A file that holds the key, readable by its owner only; instead of ``vault_key``."""
    vault_old_key: SecretStr | None = None
    vault_old_key_file: Path | None = None
    """The key before, while a rotation is on its way: it opens, it does not seal."""
    vault_policy: Path | None = None
    """Who may open identities and what for; the policy that ships unless set."""
    retention_policy: Path | None = None
    """What is sealed and deleted when; the policy that ships unless set."""

    @property
    def store_url(self) -> str:
        """SQLAlchemy address of the record store; embedded SQLite unless set."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'zaojie.db'}"

    @property
    def receipts(self) -> Path:
        """Receipts of what retention and forgetting have done."""
        return self.home.resolve() / "receipts"

    @property
    def tracking_uri(self) -> str:
        """MLflow address; an embedded SQLite file unless set."""
        return self.mlflow_uri or f"sqlite:///{self.home.resolve() / 'mlflow.db'}"

    @property
    def artifacts(self) -> Path:
        """Where the embedded MLflow keeps artifacts."""
        return self.home.resolve() / "mlartifacts"

    @property
    def bundles(self) -> Path:
        """The serving store: verified bundles and the pointer to the champion."""
        return self.home.resolve() / "bundles"
