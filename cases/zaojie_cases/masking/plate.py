"""Number plates of vehicles: ordinary, new energy, police, trailer, farm, embassy, forces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zaojie_cases.masking.spans import Span, SpanType
from zaojie_cases.masking.view import matches

PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""Characters that a plate begins with."""
_CHAR = "[A-HJ-NP-Za-hj-np-z0-9*×]"
_LIKELY = re.compile(rf"[{PROVINCE}军海空北沈兰济南广成] ?[A-Za-z]|WJ|使\d|\d使|[{PROVINCE}]\d")
_PLATE = re.compile(
    rf"[{PROVINCE}] ?[A-Za-z] ?[·•.\-— ]? ?"
    rf"(?=[A-Za-z*×]{{0,4}}[0-9*×])(?:{_CHAR}{{4,5}}[警学挂领港澳试超]|{_CHAR}{{6}}|{_CHAR}{{5}})"
    r"(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z])WJ ?[{PROVINCE}]? ?\d{{4,5}}[A-Z0-9]?(?![A-Za-z0-9])"
    rf"|[军海空北沈兰济南广成][A-Z][·• ]?\d{{5}}(?!\d)"
    rf"|[{PROVINCE}]\d{{2}}[\-·• ]\d{{5}}(?!\d)"
    r"|(?<!\d)\d{6}使|使\d{6}(?!\d)|(?<!\d)\d{3}[·•]?\d{3}使"
)


def find(view: str) -> Iterator[Span]:
    """Return number plates."""
    return matches(_PLATE, view, SpanType.PLATE) if _LIKELY.search(view) else iter(())
