"""A hash chain for logs that are only ever added to.

A link's hash covers its number, its content and the hash before it, so a row that was
changed, removed or moved is found; the head of the chain, kept apart, tells a cut-off end.
Whoever can write the whole database can also write a whole new chain: note the head
elsewhere from time to time (it is on every receipt), and ask whether it still occurs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

from zaojie_cases.store.tables import ChainHeadRow

GENESIS = "0" * 64
"""What stands before the first link."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a chain: its number from 1 on, its content (JSON values), its hash."""

    number: int
    content: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an entry: it was changed (or moved), or it is missing."""

    number: int
    kind: Literal["changed", "missing"]


def link_hash(previous: str, number: int, content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a link that follows the one with the hash ``previous``."""
    text = json.dumps([previous, number, content], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def append(session: Session, chain: str, content: Mapping[str, Any]) -> Link:
    """Return the next link of ``chain``; the caller stores it in the same transaction.

    Writers of one chain wait for each other, so that it never forks.
    """
    end = session.get(ChainHeadRow, chain, with_for_update=True)
    if end is None:
        end = ChainHeadRow(chain=chain, links=0, head=GENESIS)
        session.add(end)
    link = Link(end.links + 1, content, link_hash(end.head, end.links + 1, content))
    end.links, end.head = link.number, link.hash
    return link


def head_of(session: Session, chain: str) -> tuple[int, str]:
    """Return how many links ``chain`` has and the hash of the last."""
    end = session.get(ChainHeadRow, chain)
    return (end.links, end.head) if end else (0, GENESIS)


def faults_of(links: Iterable[Link], end: tuple[int, str]) -> list[Fault]:
    """Check ``links``, in the order of their numbers, against each other and the ``end``.

    After a missing entry the next one cannot be checked and is taken as it stands.
    """
    faults, number, previous = [], 0, GENESIS
    for link in links:
        gap = range(number + 1, link.number)
        faults += [Fault(missing, "missing") for missing in gap]
        if not gap and link_hash(previous, link.number, link.content) != link.hash:
            faults.append(Fault(link.number, "changed"))
        number, previous = link.number, link.hash
    faults += [Fault(missing, "missing") for missing in range(number + 1, end[0] + 1)]
    if not faults and (number, previous) != end:
        faults.append(Fault(number, "changed"))
    return faults
