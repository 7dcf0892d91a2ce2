"""Swap tests: who somebody is, and what a party has a right to do, must not move a score.

In real narratives the words for sex, kinship, ethnicity, religion and home place, and the
pseudonyms that stand for names, are exchanged for others of their kind (counterfactual
fairness by exchange of terms: Garg et al., 2019), and lawful acts are put on the time line.
Every probability must stay as it was, to the last bit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from zaojie_cases.history import History
from zaojie_cases.masking.view import STEMS
from zaojie_cases.normalise import fold
from zaojie_cases.record import LAWFUL_ACTS, CaseEvent, EventKind
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_models.bundle import Bundle
from zaojie_models.linear import Floats
from zaojie_training.metrics.results import Result

KINDS = {
    "sex": ("sex",),
    "ethnicity": ("ethnicity",),
    "religion": ("religion",),
    "home_place": ("home_place", "origin"),
}
"""Kind of exchange -> groups of blocked words in ``neutral.yaml`` of the cases."""
_PSEUDONYM = re.compile(rf"(?<=当事人)[{STEMS}]")
Change = Callable[[Snapshot], Snapshot | None]
"""Another form of the same case, or ``None`` if it has nothing to exchange."""


class Swap(Result):
    """One kind of exchange: how many cases it changed, and the most a probability moved.

    ``skipped``: cases in which the exchange would have made another word by accident.
    """

    kind: str
    cases: int
    skipped: int
    max_difference: float


class SwapReport(Result):
    """All kinds over the same cases; ``holds`` if nothing moved at all."""

    cases: int
    swaps: tuple[Swap, ...]
    holds: bool

    @property
    def worst(self) -> float:
        """The most that any probability moved."""
        return max((swap.max_difference for swap in self.swaps), default=0.0)


def swap_report(bundle: Bundle, snapshots: Sequence[Snapshot]) -> SwapReport:
    """Return how far each exchange moves the probabilities of ``bundle``; it must be 0.

    Cases that the bundle does not score are left out.
    """
    plain = [(one, told) for one in snapshots if len(told := _probabilities(bundle, one))]
    swaps = tuple(_swap(bundle, plain, kind, change) for kind, change in _changes())
    moved = max(swap.max_difference for swap in swaps)
    return SwapReport(cases=len(plain), swaps=swaps, holds=moved == 0.0)


def _swap(
    bundle: Bundle, plain: Sequence[tuple[Snapshot, Floats]], kind: str, change: Change
) -> Swap:
    moved, skipped = [0.0], 0
    for snapshot, told in plain:
        try:
            changed = change(snapshot)
        except _OtherWordError:
            skipped += 1
            continue
        if changed is not None:
            moved.append(_moved(bundle, snapshot, changed, told))
    return Swap(kind=kind, cases=len(moved) - 1, skipped=skipped, max_difference=max(moved))


def _moved(bundle: Bundle, snapshot: Snapshot, changed: Snapshot, told: Floats) -> float:
    """Return how far the probabilities moved; a snapshot that is equal is not scored again."""
    if changed == snapshot:
        return 0.0
    return float(np.abs(_probabilities(bundle, changed) - told).max())


def _probabilities(bundle: Bundle, snapshot: Snapshot) -> Floats:
    """Return every probability of every target in order; none if the case is not scored."""
    [score] = bundle.score([snapshot], reasons=False)
    found: list[float] = []
    for target in score.targets:
        found += [] if target.probability is None else [target.probability]
        found += [share for _, share in sorted(target.probabilities)]
    return np.array(found)


def _changes() -> Iterator[tuple[str, Change]]:
    yield "names", _in_text(_other_names)
    for kind in (*KINDS, "kinship"):
        yield kind, _in_text(_Exchange(kind))
    for act in sorted(LAWFUL_ACTS):
        yield f"lawful_act:{act}", _with_act(act)


def _in_text(exchange: Callable[[str], str]) -> Change:
    def change(snapshot: Snapshot) -> Snapshot | None:
        case = snapshot.case
        text = exchange(case.narrative_masked)
        if text == case.narrative_masked:
            return None
        return replace(snapshot, case=case.model_copy(update={"narrative_masked": text}))

    return change


def _with_act(kind: EventKind) -> Change:
    """Put an act on the time line the way every event comes there: through ``snapshot_at``."""

    def change(snapshot: Snapshot) -> Snapshot:
        case, at = snapshot.case, snapshot.as_of
        act = CaseEvent(event_id="swap", case_id=case.case_id, at=at, recorded_at=at, kind=kind)
        seen = snapshot_at(case, (*snapshot.events, act), History(), at)
        return replace(snapshot, events=seen.events)

    return change


def _other_names(text: str) -> str:
    """Give every person the next pseudonym."""
    after = dict(zip(STEMS, STEMS[1:] + STEMS[0], strict=True))
    return _PSEUDONYM.sub(lambda found: after[found.group()], text)


class _OtherWordError(Exception):
    """An exchanged word and what stands beside it make a word that was not there."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Puts another word of its group in place of every word of one kind."""

    kind: str

    def __call__(self, text: str) -> str:
        """Return ``text`` with its words exchanged. Raises ``_OtherWordError``."""
        partners, parts, wanted, end = _partners()[self.kind], [], [], 0
        folded = fold(text)
        for found in _every_word().finditer(folded):
            wanted.append(partners.get(found.group(), found.group()))
            if found.group() in partners:
                parts += [text[end : found.start()], wanted[-1]]
                end = found.end()
        changed = "".join([*parts, text[end:]])
        if _every_word().findall(fold(changed)) != wanted:
            raise _OtherWordError
        return changed


@cache
def _groups() -> dict[str, list[list[str]]]:
    """Kind -> groups of words that may stand for each other; ``rest`` for all others."""
    text = (files("zaojie_cases") / "data" / "neutral.yaml").read_text(encoding="utf-8")
    neutral: Mapping[str, Mapping[str, list[str]]] = yaml.safe_load(text)
    blocked = dict(neutral["blocked"])
    groups = {kind: [blocked.pop(name) for name in names] for kind, names in KINDS.items()}
    return groups | {"kinship": list(neutral["same"].values()), "rest": list(blocked.values())}


@cache
def _every_word() -> re.Pattern[str]:
    words = {word for groups in _groups().values() for group in groups for word in group}
    return re.compile("|".join(map(re.escape, sorted(words, key=lambda w: (-len(w), w)))))


@cache
def _partners() -> dict[str, dict[str, str]]:
    """Kind -> word -> the next word of its group of equal length, else the next word."""
    return {
        kind: {word: _next(group, word) for group in groups if len(group) > 1 for word in group}
        for kind, groups in _groups().items()
    }


def _next(group: list[str], word: str) -> str:
    """Return what follows ``word`` in the ring of its equals in length, or of the whole group."""
    alike = [other for other in group if len(other) == len(word)]
    ring = alike if len(alike) > 1 else group
    return ring[(ring.index(word) + 1) % len(ring)]
