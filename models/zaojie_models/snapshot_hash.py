"""A hash of a snapshot, so that a score can be replayed and compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from zaojie_cases.snapshot import Snapshot


def snapshot_hash(snapshot: Snapshot) -> str:
    """Return SHA-256 (64 hexadecimal digits) of everything the snapshot holds."""
    whole = {
        "case": snapshot.case.model_dump(mode="json"),
        "as_of": snapshot.as_of.isoformat(),
        "events": [event.model_dump(mode="json") for event in snapshot.events],
        "places": [asdict(state) for state in snapshot.places],
        "priors": [(p.case_id, p.registered_at.isoformat(), p.similarity) for p in snapshot.priors],
    }
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
