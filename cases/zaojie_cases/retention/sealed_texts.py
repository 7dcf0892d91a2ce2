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

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError
from zaojie_cases.record import SHANGHAI
from zaojie_cases.retention.quotes import remove_quotes
from zaojie_cases.retention.removal import overwrite_what_goes, remove_shared_words
from zaojie_cases.sketch import sketch_of
from zaojie_cases.store.casts import leave_letters
from zaojie_cases.store.link_tables import LinkDecisionRow
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
    """Seal narrative and texts of the time line of the cases; return how many cases.

    Clerks' reasons for links compare texts and are sealed along; what else quotes the
    narratives goes. What was sealed of a case before and was not given back stays with it.
    """
    overwrite_what_goes(session)
    cases = session.scalars(select(CaseRow).where(CaseRow.case_id.in_(case_ids))).all()
    before = _sealed_before(session, ring, case_ids)
    events, words = _events_of(session, case_ids), _words_on_links(session, case_ids)
    leave_letters(session, {c.case_id: _said_in(c, events[c.case_id]) for c in cases})
    sealed = {
        (key := case.case_id): _taken_from(case, events[key], words[key], before.get(key, {}))
        for case in cases
    }
    keep_texts(session, ring, sealed, policy_version)
    remove_quotes(session, case_ids)
    remove_shared_words(session, case_ids)
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


def _sealed_before(
    session: Session, ring: KeyRing, case_ids: Collection[str]
) -> dict[str, dict[str, Any]]:
    chosen = select(VaultTextRow).where(
        VaultTextRow.case_id.in_(case_ids), VaultTextRow.open_until.is_(None)
    )
    return {
        row.case_id: json.loads(open_text(ring.key(row.key_id), row))
        for row in session.scalars(chosen)
    }


def _events_of(session: Session, case_ids: Collection[str]) -> dict[str, list[EventRow]]:
    events: dict[str, list[EventRow]] = defaultdict(list)
    for event in session.scalars(select(EventRow).where(EventRow.case_id.in_(case_ids))):
        events[event.case_id].append(event)
    return events


def _words_on_links(
    session: Session, case_ids: Collection[str]
) -> dict[str, list[LinkDecisionRow]]:
    """Return what clerks said of links, each once, under one of the cases that it is on."""
    on_them = or_(LinkDecisionRow.one_id.in_(case_ids), LinkDecisionRow.other_id.in_(case_ids))
    open_still = select(LinkDecisionRow).where(on_them, LinkDecisionRow.why != SEALED_MARK)
    words: dict[str, list[LinkDecisionRow]] = defaultdict(list)
    for word in session.scalars(open_still):
        words[word.one_id if word.one_id in case_ids else word.other_id].append(word)
    return words


def _taken_from(
    case: CaseRow,
    events: list[EventRow],
    words: list[LinkDecisionRow],
    before: dict[str, Any],
) -> str:
    """Take the texts out of the rows; return them as JSON, with those taken ``before``.

    ``content_hash`` stays, so that importing the same row again changes nothing.
    """
    earlier = before.get("events", {})
    said = {event.event_id: earlier.get(event.event_id, {}) | _texts_of(event) for event in events}
    taken = {
        "narrative": case.narrative_masked,
        "opt_out": case.scoring_opt_out,
        "events": {event_id: texts for event_id, texts in said.items() if texts},
        "links": before.get("links", {}) | {str(word.decision_id): word.why for word in words},
    }
    if case.narrative_masked == SEALED_MARK:  # only the time line has grown since
        taken |= {name: before[name] for name in ("narrative", "opt_out") if name in before}
    case.narrative_masked, case.sketch, case.scoring_opt_out = SEALED_MARK, b"", True
    for event in events:
        event.payload = {k: v for k, v in event.payload.items() if not isinstance(v, str)}
    for word in words:
        word.why = SEALED_MARK
    return json.dumps(taken, ensure_ascii=False)


def _said_in(case: CaseRow, events: list[EventRow]) -> list[str]:
    texts = (text for event in events for text in _texts_of(event).values())
    return [case.narrative_masked, *texts]


def _texts_of(event: EventRow) -> dict[str, str]:
    return {key: value for key, value in event.payload.items() if isinstance(value, str)}


def _give_back(session: Session, case: CaseRow, taken: dict[str, Any]) -> None:
    case.narrative_masked = taken["narrative"]
    case.scoring_opt_out = taken["opt_out"]
    case.sketch = pack(sketch_of(case.narrative_masked))
    for event in session.scalars(select(EventRow).where(EventRow.case_id == case.case_id)):
        event.payload = event.payload | taken["events"].get(event.event_id, {})
    for decision_id, why in taken["links"].items():
        if word := session.get(LinkDecisionRow, int(decision_id)):
            word.why = why
