"""Structured features of a snapshot: plain functions, one group for each purpose.

Every value is a float; ``nan`` says "not known". Names are checked against the allow-list.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import timedelta
from functools import lru_cache

from zaojie_cases.history import PlaceState
from zaojie_cases.normalise import pieces
from zaojie_cases.record import CaseEvent, EventKind
from zaojie_cases.snapshot import Snapshot
from zaojie_cases.values import UNKNOWN_MOMENT
from zaojie_features.allowlist import allow_list
from zaojie_features.cues import LIMITING, find_cues, lexicon

_LEVELS = ("village", "town", "county")
_SENTENCE = re.compile(r"[。!?\n]+")
_AGREEMENTS = (EventKind.AGREEMENT_ORAL, EventKind.AGREEMENT_WRITTEN)
_COUNTED = ("contacted", "session", "no_show", "transferred", "breached")

_SPOKE_UP = {"05": "02", "06": "02", "07": "02"}
"""Hotline, web, visit: how a party asks for help must not move a score; all read as 群众上报."""
_REFERRED = {"0301": "0399", "0304": "0399"}
"""A lawsuit or a petition is a right of a party: its referral is read as 其他部门委托移送."""

CATEGORICAL = frozenset({"category", "category_group", "channel", "source"})
"""Columns whose numbers are names, not amounts."""

MOST_MENTIONS = 3
"""More mentions of one cue say how long a text is, not how grave."""

Facts = dict[str, float]


def facts_of(snapshot: Snapshot) -> Facts:
    """Return every structured feature of ``snapshot`` by name, in the allow-list's order."""
    found = (
        _case(snapshot)
        | _told(snapshot.case.narrative_masked)
        | _priors(snapshot)
        | _process(snapshot)
        | _places(snapshot.places)
    )
    return {feature.name: found[feature.name] for feature in allow_list().features}


@lru_cache(maxsize=64)
def _told(narrative: str) -> Facts:
    """Return what the narrative alone says; a case is asked about again and again."""
    return _text(narrative) | _cues(narrative)


def _code(code: str | None) -> float:
    return float(code) if code and code.isdecimal() else math.nan


def _days(span: timedelta) -> float:
    return span.total_seconds() / 86_400


def _log(amount: float | None) -> float:
    return math.nan if amount is None else math.log1p(amount)


def _case(snapshot: Snapshot) -> Facts:
    case = snapshot.case
    known = case.registered_at != UNKNOWN_MOMENT
    at = case.registered_at
    return {
        "category": _code((case.category_code or "").ljust(4, "0") if case.category_code else None),
        "category_group": _code((case.category_code or "")[:2]),
        "scale": _code(case.scale_code),
        "involved_log": _log(case.involved_count),
        "amount_log": _log(case.amount_yuan),
        "channel": _code(_SPOKE_UP.get(case.channel_code or "", case.channel_code)),
        "source": _code(_REFERRED.get(case.source_code or "", case.source_code)),
        "month": float(at.month) if known else math.nan,
        "weekday": float(at.weekday()) if known else math.nan,
        "hour": float(at.hour) if known else math.nan,
    }


def _text(narrative: str) -> Facts:
    text = "".join(piece.text for piece in pieces(narrative))
    sentences = [s for s in _SENTENCE.split(text) if s.strip()]
    return {
        "text_length": float(sum(not c.isspace() for c in text)),
        "sentences": float(len(sentences)),
        "questions": float(text.count("?")),
        "exclamations": float(text.count("!")),
        "digits": float(sum(c.isdigit() for c in text)),
        "lead_length": float(len(sentences[0])) if sentences else 0.0,
    }


def _cues(narrative: str) -> Facts:
    """Count mentions; a conditional threat counts as the ultimatum that holds it, not twice."""
    known = lexicon()
    cues = {name: cue for name, cue in known.cues.items() if cue.feature}
    hits = [hit for hit in find_cues(narrative) if hit.cue in cues]
    affirmed = Counter(hit.cue for hit in hits if hit.scope == "affirmed")
    limited = [hit for hit in hits if hit.scope in LIMITING]
    groups = Counter(cues[hit.cue].group for hit in limited)
    return {
        **{f"cue_{name}": float(min(affirmed[name], MOST_MENTIONS)) for name in cues},
        **{f"cue_{g}_limited": float(min(groups[g], MOST_MENTIONS)) for g in known.groups},
        "cues_limited": float(len(limited)),
        "cue_severity": float(max((cues[name].severity for name in affirmed), default=0)),
        "cue_kinds": float(sum(cues[name].severity > 0 for name in affirmed)),
    }


def _priors(snapshot: Snapshot) -> Facts:
    priors, reports = snapshot.priors, snapshot.case.prior_reports
    recent = snapshot.as_of - timedelta(days=30)
    last = priors[-1].registered_at if priors else None
    return {
        "prior_reports": math.nan if reports is None else float(reports),
        "priors_found": float(len(priors)),
        "priors_30d": float(sum(prior.registered_at >= recent for prior in priors)),
        "prior_similarity": max((prior.similarity for prior in priors), default=0.0),
        "days_since_prior": _days(snapshot.as_of - last) if last else math.nan,
    }


def _process(snapshot: Snapshot) -> Facts:
    case, events = snapshot.case, snapshot.events
    counts = Counter(event.kind for event in events)
    steps = [event for event in events if event.kind is not EventKind.REGISTERED]
    known = case.registered_at != UNKNOWN_MOMENT
    return {
        "days_open": _days(snapshot.as_of - case.registered_at) if known else math.nan,
        "days_since_event": _days(snapshot.as_of - steps[-1].at) if steps else math.nan,
        "days_to_contact": _first_contact(snapshot, steps) if known else math.nan,
        "events_agreement": float(sum(counts[kind] for kind in _AGREEMENTS)),
    } | {f"events_{name}": float(counts[EventKind(name)]) for name in _COUNTED}


def _first_contact(snapshot: Snapshot, steps: list[CaseEvent]) -> float:
    first = next((event.at for event in steps if event.kind is EventKind.CONTACTED), None)
    return _days(first - snapshot.case.registered_at) if first else math.nan


def _places(places: tuple[PlaceState, ...]) -> Facts:
    found: Facts = {}
    for level, state in zip(_LEVELS, places, strict=True):
        found |= {
            f"{level}_trend": _ratio(state.registered_7d, state.registered_30d),
            f"{level}_open": math.log1p(state.open_cases),
            f"{level}_open_old_share": _ratio(state.open_old, state.open_cases),
            f"{level}_median_days": state.median_days,
            f"{level}_last_days": state.last_days,
            f"{level}_slow_share": state.slow_share,
        }
    return found


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
