from __future__ import annotations

from datetime import datetime, timedelta

import chinese_calendar
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.record import SHANGHAI
from zaojie_serving.workdays import after_hours, after_working_days

moments = st.datetimes(
    min_value=datetime(2015, 1, 1), max_value=datetime(2026, 10, 1), timezones=st.just(SHANGHAI)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_hours_count_nights_and_holidays() -> None:
    assert after_hours(at("2026-02-16T23:00"), 2).at == at("2026-02-17T01:00")


def test_a_made_up_work_day_counts_and_a_holiday_does_not() -> None:
    friday_before_spring_festival = at("2026-02-13T15:00")
    assert after_working_days(friday_before_spring_festival, 1).at == at("2026-02-14T23:59:59")
    assert after_working_days(friday_before_spring_festival, 2).at == at("2026-02-24T23:59:59")


def test_a_warning_of_a_saturday_is_due_at_the_end_of_monday() -> None:
    assert after_working_days(at("2026-11-21T10:00"), 1).at == at("2026-11-23T23:59:59")


def test_a_year_without_official_calendar_counts_weekdays_and_says_so() -> None:
    known = after_working_days(at("2026-12-25T09:00"), 1)
    guessed = after_working_days(at("2027-12-30T09:00"), 2)
    assert known.note is None
    assert guessed.at == at("2028-01-03T23:59:59")
    assert guessed.note is not None
    assert "2027、2028年" in guessed.note


@given(moments, st.integers(min_value=1, max_value=20))
def test_as_many_working_days_lie_between(start: datetime, days: int) -> None:
    end = after_working_days(start, days).at
    between = (start.date() + timedelta(days=n) for n in range(1, (end - start).days + 2))
    counted = [d for d in between if d <= end.date() and chinese_calendar.is_workday(d)]
    assert len(counted) == days
    assert counted[-1] == end.date()
