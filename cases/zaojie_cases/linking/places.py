"""Places as codes: which village, town and county a registration belongs to."""

from __future__ import annotations


def places_of(place: str) -> tuple[str, str, str]:
    """Return the village, town and county of a 12-digit region (or longer grid) code.

    A source's own code has fewer steps: itself, itself without trailing digits (A7 -> A),
    and the whole source.
    """
    if place.isdigit():
        return place[:12], place[:9], place[:6]
    return place, place.rstrip("0123456789") or place, "*"


def county_of(place: str) -> str:
    """Return what stands for the county: six digits, or A for a source's own A7."""
    return places_of(place)[2 if place.isdigit() else 1]


def nearness(one: str, other: str) -> str:
    """Return how near two places are: grid, village, town, county, elsewhere, or unknown.

    A code of a whole town or county says no more than that.
    """
    if not one or not other:
        return "unknown"
    if one == other and len(one) > 12:
        return "grid"
    if not (one.isdigit() and other.isdigit()):
        return _own_nearness(one, other)
    village, town, county = (a == b for a, b in zip(places_of(one), places_of(other), strict=True))
    if village and one[9:12] != "000":
        return "village"
    if town and one[6:9] != "000":
        return "town"
    return "county" if county else "elsewhere"


def _own_nearness(one: str, other: str) -> str:
    """Nearness by a source's own codes: A may be a city and A7 a part of it."""
    if one == other:
        return "town"
    return "unknown" if county_of(one) == county_of(other) else "elsewhere"
