"""From a file and a mapping to cases: one :class:`Row` for each row of the file, in order.

One rule for what is wrong: a fault of a required field (the number, the narrative, the time
of registration where the mapping demands it) rejects the row; a fault of any other field
leaves that field empty, is reported, and the row still goes in. Nothing good is lost.
"""

from __future__ import annotations

from zaojie_cases.importing.faults import Reject
from zaojie_cases.importing.records import read_records
from zaojie_cases.importing.reject_file import RejectFile
from zaojie_cases.importing.row import Row

__all__ = ["Reject", "RejectFile", "Row", "read_records"]
