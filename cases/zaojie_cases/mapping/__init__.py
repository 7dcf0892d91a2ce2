"""Mappings: which column of a source is what; guessed, drafted and checked."""

from __future__ import annotations

from zaojie_cases.mapping.model import (
    CASE_FIELDS,
    NARRATIVE,
    REQUIRED_FIELDS,
    Delay,
    EventRule,
    Mapping,
    OutcomeRule,
    Repeat,
    load_mapping,
    parse_mapping,
    shipped_mappings,
)
from zaojie_cases.mapping.source import Source

__all__ = [
    "CASE_FIELDS",
    "NARRATIVE",
    "REQUIRED_FIELDS",
    "Delay",
    "EventRule",
    "Mapping",
    "OutcomeRule",
    "Repeat",
    "Source",
    "load_mapping",
    "parse_mapping",
    "shipped_mappings",
]
