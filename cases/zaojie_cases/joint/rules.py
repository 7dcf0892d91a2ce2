"""The rules of joint cases: which centre a case belongs to, who leads, whose clock runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from zaojie_cases.codes import REGION_DIGITS
from zaojie_cases.codes.data_files import table
from zaojie_cases.codes.regions import check_region
from zaojie_cases.record import Case

LIMIT_DAYS = 30
"""Limit of a case without a date of its own: a month from registration, as people's
mediation has it (人民调解工作若干规定, article 33)."""
_COUNTY_DIGITS = 6


def centre_of(code: str) -> str:
    """Return the county (12 digits) that a region or grid code lies in."""
    return code[:_COUNTY_DIGITS].ljust(REGION_DIGITS, "0")


def centre_of_case(case: Case) -> str | None:
    """Return the county whose centre deals with ``case``; None without a region."""
    code = case.region_code or case.grid_code or ""
    has_county = code[4:_COUNTY_DIGITS].strip("0") or code[:4] in _countyless()
    return centre_of(code) if has_county else None


def check_centre(code: str) -> str:
    """Return a county's region code in 12 digits; raises CodeError for a malformed one."""
    return check_region(code)


def suggested_lead(cases: Sequence[Case]) -> str:
    """Return the county that should lead.

    Where the dispute happened: the county of the grids that are known, if they agree. Else
    where it was registered first (the smaller case id, if at the same moment).
    """
    happened = {centre_of(case.grid_code) for case in cases if case.grid_code}
    if len(happened) == 1:
        return happened.pop()
    first = min(cases, key=lambda case: (case.registered_at, case.case_id))
    return centre_of_case(first) or ""


def stricter_due(cases: Sequence[Case]) -> date | None:
    """Return the earliest limit of ``cases``; None without any."""
    return min((_due(case) for case in cases), default=None)


def _due(case: Case) -> date:
    return case.due_on or case.registered_at.date() + timedelta(days=LIMIT_DAYS)


def region_name(code: str) -> str:
    """Return the province and the county code: 江西省（360102）."""
    province = table("region")["provinces"].get(code[:2], "")
    return f"{province}（{code[:_COUNTY_DIGITS]}）"


def _countyless() -> frozenset[str]:
    return frozenset(table("region")["cities_without_counties"])
