"""The record: a case, its time line, its outcomes, and the parties kept apart from it.

Field names and meanings follow the recommended record for GB/T 31000-2015 table 30;
identity (table 30 no. 9-16) appears in :class:`Party` only and never in a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

SHANGHAI = ZoneInfo("Asia/Shanghai")
MAX_NARRATIVE = 20_000
"""Characters of a narrative that are kept; GB/T 31000 gives 4,000, sources exceed it."""

PayloadValue = str | int | float | bool | None


def in_shanghai(moment: datetime) -> datetime:
    """Return ``moment`` in Asia/Shanghai; a naive time is read as Shanghai time."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=SHANGHAI)
    return moment.astimezone(SHANGHAI)


Moment = Annotated[AwareDatetime, AfterValidator(in_shanghai)]
CategoryCode = Annotated[str, Field(pattern=r"^\d{2}(\d{2})?$")]
RegionCode = Annotated[str, Field(pattern=r"^\d{12}$")]
GridCode = Annotated[str, Field(pattern=r"^\d{14,16}$")]


class EventKind(StrEnum):
    """What can happen on the time line of a case."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    SIGNED_FOR = "signed_for"
    CONTACTED = "contacted"
    SESSION = "session"
    NO_SHOW = "no_show"
    AGREEMENT_ORAL = "agreement_oral"
    AGREEMENT_WRITTEN = "agreement_written"
    JUDICIAL_CONFIRMATION = "judicial_confirmation"
    PERFORMED = "performed"
    BREACHED = "breached"
    TRANSFERRED = "transferred"
    WHISTLE = "whistle"
    REPORTED_IN = "reported_in"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    VISIT = "visit"
    """Somebody went to the parties because a warning asked for it."""
    REVISIT = "revisit"
    REOPENED = "reopened"
    POLICE_DISPATCH_LINKED = "police_dispatch_linked"
    PROTECTIVE_ORDER = "protective_order"
    NOTE_ADDED = "note_added"
    PETITION = "petition"
    LAWSUIT = "lawsuit"
    COMPLAINT = "complaint"
    MEDIA_CONTACT = "media_contact"
    CLOSED = "closed"


LAWFUL_ACTS = frozenset(
    {EventKind.PETITION, EventKind.LAWSUIT, EventKind.COMPLAINT, EventKind.MEDIA_CONTACT}
)
"""Rights of a party: kept for routing, invisible to every feature."""


class Record(BaseModel):
    """Base of all records: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Case(Record):
    """One dispute as registered by one source; the only thing that is ever scored."""

    case_id: str
    source_system: str
    source_case_no: str
    schema_version: int = 1
    registered_at: Moment
    occurred_on: date | None = None
    accepted_at: Moment | None = None
    source_code: str | None = None
    channel_code: str | None = None
    region_code: RegionCode | None = None
    grid_code: GridCode | None = None
    place_key: str | None = Field(default=None, max_length=64)
    """The place as the source codes it, where it has no GB code."""
    other_region_codes: tuple[RegionCode, ...] = ()
    category_code: CategoryCode | None = None
    judicial_type: str | None = None
    crosswalk_version: str | None = None
    scale_code: Literal["01", "02", "03"] | None = None
    involved_count: int | None = Field(default=None, ge=1, le=999_999)
    amount_yuan: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    narrative_masked: str = Field(max_length=MAX_NARRATIVE)
    narrative_form: Literal["plain", "segmented"] = "plain"
    """``segmented``: the source gives words parted by spaces."""
    org_kind: str | None = None
    difficulty_tier: Literal["简易", "一般", "疑难", "重大"] | None = None
    status: Literal["open", "settled", "failed", "void"] = "open"
    due_on: date | None = None
    committee_id: str | None = None
    committee_kind: str | None = None
    mediator_id: str | None = None
    prior_reports: int | None = Field(default=None, ge=0, le=10_000)
    """Earlier registrations of the same dispute, as the source counts them."""
    prior_case_ids: tuple[str, ...] = ()
    is_minor_involved: bool | None = None
    service_needs: tuple[str, ...] = ()
    scoring_opt_out: bool = False

    @property
    def place(self) -> str | None:
        """The finest place key of the case: grid, else region, else the source's own."""
        return self.grid_code or self.region_code or self.place_key


class CaseEvent(Record):
    """One entry on the time line: it happened ``at`` and was known from ``recorded_at``."""

    event_id: str
    case_id: str
    at: Moment
    recorded_at: Moment
    kind: EventKind
    actor_role: str | None = None
    payload: Mapping[str, PayloadValue] = Field(default_factory=dict)


class Outcome(Record):
    """One entry of the label store.

    ``outcome_code`` is a code of the outcome table (E1-E4, R1, R2, L1, ...); ``value`` is
    "1" or "0" for yes/no outcomes, else the class (several joined by ``|``).
    """

    case_id: str
    outcome_code: str
    value: str = "1"
    observed_at: Moment
    evidence_kind: str | None = None
    verified_by: str | None = None
    source_system: str


class Party(Record):
    """Identity of one party: lives in the vault only, encrypted, with its own key."""

    party_token: str
    case_id: str
    role: Literal["applicant", "respondent", "other"] = "other"
    identity: Mapping[str, str] = Field(default_factory=dict)
