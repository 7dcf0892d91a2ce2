"""The vault: who the parties are, sealed, with its own key.

Sealed with AES-GCM under a random nonce and bound to case and token, so that a row that
was moved or altered does not open. Every opening is written down before it is answered.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.errors import ConfigError, InputError, StoreError
from zaojie_cases.record import SHANGHAI, Party
from zaojie_cases.store.merge import Pending
from zaojie_cases.store.repository import Store
from zaojie_cases.store.tables import VaultPartyRow, VaultReadRow

_KEY_BYTES = 32
_NONCE_BYTES = 12
_PHONE_DIGITS = 11


class Vault:
    """Seals and opens the identity of parties.

    ``key`` is the base64 of 32 bytes; raises ConfigError if it is not.
    """

    def __init__(self, store: Store, key: SecretStr) -> None:
        derived = HKDF(SHA256(), 2 * _KEY_BYTES, salt=None, info=b"zaojie vault 1").derive(
            _decoded(key.get_secret_value())
        )
        self._store = store
        self._cipher = AESGCM(derived[:_KEY_BYTES])
        self._hash_key = derived[_KEY_BYTES:]
        self._key_id = self._keyed("key id")[:16]

    def token_of(self, party: Party) -> str:
        """Return the keyed hash that stands for the person, the same in every case.

        By the identity number, else by name and phone together. A name or a phone alone
        is shared by many people; the token then holds for this case only.
        """
        id_no, name, phone = (_bare(party.identity.get(k, "")) for k in ("id_no", "name", "phone"))
        if id_no:
            return self._keyed("id_no", id_no)
        if name and phone:
            return self._keyed("name and phone", name, phone[-_PHONE_DIGITS:])
        return self._keyed("case", party.case_id, name, phone, _text_of(party))

    def keep(self, session: Session, parties: Iterable[Party]) -> int:
        """Seal ``parties`` in the transaction of ``session``; return how many were news.

        :meth:`token_of` replaces the token that a party comes with. Raises StoreError if
        the vault was sealed with another key.
        """
        tokens = [p.model_copy(update={"party_token": self.token_of(p)}) for p in parties]
        self._check_key(session)
        stored = select(VaultPartyRow.case_id, VaultPartyRow.party_token, VaultPartyRow.digest)
        known = session.execute(
            stored.where(VaultPartyRow.case_id.in_({p.case_id for p in tokens}))
        )
        pending: Pending[Party, str] = Pending({(row[0], row[1]): row[2] for row in known})
        news = sum(pending.put((p.case_id, p.party_token), self._digest(p), p) for p in tokens)
        pending.write(session, VaultPartyRow, self._sealed)
        return news

    def read(self, case_id: str, *, reader: str, purpose: str) -> tuple[Party, ...]:
        """Return the parties of the case; who reads and what for is recorded first.

        Raises InputError without reader or purpose, StoreError for a wrong key or an
        altered row.
        """
        if not reader.strip() or not purpose.strip():
            raise InputError("查看当事人身份要写明查看人和用途", field="purpose")
        with self._store.session() as session:
            self._check_key(session)
            chosen = select(VaultPartyRow).where(VaultPartyRow.case_id == case_id)
            rows = session.scalars(chosen.order_by(VaultPartyRow.party_token)).all()
            session.add(
                VaultReadRow(
                    at=datetime.now(SHANGHAI),
                    case_id=case_id,
                    reader=reader,
                    purpose=purpose,
                    parties=len(rows),
                )
            )
        return tuple(self._opened(row) for row in rows)

    def _sealed(self, party: Party) -> dict[str, Any]:
        nonce = os.urandom(_NONCE_BYTES)
        bound = _bound_to(party.party_token, party.case_id)
        return {
            "case_id": party.case_id,
            "party_token": party.party_token,
            "key_id": self._key_id,
            "digest": self._digest(party),
            "sealed": nonce + self._cipher.encrypt(nonce, _text_of(party).encode(), bound),
        }

    def _opened(self, row: VaultPartyRow) -> Party:
        nonce, sealed = row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:]
        try:
            text = self._cipher.decrypt(nonce, sealed, _bound_to(row.party_token, row.case_id))
        except InvalidTag as error:
            raise StoreError(
                "身份保险库里有一条记录被改动或已损坏，打不开：请从备份恢复"
            ) from error
        return Party.model_validate_json(text)

    def _check_key(self, session: Session) -> None:
        # All rows are sealed with one key, so any row tells.
        if session.scalar(select(VaultPartyRow.key_id).limit(1)) not in (None, self._key_id):
            raise StoreError("身份保险库是用另一把密钥封存的：请把 ZAOJIE_VAULT_KEY 改回原来的密钥")

    def _digest(self, party: Party) -> str:
        return self._keyed("content", _text_of(party))

    def _keyed(self, *parts: str) -> str:
        return hmac.digest(self._hash_key, json.dumps(parts).encode(), "sha256").hex()


def _decoded(key: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) != _KEY_BYTES:
        raise ConfigError(
            "保险库密钥要是 32 个字节的 Base64（可用 openssl rand -base64 32 生成）",
            field="ZAOJIE_VAULT_KEY",
        )
    return decoded


def _bare(text: str) -> str:
    """Letters and digits only, half-width, upper case: as people write the same number."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def _text_of(party: Party) -> str:
    return json.dumps(party.model_dump(), ensure_ascii=False, sort_keys=True)


def _bound_to(party_token: str, case_id: str) -> bytes:
    return f"{party_token}\0{case_id}".encode()
