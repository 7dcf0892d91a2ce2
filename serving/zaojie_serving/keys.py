"""API keys: 256 random bits, shown once; the store keeps a digest and a name.

A plain SHA-256 is enough, because such a key cannot be guessed from its digest.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from zaojie_cases.errors import InputError
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store import Store
from zaojie_serving.tables import KeyRow

_NAME = re.compile(r"[\w.\-]{1,64}")


class Keys:
    """The keys of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def new(self, name: str) -> str:
        """Make a key for ``name`` and return it; it cannot be shown again.

        Raises InputError for a name that is taken or not fit to be shown in a trail.
        """
        if not _NAME.fullmatch(name):
            raise InputError("密钥名称只能用文字、数字、点和横线，最多 64 个字。", field="name")
        key = f"zj_{secrets.token_urlsafe(32)}"
        row = KeyRow(name=name, digest=_digest(key), created_at=datetime.now(SHANGHAI))
        try:
            with self._store.session() as session:
                session.add(row)
        except IntegrityError as error:
            raise InputError(
                "已有同名的密钥。请换一个名称，或先用 zaojie key revoke 撤销旧的。", field="name"
            ) from error
        return key

    def revoke(self, name: str) -> None:
        """Make the key of ``name`` worthless at once; raise InputError when there is none."""
        with self._store.session() as session:
            gone = session.execute(delete(KeyRow).where(KeyRow.name == name).returning(KeyRow.name))
            if gone.first() is None:
                raise InputError("没有这个名称的密钥，请核对名称。", field="name")

    def name_of(self, key: str) -> str | None:
        """Return whose key this is; None for a key that is not valid."""
        with self._store.reading() as session:
            return session.scalar(select(KeyRow.name).where(KeyRow.digest == _digest(key)))

    def exist(self) -> bool:
        """Tell whether there is any key."""
        with self._store.reading() as session:
            return session.scalar(select(KeyRow.name).limit(1)) is not None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
