"""``zaojie link run``: compare what is new with its blocks, and keep the links.

The links of a case to earlier ones depend on the stored cases alone, so any order of
imports and any number of runs, also interrupted ones, end with the same links: a run takes
the cases whose content or keys are not those last compared, and the later ones that may
have them among their earlier ones, and makes their links anew, batch by batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from zaojie_cases.history import PRIOR_WINDOW
from zaojie_cases.linking.linker import Linker
from zaojie_cases.linking.matter import Seen, seen_of
from zaojie_cases.store import Store
from zaojie_cases.store.history_rows import history_entries
from zaojie_cases.store.link_tables import LinkKeyRow, LinkRow, LinkStateRow
from zaojie_cases.store.tables import CaseRow

BATCH = 500
"""Cases compared in one transaction."""
KEPT = 0.05
"""Less likely pairs are not kept; they would only fill the table."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RunCount:
    """What a run did: cases compared, links kept for them."""

    cases: int = 0
    links: int = 0


def link_run(store: Store, progress: Callable[[int], object] = lambda _: None) -> RunCount:
    """Bring the links up to the stored cases; ``progress`` is told the cases of each batch."""
    with store.reading() as session:
        marks = _marks(session, Linker().weights.version)
        states = session.execute(select(LinkStateRow.case_id, LinkStateRow.mark))
        known = {row.case_id: row.mark for row in states}
        new = {case_id: at for case_id, (mark, at) in marks.items() if known.get(case_id) != mark}
        if not new:
            return RunCount()
        since, until = min(new.values()) - PRIOR_WINDOW, max(new.values()) + PRIOR_WINDOW
        linker = Linker()
        for entry in history_entries(session, since, until + _TICK):
            # Here the question is what is one dispute by all that is known today.
            linker.add(seen_of(replace(entry, matter=entry.matter.with_later_keys())))
        touched = _touched(session, linker, new)
    cases = links = 0
    # The new ones come last: if the run breaks off, their followers are found again.
    for batch in _batches([*sorted(touched - new.keys()), *sorted(new)]):
        with store.session() as session:
            links += _renew(session, linker, batch)
            _note(session, {case_id: marks[case_id][0] for case_id in batch if case_id in new})
        cases += len(batch)
        progress(len(batch))
    return RunCount(cases, links)


def _marks(session: Session, version: str) -> dict[str, tuple[str, datetime]]:
    """Return for each case a hash of what is compared, and when it was registered."""
    keys: dict[str, list[str]] = {}
    in_order = select(LinkKeyRow.case_id, LinkKeyRow.link_key).order_by(LinkKeyRow.link_key)
    for case_id, key in session.execute(in_order.execution_options(yield_per=10_000)):
        keys.setdefault(case_id, []).append(key)
    rows = select(CaseRow.case_id, CaseRow.content_hash, CaseRow.registered_at)
    return {
        case_id: (_hash(version, content, *keys.get(case_id, ())), at)
        for case_id, content, at in session.execute(rows.execution_options(yield_per=10_000))
    }


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def _touched(session: Session, linker: Linker, new: dict[str, datetime]) -> set[str]:
    """Return the later cases whose links to earlier ones may be others now."""
    touched: set[str] = set()
    for case_id in new:
        seen = linker.get(case_id)
        if seen is not None:
            touched |= linker.followers(seen, seen.registered_at + PRIOR_WINDOW + _TICK)
    for ids in _batches(list(new)):
        was = select(LinkRow.later_id).where(LinkRow.earlier_id.in_(ids))
        touched.update(session.scalars(was))
    return {case_id for case_id in touched if case_id in linker}


def earlier_links(linker: Linker, seen: Seen) -> Iterable[dict[str, object]]:
    """Yield the rows of ``links`` of a registration to those before it; ids settle equal times."""
    until = seen.registered_at + _TICK
    for link in linker.links(seen, seen.registered_at - PRIOR_WINDOW, until, KEPT):
        other = link.other
        if (other.registered_at, other.case_id) < (seen.registered_at, seen.case_id):
            yield {
                "earlier_id": other.case_id,
                "later_id": seen.case_id,
                "probability": link.probability,
                "levels": link.levels,
            }


def _batches(case_ids: list[str]) -> Iterator[list[str]]:
    return (case_ids[start : start + BATCH] for start in range(0, len(case_ids), BATCH))


def _renew(session: Session, linker: Linker, case_ids: Sequence[str]) -> int:
    found = (linker.get(case_id) for case_id in case_ids)
    rows = [row for seen in found if seen is not None for row in earlier_links(linker, seen)]
    session.execute(delete(LinkRow).where(LinkRow.later_id.in_(case_ids)))
    if rows:
        session.execute(insert(LinkRow), rows)
    return len(rows)


def _note(session: Session, marks: dict[str, str]) -> None:
    if not marks:
        return
    session.execute(delete(LinkStateRow).where(LinkStateRow.case_id.in_(marks)))
    rows = [{"case_id": case_id, "mark": mark} for case_id, mark in marks.items()]
    session.execute(insert(LinkStateRow), rows)
