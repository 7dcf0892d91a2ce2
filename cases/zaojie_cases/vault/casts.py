"""Sealed casts: a person keeps one pseudonym in all texts of a case, whoever sends them.

A cast holds no name. It knows persons by hashes under a random key of its own, so that

- whoever opens it can test a name that he knows already, and read none;
- the same person has another hash in every case: no cast can be joined with another;
- the vault's key may change: hashes could not be made again from hashes, but key and hashes
  are sealed together and are only sealed anew.

A shortened form (老王, 王某, 建国) is resolved by the full names in the text that it stands in,
or else is a person of its own: earlier full names are hashes here. The parties in the vault
do not help out: the service cannot read them, and every reading of them is a person's doing.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zaojie_cases.errors import StoreError
from zaojie_cases.store.casts import CastRow, spent_letters
from zaojie_cases.vault import register
from zaojie_cases.vault.keys import KeyRing, VaultKey

_KEY_BYTES = 32
_HASH_DIGITS = 32


class Cast:
    """The letters of the persons of one case, by keyed hashes of their names."""

    def __init__(
        self, case_id: str, key: str | None = None, hashes: Mapping[str, str] | None = None
    ) -> None:
        self.case_id = case_id
        self.hashes = dict(hashes or {})
        """Letters by the hash of the name."""
        self.changed = False
        self._key = key or secrets.token_hex(_KEY_BYTES)

    def get(self, person: str) -> str | None:
        """Return the letter of ``person``, None if there is none yet."""
        return self.hashes.get(self._hash_of(person))

    def values(self) -> Collection[str]:
        """Return all letters that are given."""
        return self.hashes.values()

    def note(self, given: Mapping[str, str]) -> None:
        """Take the letters of persons, by name; one that has a letter already keeps it."""
        new = {self._hash_of(person): letter for person, letter in given.items()}
        self.changed |= not new.keys() <= self.hashes.keys()
        self.hashes = new | self.hashes

    def as_text(self) -> str:
        """Return the cast as it is sealed."""
        return json.dumps({"key": self._key, "hashes": self.hashes})

    def _hash_of(self, person: str) -> str:
        digest = hmac.digest(bytes.fromhex(self._key), person.encode(), "sha256")
        return digest.hex()[:_HASH_DIGITS]


class Casts:
    """Opens and seals the casts of cases with the keys of ``ring``."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def of(self, session: Session, case_ids: Collection[str]) -> dict[str, Cast]:
        """Return the casts of the cases, to be kept in the same transaction.

        One that is not there, or is damaged, is a new one: the letters in the texts are not
        given again, so the worst is that a person gets a second one. Raises StoreError
        unless the current key of the ring is in force. The cases should be locked.
        """
        if not case_ids:
            return {}
        register.check_for_writing(session, self._ring)
        casts = {case_id: Cast(case_id) for case_id in case_ids}
        chosen = select(CastRow.case_id, CastRow.key_id, CastRow.sealed)
        for case_id, key_id, sealed in session.execute(chosen.where(CastRow.case_id.in_(case_ids))):
            if key_id is None or sealed is None:
                continue
            with suppress(StoreError):
                opened = json.loads(self._ring.key(key_id).open(sealed, _bound_to(case_id)))
                casts[case_id] = Cast(case_id, **opened)
        return casts

    def keep(self, session: Session, casts: Iterable[Cast]) -> None:
        """Seal the casts that have changed; call it when their cases are written."""
        changed = {cast.case_id: cast for cast in casts if cast.changed}
        if not changed:
            return
        spent = spent_letters(session, changed)
        rows = [self._row(cast, spent.get(case_id, set())) for case_id, cast in changed.items()]
        if new := [row for row in rows if row["case_id"] not in spent]:
            session.execute(insert(CastRow), new)
        if known := [row for row in rows if row["case_id"] in spent]:
            session.execute(update(CastRow), known)

    def _row(self, cast: Cast, spent: set[str]) -> dict[str, Any]:
        key = self._ring.current
        return {
            "case_id": cast.case_id,
            "key_id": key.id,
            "sealed": key.seal(cast.as_text(), _bound_to(cast.case_id)),
            "letters": sorted(spent.union(cast.values())),
        }


def turn_cast(row: CastRow, old: VaultKey, new: VaultKey) -> None:
    """Seal the cast in ``row`` anew; of one that is damaged only the letters stay."""
    try:
        text = old.open(row.sealed or b"", _bound_to(row.case_id))
    except StoreError:
        row.key_id = row.sealed = None
        return
    row.key_id, row.sealed = new.id, new.seal(text, _bound_to(row.case_id))


def _bound_to(case_id: str) -> str:
    return f"cast\0{case_id}"
