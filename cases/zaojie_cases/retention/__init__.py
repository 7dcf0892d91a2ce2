"""How long things are kept: sealing and deleting by policy, and forgetting one case."""

from __future__ import annotations
