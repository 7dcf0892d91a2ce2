"""A hash that stands for something without telling it."""

from __future__ import annotations

import hashlib
import json


def salted(salt: str, *parts: str) -> str:
    """Return the salted SHA-256 that stands for ``parts``; without the salt it says nothing."""
    return hashlib.sha256(json.dumps([salt, *parts]).encode()).hexdigest()
