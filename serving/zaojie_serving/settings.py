"""Settings of the service; every value can be set as ``ZAOJIE_<NAME>``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, HttpUrl

from zaojie_cases.settings import Settings


class ServingSettings(Settings):
    """What the service needs to know beside the settings shared by all rooms."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    demo: bool = False
    """Callers on this machine need no key; refused on any other address."""
    mlflow_url: HttpUrl | None = None
    """Where people open the MLflow pages; shown as a link on the console."""
    policy: Path | None = None
    """Policy file; the shipped policy unless set."""
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1_024)
    poll_seconds: float = Field(default=1.0, gt=0)
    """How often the champion pointer and the record store are looked at for changes."""
