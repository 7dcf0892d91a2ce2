"""The record store: cases, time lines, outcomes and the vault's tables, in one database."""

from __future__ import annotations

from zaojie_cases.store.imports import ImportKey, ImportRow
from zaojie_cases.store.merge import Entry, ImportCount, merge
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import Base

__all__ = ["Base", "Entry", "ImportCount", "ImportKey", "ImportRow", "Store", "merge"]
