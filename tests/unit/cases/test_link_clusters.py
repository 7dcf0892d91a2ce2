"""From pairs to disputes: never across a separation, whatever the order."""

from __future__ import annotations

import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.linking.clusters import Pair, clusters_of, pair_of

IDS = [f"c{n}" for n in range(9)]
pairs = st.sampled_from([pair_of(*pair) for pair in combinations(IDS, 2)])
chances = st.dictionaries(pairs, st.sampled_from([0.5, 0.8, 0.95, 1.0]), max_size=20)
separations = st.lists(pairs, max_size=6)


def test_links_join_and_chains_join() -> None:
    assert clusters_of({("a", "b"): 0.9, ("b", "c"): 0.6, ("x", "y"): 1.0}, []) == [
        ("a", "b", "c"),
        ("x", "y"),
    ]


def test_a_separation_stops_the_weaker_link_of_a_chain() -> None:
    links = {("a", "b"): 0.9, ("b", "c"): 0.6}
    assert clusters_of(links, [("a", "c")]) == [("a", "b")]
    assert clusters_of(links | {("b", "c"): 0.95}, [("a", "c")]) == [("b", "c")]


def test_a_separation_holds_after_its_sides_have_grown() -> None:
    links = {("a", "b"): 0.9, ("c", "d"): 0.9, ("b", "d"): 0.8}
    assert clusters_of(links, [("a", "c")]) == [("a", "b"), ("c", "d")]


@given(chances, separations, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    links: dict[Pair, float], separated: list[Pair], draw: random.Random
) -> None:
    shuffled = dict(draw.sample(sorted(links.items()), len(links)))
    again = clusters_of(shuffled, draw.sample(separated, len(separated)))
    assert again == clusters_of(links, separated)


@given(chances, separations)
def test_disputes_are_apart_where_they_must_be_and_joined_by_links_alone(
    links: dict[Pair, float], separated: list[Pair]
) -> None:
    found = clusters_of(links, separated)
    members = [one for dispute in found for one in dispute]
    assert len(members) == len(set(members))
    of = {one: dispute for dispute in found for one in dispute}
    for one, other in separated:
        assert one not in of or other not in of[one]
    for dispute in found:
        reached, edge = set(), {dispute[0]}
        while edge:
            reached |= edge
            edge = {o for p in links for o in p if reached & set(p) and o in dispute} - reached
        assert reached == set(dispute)
    if not separated:
        assert all(one in of and other in of[one] for one, other in links)
