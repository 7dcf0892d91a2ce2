"""From links of pairs to disputes: union-find that never joins across a clerk's separation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

Pair = tuple[str, str]
"""Two case ids, the smaller first."""


def pair_of(one: str, other: str) -> Pair:
    """Return the pair in its one order."""
    return (one, other) if one < other else (other, one)


def clusters_of(links: Mapping[Pair, float], separated: Iterable[Pair]) -> list[tuple[str, ...]]:
    """Return the disputes of two or more registrations, each in order of ids.

    Links are joined from the surest on, equal ones by their ids, so that the answer does
    not depend on the order of arrival; a join that would put a separated pair into one
    dispute is left out.
    """
    forest = _Forest(separated)
    for pair in sorted(links, key=lambda pair: (-links[pair], pair)):
        forest.join(*pair)
    return forest.groups()


class _Forest:
    """Union-find by size; each root knows the roots that it must stay apart from."""

    def __init__(self, separated: Iterable[Pair]) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._apart: dict[str, set[str]] = defaultdict(set)
        for one, other in separated:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def join(self, one: str, other: str) -> None:
        kept, gone = self._root(one), self._root(other)
        if kept == gone or gone in self._apart[kept]:
            return
        if len(self._members[kept]) < len(self._members[gone]):
            kept, gone = gone, kept
        self._parent[gone] = kept
        self._members[kept] += self._members.pop(gone)
        for enemy in self._apart.pop(gone, set()):
            self._apart[enemy].discard(gone)
            self._apart[enemy].add(kept)
            self._apart[kept].add(enemy)

    def groups(self) -> list[tuple[str, ...]]:
        return sorted(tuple(sorted(members)) for members in self._members.values() if members[1:])

    def _root(self, one: str) -> str:
        if one not in self._parent:
            self._parent[one] = one
            self._members[one] = [one]
        root = one
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[one] != root:
            self._parent[one], one = root, self._parent[one]
        return root
