"""The windows of a run: sliding ones on which a family is chosen, and the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zaojie_training.config import Windows


@dataclass(frozen=True, slots=True)
class Window:
    """Decisions of ``[start, stop)``; ``stop`` None: to the end of the data.

    ``known_by``: labels that were not known then do not count; None: all that are known now.
    """

    start: datetime
    stop: datetime | None = None
    known_by: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Tell whether ``moment`` lies in the window."""
        return self.start <= moment and (self.stop is None or moment < self.stop)


def plan_windows(moments: Sequence[datetime], wanted: Windows) -> tuple[list[Window], Window]:
    """Return the sliding windows, oldest first, and the test window behind them.

    ``moments``: the decisions. Sliding windows end where the test window begins, and so do
    the labels by which they are judged, so that nothing is chosen by what happened while the
    run is judged; those before the data are left out.
    """
    first, last = min(moments), max(moments)
    span = min(timedelta(days=wanted.test_days), wanted.longest_test_share * (last - first))
    start, step = last - span, timedelta(days=wanted.days)
    sliding = [
        Window(start - back * step, start - (back - 1) * step, known_by=start)
        for back in range(wanted.count, 0, -1)
        if start - back * step > first
    ]
    return sliding, Window(start)
