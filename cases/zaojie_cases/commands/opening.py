"""Opening the record store for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zaojie_cases.store import Store


def open_store() -> Store:
    """Return the store of the settings, brought to the schema of this code."""
    from zaojie_cases.settings import Settings  # noqa: PLC0415
    from zaojie_cases.store import Store  # noqa: PLC0415

    store = Store(Settings().store_url)
    store.upgrade()
    return store
