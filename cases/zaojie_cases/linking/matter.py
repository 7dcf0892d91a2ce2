"""What the linker knows of one registration: no name, no number, no text."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple, Protocol

from zaojie_cases.record import Case
from zaojie_cases.sketch import Sketch


@dataclass(frozen=True, slots=True)
class Decision:
    """A clerk's word on a pair of registrations: one dispute, or two; it counts from ``at``."""

    other: str
    same: bool
    at: datetime


class LaterKey(NamedTuple):
    """A link key that an import brought when the case was stored already; it counts from ``at``."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """What a registration says of its dispute, beside time, place and text."""

    category_code: str | None = None
    judicial_type: str | None = None
    occurred_on: date | None = None
    amount_yuan: float | None = None
    involved_count: int | None = None
    named: tuple[str, ...] = ()
    """Cases that the source calls earlier registrations of the same dispute."""
    keys: tuple[str, ...] = ()
    """Link keys made from the parties, see :mod:`zaojie_cases.linking.keys`."""
    later_keys: tuple[LaterKey, ...] = ()

    def keys_by(self, moment: datetime) -> tuple[str, ...]:
        """Return the link keys that are known by ``moment``."""
        if not self.later_keys:
            return self.keys
        return (*self.keys, *(key for key, at in self.later_keys if at <= moment))

    def with_later_keys(self) -> Matter:
        """Return the matter as if all its link keys had come with the registration."""
        later = (key for key, _ in self.later_keys)
        return replace(self, keys=(*self.keys, *later), later_keys=())


NOTHING_SAID = Matter()


class Registration(Protocol):
    """What :func:`seen_of` reads; a ledger entry has it."""

    @property
    def case_id(self) -> str:
        """The case."""

    @property
    def place(self) -> str:
        """Its place, ``""`` if unknown."""

    @property
    def registered_at(self) -> datetime:
        """When it was registered."""

    @property
    def sketch(self) -> Sketch:
        """The sketch of its masked text."""

    @property
    def matter(self) -> Matter:
        """What it says of its dispute."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One registration, packed small: the linker holds many."""

    case_id: str
    place: str
    registered_at: datetime
    sketch: array[int] = field(repr=False)
    """Ascending 32-bit hashes."""
    matter: Matter


def seen_of(registration: Registration) -> Seen:
    """Return the registration as the linker holds it."""
    return Seen(
        registration.case_id,
        registration.place,
        registration.registered_at,
        array("I", registration.sketch),
        registration.matter,
    )


def matter_of(
    case: Case, keys: tuple[str, ...] = (), later_keys: tuple[LaterKey, ...] = ()
) -> Matter:
    """Return what ``case`` says of its dispute, with its link keys."""
    return Matter(
        case.category_code,
        case.judicial_type,
        case.occurred_on,
        case.amount_yuan,
        case.involved_count,
        tuple(case.prior_case_ids),
        keys,
        later_keys,
    )
