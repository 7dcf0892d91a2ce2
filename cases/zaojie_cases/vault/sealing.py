"""Sealing and opening the parties of cases.

Sealed with AES-GCM under a random nonce and bound to case and token, so that a row that
was moved or altered does not open. Every opening is written down before it is answered.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from zaojie_cases.record import Party
from zaojie_cases.settings import Settings
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import VaultPartyRow
from zaojie_cases.vault import register
from zaojie_cases.vault.access import AccessPolicy, load_access
from zaojie_cases.vault.audit import Reading, record
from zaojie_cases.vault.casts import Casts
from zaojie_cases.vault.keys import KeyRing, VaultKey, ring_of

_PHONE_DIGITS = 11
Place = tuple[str, str]
"""Where a party is kept: its case and its token."""


class Vault:
    """Seals and opens the identity of parties.

    ``key`` is the base64 of 32 bytes, or a ring of keys while a rotation is on its way;
    ``access`` says who may open what for. Raises ConfigError for a wrong key.
    """

    def __init__(
        self, store: Store, key: SecretStr | KeyRing, access: AccessPolicy | None = None
    ) -> None:
        self.ring = key if isinstance(key, KeyRing) else KeyRing(VaultKey(key))
        self.casts = Casts(self.ring)
        self._store = store
        self._access = access or load_access()

    def token_of(self, party: Party) -> str:
        """Return the keyed hash that stands for the person, the same in every case.

        By the identity number, else by name and phone together. A name or a phone alone
        is shared by many people; the token then holds for this case only.
        """
        return token_under(self.ring.current, party)

    def keep(self, session: Session, parties: Iterable[Party]) -> int:
        """Seal ``parties`` in the transaction of ``session``; return how many were news.

        :meth:`token_of` replaces the token that a party comes with. One that is still
        sealed with an earlier key moves to the current one. Raises StoreError unless the
        current key is in force.
        """
        given = {(p.case_id, self.token_of(p)): p for p in parties}
        if not given:
            return 0
        register.check_for_writing(session, self.ring)
        known = _digests(session, {case_id for case_id, _ in given})
        new, changed, news = [], [], 0
        for place, party in given.items():
            was = next((w for w in self._names(party) if w.place in known), None)
            differs = was is None or known[was.place] != digest_under(was.key, was.party)
            if was is None:
                new.append(sealed_under(self.ring.current, party))
            elif differs or was.place != place:
                changed.append(replacing(was.place, sealed_under(self.ring.current, party)))
            news += differs
        if new:
            session.execute(insert(VaultPartyRow), new)
        replace_rows(session, changed)
        return news

    def read(
        self, case_id: str, *, reader: str, role: str, purpose: str, note: str = ""
    ) -> tuple[Party, ...]:
        """Return the parties of the case; who reads, as what and what for is recorded first.

        Raises InputError without a reader, or for a role or purpose that the access policy
        does not allow; StoreError for a wrong key or an altered row.
        """
        reading = Reading(case_id, reader, role, purpose, note)
        self._access.check(reading)
        with self._store.session() as session:
            register.check_for_reading(session, self.ring)
            chosen = select(VaultPartyRow).where(VaultPartyRow.case_id == case_id)
            rows = session.scalars(chosen.order_by(VaultPartyRow.party_token)).all()
            record(session, reading, parties=len(rows))
        return tuple(opened(self.ring.key(row.key_id), row) for row in rows)

    def _names(self, party: Party) -> Iterator[_Name]:
        """Yield under which keys and tokens ``party`` may be stored, the right one first."""
        for key in self.ring:
            yield _Name(key, _named(party, token_under(key, party)))
            yield _Name(key, _named(party, _token_by_position(key, party)))


@dataclass(frozen=True, slots=True)
class _Name:
    key: VaultKey
    party: Party

    @property
    def place(self) -> Place:
        return self.party.case_id, self.party.party_token


def open_vault(store: Store, settings: Settings) -> Vault | None:
    """Return the vault with the keys of ``settings``, None without a key."""
    ring = ring_of(settings)
    return Vault(store, ring, load_access(settings.vault_policy)) if ring else None


def token_under(key: VaultKey, party: Party) -> str:
    """Return :meth:`Vault.token_of` under ``key``; the party's own token does not count."""
    id_no, name, phone = _identity(party)
    if id_no:
        return key.keyed("id_no", id_no)
    if name and phone:
        return key.keyed("name and phone", name, phone[-_PHONE_DIGITS:])
    return key.keyed("case only", _text_of(party.model_copy(update={"party_token": ""})))


def sealed_under(key: VaultKey, party: Party) -> dict[str, Any]:
    """Return the column values of ``party`` sealed with ``key``, under its token there."""
    party = _named(party, token_under(key, party))
    return {
        "case_id": party.case_id,
        "party_token": party.party_token,
        "key_id": key.id,
        "digest": digest_under(key, party),
        "sealed": key.seal(_text_of(party), _bound_to(party.party_token, party.case_id)),
    }


def opened(key: VaultKey, row: VaultPartyRow) -> Party:
    """Return the party of ``row``; raises StoreError if the row was moved or altered."""
    return Party.model_validate_json(key.open(row.sealed, _bound_to(row.party_token, row.case_id)))


def digest_under(key: VaultKey, party: Party) -> str:
    """Return the keyed hash of all that is known of ``party``."""
    return key.keyed("content", _text_of(party))


def replacing(place: Place, values: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` for :func:`replace_rows`, to stand for the row at ``place``."""
    changing = {name: value for name, value in values.items() if name != "case_id"}
    return changing | {"old_case": place[0], "old_token": place[1]}


def replace_rows(session: Session, changes: Sequence[dict[str, Any]]) -> None:
    """Write ``changes`` over the rows that they replace, tokens included."""
    if not changes:
        return
    statement = (
        update(VaultPartyRow)
        .where(
            VaultPartyRow.case_id == bindparam("old_case"),
            VaultPartyRow.party_token == bindparam("old_token"),
        )
        .values({name: bindparam(name) for name in ("party_token", "key_id", "digest", "sealed")})
    )
    session.connection().execute(statement, list(changes))


def _digests(session: Session, case_ids: set[str]) -> dict[Place, str]:
    stored = select(VaultPartyRow.case_id, VaultPartyRow.party_token, VaultPartyRow.digest)
    rows = session.execute(stored.where(VaultPartyRow.case_id.in_(case_ids)))
    return {(case_id, token): digest for case_id, token, digest in rows}


def _token_by_position(key: VaultKey, party: Party) -> str:
    """Return the token that version 0.1.0 gave to parties known in one case only."""
    _, name, phone = _identity(party)
    return key.keyed("case", party.case_id, name, phone, _text_of(party))


def _named(party: Party, token: str) -> Party:
    return party.model_copy(update={"party_token": token})


def _identity(party: Party) -> tuple[str, str, str]:
    id_no, name, phone = (_bare(party.identity.get(k, "")) for k in ("id_no", "name", "phone"))
    return id_no, name, phone


def _bare(text: str) -> str:
    """Letters and digits only, half-width, upper case: as people write the same number."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def _text_of(party: Party) -> str:
    return json.dumps(party.model_dump(), ensure_ascii=False, sort_keys=True)


def _bound_to(party_token: str, case_id: str) -> str:
    return f"{party_token}\0{case_id}"
