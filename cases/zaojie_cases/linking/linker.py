"""The one linker: for training, batch and live scoring alike.

It is asked as of a moment, and nothing registered, decided or told of the parties later is
part of the answer.
Only registrations of one block are compared, of an over-full block only the
:data:`MOST_OF_BLOCK` latest before the moment, and :data:`MOST_COMPARED` in all, those first
that share more blocks: a set phrase of thousands costs no more than a block of 64.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from zaojie_cases.linking.block_keys import Keys, filed_later, filed_under, looked_into
from zaojie_cases.linking.blocks import Blocks, Posting
from zaojie_cases.linking.compare import levels_of
from zaojie_cases.linking.matter import Decision, Seen
from zaojie_cases.linking.weights import Reason, Weights, load_weights, probability_of
from zaojie_cases.sketch import similarity

MOST_OF_BLOCK = 64
MOST_COMPARED = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Link:
    """An earlier registration that may be the same dispute, and why."""

    other: Seen
    probability: float
    similarity: float
    levels: dict[str, str]
    decided: bool | None = None
    """A clerk's word, if there is one by then."""

    @property
    def is_told(self) -> bool:
        """Tell whether the source or a clerk says so, whatever the text."""
        return bool(self.decided) or self.levels["named"] == "given"


class Linker:
    """Registrations in blocks; each is compared with those of its own blocks only."""

    def __init__(self, weights: Weights | None = None) -> None:
        self.weights = weights or load_weights()
        self._seen: list[Seen] = []
        self._number: dict[str, int] = {}
        self._blocks = Blocks()
        self._later: dict[int, list[tuple[datetime, Posting]]] = defaultdict(list)
        """Postings by key that hold from a moment after the registration; there are few."""
        self._decided: dict[str, dict[str, list[tuple[datetime, bool]]]] = defaultdict(dict)

    def add(self, seen: Seen, decided: Iterable[Decision] = ()) -> None:
        """Take in one registration and what clerks decided on it; a known one is left alone."""
        for decision in decided:
            self._note(seen.case_id, decision)
        if seen.case_id in self._number:
            return
        number = self._number[seen.case_id] = len(self._seen)
        self._seen.append(seen)
        when = _micros(seen.registered_at)
        self._blocks.add(filed_under(seen), when, number)
        for key, known_at in filed_later(seen):
            self._later[key].append((known_at, (when, number)))

    def get(self, case_id: str) -> Seen | None:
        """Return a registration that was taken in, or None."""
        number = self._number.get(case_id)
        return None if number is None else self._seen[number]

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._seen)

    def __contains__(self, case_id: str) -> bool:
        return case_id in self._number

    def links(self, asked: Seen, since: datetime, until: datetime, least: float) -> list[Link]:
        """Return the links of ``asked`` to what was registered from ``since`` before ``until``.

        Those of at least probability ``least``, oldest first. Decisions and link keys count
        that were there by ``until``: confirmed is 1, separated is never given.
        """
        hashes = frozenset(asked.sketch)
        found = []
        for other in self._candidates(asked, since, until):
            decided = self.decided(asked.case_id, other.case_id, until)
            if decided is False:
                continue
            likeness = similarity(hashes, other.sketch)
            levels = levels_of(asked, other, likeness, until)
            chance = 1.0 if decided else probability_of(self.weights.total(levels))
            if chance >= least:
                found.append(Link(other, chance, likeness, levels, decided))
        return sorted(found, key=lambda link: (link.other.registered_at, link.other.case_id))

    def reasons(self, link: Link) -> tuple[Reason, ...]:
        """Return why: the summands of the log-odds, or a clerk's word alone."""
        return self.weights.reasons(link.levels)

    def decided(self, one: str, other: str, by: datetime) -> bool | None:
        """Return the latest decision on a pair made by the moment ``by``, or None."""
        words = self._decided.get(one, {}).get(other, ())
        known = [word for word in words if word[0] <= by]
        return max(known)[1] if known else None

    def followers(self, seen: Seen, until: datetime) -> set[str]:
        """Return the later registrations that ``seen`` can be compared with by its blocks.

        By the keys that came with the registrations: see :meth:`Matter.with_later_keys`.
        """
        keys, _ = looked_into(seen, seen.registered_at)
        start = _micros(seen.registered_at)
        blocks = self._blocks.after(keys, start, _micros(until), MOST_OF_BLOCK + 1)
        later = {self._seen[who].case_id for block in blocks for _, who in block}
        named = (key for key in seen.matter.named if key in self._number)
        return (later | set(named)) - {seen.case_id}

    def _note(self, case_id: str, decision: Decision) -> None:
        for one, other in ((case_id, decision.other), (decision.other, case_id)):
            words = self._decided[one].setdefault(other, [])
            if (decision.at, decision.same) not in words:
                words.append((decision.at, decision.same))

    def _candidates(self, asked: Seen, since: datetime, until: datetime) -> list[Seen]:
        """Return whom to compare ``asked`` with."""
        own = self._number.get(asked.case_id, -1)
        keys, worth = looked_into(asked, until)
        votes: Counter[int] = Counter()
        for weight, block in zip(worth, self._blocks_before(keys, since, until), strict=True):
            for who in self._latest(block, own):
                votes[who] += weight
        decided = self._decided.get(asked.case_id, ())
        sure = [other for other in decided if self.decided(asked.case_id, other, until)]
        told = {self._number[key] for key in (*asked.matter.named, *sure) if key in self._number}
        found = (self._seen[who] for who in told.union(self._most(votes)) if who != own)
        return [one for one in found if since <= one.registered_at < until]

    def _blocks_before(self, keys: Keys, start: datetime, end: datetime) -> Iterable[list[Posting]]:
        """Return for each key whom it leads to, with what became known of it by ``end``."""
        since, until = _micros(start), _micros(end)
        blocks = self._blocks.before(keys, since, until, MOST_OF_BLOCK + 1)
        if not self._later:
            return blocks
        came = (
            [one for at, one in self._later.get(key, ()) if at <= end and since <= one[0] < until]
            for key in keys.tolist()
        )
        return (block + later for block, later in zip(blocks, came, strict=True))

    def _latest(self, block: list[Posting], own: int) -> list[int]:
        """Return the latest of a block without the asked one; ids settle equal times."""
        if len(block) > MOST_OF_BLOCK:
            block = sorted(block, key=lambda one: (one[0], self._seen[one[1]].case_id))
            block = [one for one in block if one[1] != own][-MOST_OF_BLOCK:]
        return [who for _, who in block if who != own]

    def _most(self, votes: Counter[int]) -> list[int]:
        if len(votes) <= MOST_COMPARED:
            return list(votes)

        def rank(who: int) -> tuple[int, datetime, str]:
            one = self._seen[who]
            return votes[who], one.registered_at, one.case_id

        return sorted(votes, key=rank)[-MOST_COMPARED:]


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
