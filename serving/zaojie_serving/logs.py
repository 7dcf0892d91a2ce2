"""Structured logs: one JSON object a line, never a body, a narrative or a query value."""

from __future__ import annotations

import sys
import traceback
from typing import TextIO

import structlog
from structlog.typing import FilteringBoundLogger


def make_logger(stream: TextIO | None = None) -> FilteringBoundLogger:
    """Return a logger that writes JSON lines to ``stream`` (standard error unless given)."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return logger


def place_of(error: BaseException) -> list[str]:
    """Return where ``error`` came from, as ``module:line``.

    An exception's own text may quote the data that it stumbled over, so it is never logged.
    """
    return [
        f"{frame.f_globals.get('__name__', '?')}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
