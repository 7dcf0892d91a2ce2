"""Masking: takes identity out of a narrative before it is stored, logged or tokenised."""

from __future__ import annotations

from zaojie_cases.masking.engine import mask
from zaojie_cases.masking.pseudonyms import Pseudonyms
from zaojie_cases.masking.spans import Masked, Span, SpanType

__all__ = ["Masked", "Pseudonyms", "Span", "SpanType", "mask"]
