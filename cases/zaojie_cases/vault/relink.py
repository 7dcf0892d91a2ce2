"""Making the link keys of cases anew when their parties' tokens have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.errors import StoreError
from zaojie_cases.linking.keys import TokenOf
from zaojie_cases.record import Case, Party
from zaojie_cases.store.link_keys import renew_keys
from zaojie_cases.store.rows import read_records, select_record
from zaojie_cases.store.tables import CaseRow, VaultPartyRow
from zaojie_cases.vault.keys import KeyRing
from zaojie_cases.vault.sealing import opened, token_under


def token_ofs(ring: KeyRing) -> list[TokenOf]:
    """Return how a party is hashed under each key of ``ring``, the one in force first."""
    return [partial(token_under, key) for key in ring]


def refresh_link_keys(ring: KeyRing, session: Session, case_ids: Collection[str]) -> None:
    """Write the link keys of the cases under the current key of ``ring``.

    All parties of a case count, also those that bear an earlier key still; one that does
    not open is left out.
    """
    parties: dict[str, list[Party]] = defaultdict(list)
    for row in session.scalars(select(VaultPartyRow).where(VaultPartyRow.case_id.in_(case_ids))):
        try:
            parties[row.case_id].append(opened(ring.key(row.key_id), row))
        except StoreError:
            continue
    chosen = select_record(CaseRow, Case).where(CaseRow.case_id.in_(case_ids))
    entries = [(case, parties[case.case_id]) for case in read_records(session, chosen, Case)]
    renew_keys(session, entries, token_ofs(ring))
