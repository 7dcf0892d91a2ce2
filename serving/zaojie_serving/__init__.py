"""Zaojie: serving. The HTTP API, warnings with their clocks, and the console."""

from __future__ import annotations

from zaojie_serving.app import create_app
from zaojie_serving.settings import ServingSettings

__all__ = ["ServingSettings", "create_app"]
