"""Deadlines in hours or in working days of the official calendar (with made-up work days)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import chinese_calendar


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which something must be done; ``note`` says when it is a guess."""

    at: datetime
    note: str | None = None


def after_hours(start: datetime, hours: float) -> Deadline:
    """Return the moment ``hours`` after ``start``; nights and holidays count."""
    return Deadline(start + timedelta(hours=hours))


def after_working_days(start: datetime, days: int) -> Deadline:
    """Return the end of the ``days``-th working day after the day of ``start``.

    The day of ``start`` does not count and the last one counts to its end, as time limits
    do in civil law. A year whose holidays are not published yet counts Monday to Friday.
    """
    day, left = start.date(), days
    guessed: set[int] = set()
    while left > 0:
        day += timedelta(days=1)
        known = _official(day)
        if known is None:
            guessed.add(day.year)
        left -= day.weekday() < 5 if known is None else known
    end = datetime.combine(day, time(23, 59, 59), start.tzinfo)
    return Deadline(end, _note(guessed))


def _official(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the library's way to say that it has no data for the year
        return None


def _note(years: set[int]) -> str | None:
    if not years:
        return None
    named = "、".join(str(year) for year in sorted(years))
    return f"{named}年的放假安排尚未收录，暂按周一至周五为工作日推算，请以国务院通知为准。"
