"""The data-quality report of an import: counted row by row, compared with the last import.

Counts can be added up and are bounded; nothing in them or in the report names a person.
"""

from __future__ import annotations

from zaojie_cases.quality.measure import Quality, date_problems
from zaojie_cases.quality.near import NearTexts
from zaojie_cases.quality.page import as_html, as_lines
from zaojie_cases.quality.report import Report, build
from zaojie_cases.quality.tally import Tally

__all__ = [
    "NearTexts",
    "Quality",
    "Report",
    "Tally",
    "as_html",
    "as_lines",
    "build",
    "date_problems",
]
