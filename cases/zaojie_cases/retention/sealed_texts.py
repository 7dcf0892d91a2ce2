"""Moving the texts of closed cases into the vault, and back.

What stays in the record: codes, times and outcomes, for statistics. A sealed case is not
scored and not trained on: it counts as opted out until it is unsealed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.record import SHANGHAI
from zaojie_cases.retention.removal import overwrite_what_goes
from zaojie_cases.sketch import sketch_of
from zaojie_cases.store.repository import Store
from zaojie_cases.store.rows import pack
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import CaseRow, EventRow, VaultTextRow
from zaojie_cases.vault import KeyRing, register
from zaojie_cases.vault.access import AccessPolicy
from zaojie_cases.vault.audit import Reading, record
from zaojie_cases.vault.texts import keep_texts, open_text


def seal_cases(
    session: Session, ring: KeyRing, case_ids: Collection[str], policy_version: str
) -> int:
    """Seal narrative and texts of the time line of the cases; return how many cases."""
    overwrite_what_goes(session)
    cases = session.scalars(select(CaseRow).where(CaseRow.case_id.in_(case_ids))).all()
    events: dict[str, list[EventRow]] = defaultdict(list)
    for event in session.scalars(select(EventRow).where(EventRow.case_id.in_(case_ids))):
        events[event.case_id].append(event)
    sealed = {case.case_id: _taken_from(case, events[case.case_id]) for case in cases}
    keep_texts(session, ring, sealed, policy_version)
    return len(cases)


def unseal(
    store: Store, ring: KeyRing, access: AccessPolicy, reading: Reading, days: int
) -> datetime:
    """Put the texts of a case back into the record; who does it is recorded first.

    Returns until when they stay; after ``days`` retention seals them again. Raises
    InputError if the case is not sealed or ``access`` does not allow ``reading``.
    """
    access.check(reading)
    with store.session() as session:
        register.check_for_reading(session, ring)
        record(session, reading, parties=0)
    with store.session() as session:
        row = session.get(VaultTextRow, reading.case_id, with_for_update=True)
        case = session.get(CaseRow, reading.case_id)
        if row is None or case is None or case.narrative_masked != SEALED_MARK:
            raise InputError("这件案件没有封存，不用启封", field="CASE")
        _give_back(session, case, json.loads(open_text(ring.key(row.key_id), row)))
        row.open_until = datetime.now(SHANGHAI) + timedelta(days=days)
        return row.open_until


def _taken_from(case: CaseRow, events: list[EventRow]) -> str:
    """Take the texts out of the rows; return them as JSON.

    ``content_hash`` stays, so that importing the same row again changes nothing.
    """
    taken = {
        "narrative": case.narrative_masked,
        "opt_out": case.scoring_opt_out,
        "events": {event.event_id: texts for event in events if (texts := _texts_of(event))},
    }
    case.narrative_masked, case.sketch, case.scoring_opt_out = SEALED_MARK, b"", True
    for event in events:
        event.payload = {k: v for k, v in event.payload.items() if not isinstance(v, str)}
    return json.dumps(taken, ensure_ascii=False)


def _texts_of(event: EventRow) -> dict[str, str]:
    return {key: value for key, value in event.payload.items() if isinstance(value, str)}


def _give_back(session: Session, case: CaseRow, taken: dict[str, Any]) -> None:
    case.narrative_masked = taken["narrative"]
    case.scoring_opt_out = taken["opt_out"]
    case.sketch = pack(sketch_of(case.narrative_masked))
    for event in session.scalars(select(EventRow).where(EventRow.case_id == case.case_id)):
        event.payload = event.payload | taken["events"].get(event.event_id, {})
