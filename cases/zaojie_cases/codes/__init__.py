"""Code tables as data files, and the checks that use them.

Every ``check_*`` returns the code in its normal form or raises ``CodeError`` with a Chinese
sentence that never repeats the value.
"""

from __future__ import annotations

from zaojie_cases.codes.regions import REGION_DIGITS, check_grid, check_region, region_contains
from zaojie_cases.codes.tables import (
    category_name,
    channel_name,
    check_category,
    check_channel,
    check_judicial_type,
    check_outcome,
    check_scale,
    check_source,
    crosswalk_version,
    gb_codes_for,
    is_scored,
    judicial_types_for,
    method_name,
    outcome_name,
    route_of,
    scale_name,
    source_name,
)

__all__ = [
    "REGION_DIGITS",
    "category_name",
    "channel_name",
    "check_category",
    "check_channel",
    "check_grid",
    "check_judicial_type",
    "check_outcome",
    "check_region",
    "check_scale",
    "check_source",
    "crosswalk_version",
    "gb_codes_for",
    "is_scored",
    "judicial_types_for",
    "method_name",
    "outcome_name",
    "region_contains",
    "route_of",
    "scale_name",
    "source_name",
]
