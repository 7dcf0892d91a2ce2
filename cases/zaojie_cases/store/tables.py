"""The tables of the record. Columns bear the names of the record's fields.

``Mapped[datetime]`` on :class:`Base` is an :class:`Instant`: aware, Asia/Shanghai. Other
rooms define their tables on the same ``Base``; their migrations live in ``migrations``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from zaojie_cases.record import in_shanghai


class Instant(TypeDecorator[datetime]):
    """A moment, kept in UTC to the microsecond, given back in Asia/Shanghai."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC; SQLite keeps its digits and sorts by them."""
        return None if value is None else in_shanghai(value).astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in Asia/Shanghai; SQLite gives it back without a zone."""
        if value is None:
            return None
        return in_shanghai(value if value.tzinfo else value.replace(tzinfo=UTC))


class Base(DeclarativeBase):
    """Base of all tables of Zaojie."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        float: Double,
        list[str]: JSON,
        dict[str, Any]: JSON,
    }


class CaseRow(Base):
    """One case, with what is computed once when it is stored."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("source_system", "source_case_no"),
        Index(None, "registered_at", "case_id"),
        Index(None, "place", "registered_at"),
    )

    case_id: Mapped[str] = mapped_column(primary_key=True)
    source_system: Mapped[str]
    source_case_no: Mapped[str]
    schema_version: Mapped[int]
    registered_at: Mapped[datetime]
    occurred_on: Mapped[date | None]
    accepted_at: Mapped[datetime | None]
    source_code: Mapped[str | None]
    channel_code: Mapped[str | None]
    region_code: Mapped[str | None]
    grid_code: Mapped[str | None]
    place_key: Mapped[str | None]
    other_region_codes: Mapped[list[str]]
    category_code: Mapped[str | None]
    judicial_type: Mapped[str | None]
    crosswalk_version: Mapped[str | None]
    scale_code: Mapped[str | None]
    involved_count: Mapped[int | None]
    amount_yuan: Mapped[float | None]
    narrative_masked: Mapped[str] = mapped_column(Text)
    narrative_form: Mapped[str]
    org_kind: Mapped[str | None]
    difficulty_tier: Mapped[str | None]
    status: Mapped[str]
    due_on: Mapped[date | None]
    committee_id: Mapped[str | None]
    committee_kind: Mapped[str | None]
    mediator_id: Mapped[str | None]
    prior_reports: Mapped[int | None]
    prior_case_ids: Mapped[list[str]]
    is_minor_involved: Mapped[bool | None]
    service_needs: Mapped[list[str]]
    scoring_opt_out: Mapped[bool]

    place: Mapped[str]
    """:attr:`Case.place`, ``""`` for a case without one."""
    sketch: Mapped[bytes]
    """The sketch of the masked narrative: little-endian 32-bit hashes."""
    content_hash: Mapped[str]
    """SHA-256 of the case without its id: what a second import is compared with."""


class EventRow(Base):
    """One entry on the time line of a case; its id is unique within the case."""

    __tablename__ = "case_events"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[str]
    actor_role: Mapped[str | None]
    payload: Mapped[dict[str, Any]]


class OutcomeRow(Base):
    """One entry of the label store: one value for a case and an outcome code."""

    __tablename__ = "outcomes"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    outcome_code: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    observed_at: Mapped[datetime]
    evidence_kind: Mapped[str | None]
    verified_by: Mapped[str | None]
    source_system: Mapped[str]


class VaultPartyRow(Base):
    """One sealed party; nothing in this row can be read or compared without the key."""

    __tablename__ = "vault_parties"
    __table_args__ = (
        Index(None, "party_token"),
        Index(None, "key_id", "case_id", "party_token"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    party_token: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str]
    digest: Mapped[str]
    """Keyed hash of the content: tells a second import that nothing changed."""
    sealed: Mapped[bytes]


class VaultTextRow(Base):
    """The texts of a closed case that retention has moved out of the record, sealed."""

    __tablename__ = "vault_texts"
    __table_args__ = (Index(None, "key_id", "case_id"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    key_id: Mapped[str]
    sealed: Mapped[bytes]
    sealed_at: Mapped[datetime]
    policy_version: Mapped[str]
    open_until: Mapped[datetime | None]
    """Set while the texts stand in the record again; retention waits until then."""


class VaultKeyRow(Base):
    """One key of the vault, by its id only; the one with the highest number is in force."""

    __tablename__ = "vault_keys"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_id: Mapped[str] = mapped_column(unique=True)
    since: Mapped[datetime]
    left_at: Mapped[datetime | None]
    """When the last row left this key; before that, rows may still need it."""


class VaultReadRow(Base):
    """Who opened the identities of which case, when and what for: a link of a hash chain.

    Outlives the case: forgetting takes ``case_id`` and ``case_salt`` away, ``case_hash`` stays.
    """

    __tablename__ = "vault_reads"

    read_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    case_id: Mapped[str | None] = mapped_column(index=True)
    case_salt: Mapped[str | None]
    case_hash: Mapped[str]
    reader: Mapped[str]
    role: Mapped[str]
    purpose: Mapped[str]
    note: Mapped[str]
    parties: Mapped[int]
    entry_hash: Mapped[str]


class ChainHeadRow(Base):
    """Where a hash chain ends: how many links it has and the hash of the last."""

    __tablename__ = "chain_heads"

    chain: Mapped[str] = mapped_column(primary_key=True)
    links: Mapped[int]
    head: Mapped[str]


class ReceiptRow(Base):
    """What retention or forgetting did, without personal data: a link of a hash chain."""

    __tablename__ = "receipts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    entry_hash: Mapped[str]


class TombstoneRow(Base):
    """The salted hash of a registration that was removed and must not be imported again."""

    __tablename__ = "tombstones"

    registration: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
