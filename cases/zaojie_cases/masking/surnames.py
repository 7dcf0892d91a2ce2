"""Family names: the regex that finds them and their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from zaojie_cases.masking.words import names


@cache
def surname_pattern() -> str:
    """Return the regex of one surname, two-character ones first."""
    singles = "".join(sorted(names().common | names().rare | names().doubtful))
    return f"(?:{'|'.join(sorted(names().compound))}|[{singles}])"


@cache
def kinds() -> Mapping[str, str]:
    """Return surname -> kind: ``compound``, ``pure``, ``common``, ``rare`` or ``doubtful``."""
    found = dict.fromkeys(names().doubtful, "doubtful") | dict.fromkeys(names().rare, "rare")
    found |= dict.fromkeys(names().common, "common")
    found |= dict.fromkeys(names().pure, "pure")
    return found | dict.fromkeys(names().compound, "compound")
