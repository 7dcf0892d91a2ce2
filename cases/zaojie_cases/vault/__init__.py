"""The vault: who the parties are, sealed, with its own key, its own roles and a reading log."""

from __future__ import annotations

from zaojie_cases.vault.keys import KeyRing, VaultKey, ring_of
from zaojie_cases.vault.sealing import Vault, open_vault

__all__ = ["KeyRing", "Vault", "VaultKey", "open_vault", "ring_of"]
