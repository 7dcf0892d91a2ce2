"""Reading the code tables that ship beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def table(name: str) -> dict[str, Any]:
    """Return the content of ``data/<name>.yaml``; read once a process, not to be changed."""
    text = files(__package__).joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def names(name: str) -> dict[str, str]:
    """Return code -> Chinese name of a table."""
    found: dict[str, str] = table(name)["names"]
    return found
