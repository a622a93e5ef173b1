"""Korea Exchange sessions of 2020, from that year's public holidays by hand."""

from __future__ import annotations

import pandas as pd

HOLIDAYS_2020 = (
    "2020-01-01",  # New Year
    "2020-01-24",  # Seollal, Friday to Monday
    "2020-01-27",
    "2020-04-15",  # election of the National Assembly
    "2020-04-30",  # Buddha's birthday
    "2020-05-01",  # Labour day
    "2020-05-05",  # Children's day
    "2020-08-17",  # declared for that year
    "2020-09-30",  # Chuseok, Wednesday to Friday
    "2020-10-01",
    "2020-10-02",
    "2020-10-09",  # Hangul day
    "2020-12-25",  # Christmas
    "2020-12-31",  # closed at year end
)


def sessions_2020(
    start: str = "2020-01-01", end: str = "2020-12-31"
) -> pd.DatetimeIndex:
    """Return the weekdays that are no holiday."""
    days = pd.bdate_range(start, end, name="date")
    return days[~days.isin(pd.DatetimeIndex(HOLIDAYS_2020))]
