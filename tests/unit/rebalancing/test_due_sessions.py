"""Periodic dates at the edges of the Korean calendar of 2020, each derivable by hand.

Seollal was 24 to 27 January. April ended on Wednesday the 29th, May began on Monday the
4th (Buddha's birthday on the 30th, Labour day on the 1st). Chuseok closed 30 September
to 2 October. The year began on 2 January and ended on 30 December.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresto_lab.market import get_calendar
from foresto_lab.rebalancing import Decision, Drift, Hybrid, Periodic
from tests.oracles.korean_sessions import sessions_2020

FIRST, LAST = "FIRST_TRADING_DAY", "LAST_TRADING_DAY"
YEAR = ("2020-01-01", "2020-12-31")
SEOLLAL = ("2020-01-10", "2020-02-05")

EXPECTED = {
    # Monday the 27th is a holiday; so is Friday the 24th. The 10th is day 0; the week
    # of the 5th of February has not ended with the data.
    ("WEEKLY", FIRST, SEOLLAL): "01-13 01-20 01-28 02-03",
    ("WEEKLY", LAST, SEOLLAL): "01-17 01-23 01-31",
    # 2 January is day 0.
    ("MONTHLY", FIRST, YEAR): (
        "02-03 03-02 04-01 05-04 06-01 07-01 08-03 09-01 10-05 11-02 12-01"
    ),
    ("MONTHLY", LAST, YEAR): (
        "01-31 02-28 03-31 04-29 05-29 06-30 07-31 08-31 09-29 10-30 11-30 12-30"
    ),
    ("QUARTERLY", FIRST, YEAR): "04-01 07-01 10-05",
    ("QUARTERLY", LAST, YEAR): "03-31 06-30 09-29 12-30",
    ("SEMIANNUAL", FIRST, YEAR): "07-01",
    ("SEMIANNUAL", LAST, YEAR): "06-30 12-30",
    ("ANNUAL", FIRST, YEAR): "",
    ("ANNUAL", LAST, YEAR): "12-30",
}


def due_dates(rule: Periodic, sessions: pd.DatetimeIndex) -> str:
    rows = sessions.to_numpy().astype("datetime64[D]")
    due = rule.schedule(rows, get_calendar("XKRX")).due
    return " ".join(str(session)[5:] for session in rows[due])


@pytest.mark.parametrize(
    ("frequency", "base_day", "span"), EXPECTED, ids=lambda value: str(value)
)
def test_dates_are_the_calendars(
    frequency: str, base_day: str, span: tuple[str, str]
) -> None:
    rule = Periodic(frequency, base_day)
    assert due_dates(rule, sessions_2020(*span)) == EXPECTED[frequency, base_day, span]


def test_a_year_begins_on_its_first_session_in_the_middle_of_the_data() -> None:
    days = pd.DatetimeIndex(["2019-12-27", "2019-12-30", "2020-01-02", "2020-01-03"])
    assert due_dates(Periodic("ANNUAL", FIRST), days) == "01-02"
    assert due_dates(Periodic("ANNUAL", LAST), days) == "12-30"  # the 31st is closed


def test_a_missing_row_moves_the_trade_to_the_next_row() -> None:
    sessions = sessions_2020("2020-04-20", "2020-05-15")
    without = sessions[~sessions.isin(pd.DatetimeIndex(["2020-04-29", "2020-05-04"]))]
    assert due_dates(Periodic("MONTHLY", FIRST), without) == "05-06"
    # The last session of April falls on that row too, and makes one event of two dates.
    assert due_dates(Periodic("MONTHLY", LAST), without) == "05-06"


def test_data_that_ends_before_a_periods_last_session_has_none() -> None:
    assert due_dates(
        Periodic("MONTHLY", LAST), sessions_2020("2020-05-25", "2020-06-10")
    ) == ("05-29")
    assert (
        due_dates(Periodic("MONTHLY", LAST), sessions_2020("2020-09-01", "2020-09-28"))
        == ""
    )
    assert due_dates(
        Periodic("MONTHLY", LAST), sessions_2020("2020-09-01", "2020-09-29")
    ) == ("09-29")


def test_two_dates_before_one_row_are_one() -> None:
    days = pd.DatetimeIndex(["2020-06-01", "2020-07-20", "2020-07-21"])
    assert due_dates(Periodic("WEEKLY", FIRST), days) == "07-20"
    assert due_dates(Periodic("MONTHLY", FIRST), days) == "07-20"


def test_day_0_is_never_due() -> None:
    assert (
        due_dates(Periodic("MONTHLY", FIRST), sessions_2020("2020-05-04", "2020-05-08"))
        == ""
    )


def test_rows_outside_the_calendar_do_not_come_due() -> None:
    # Saturday 2 May has a row; May begins on Monday the 4th all the same.
    days = pd.DatetimeIndex(["2020-04-29", "2020-05-02", "2020-05-04"])
    assert due_dates(Periodic("MONTHLY", FIRST), days) == "05-04"


def test_a_hybrid_joins_the_dates_and_the_band_of_its_parts() -> None:
    rows = sessions_2020(*YEAR).to_numpy().astype("datetime64[D]")
    calendar = get_calendar("XKRX")
    periodic, drift = Periodic("QUARTERLY"), Drift(0.1, relative=True, to="band_edge")
    for mode, decision in (("ALL", Decision.ON_BOTH), ("ANY", Decision.ON_EITHER)):
        schedule = Hybrid(periodic, drift, mode).schedule(rows, calendar)
        np.testing.assert_array_equal(
            schedule.due, periodic.schedule(rows, calendar).due
        )
        assert schedule.decision is decision
        assert (schedule.threshold, schedule.relative, schedule.to_band_edge) == (
            0.1,
            True,
            True,
        )


@pytest.mark.parametrize("base_day", [FIRST, LAST])
@pytest.mark.parametrize("frequency", ["WEEKLY", "MONTHLY", "QUARTERLY", "ANNUAL"])
def test_dates_agree_with_pandas_periods_over_half_a_century(
    frequency: str, base_day: str
) -> None:
    # Where every session has a row, dates are the first or last row of each period; the
    # last period of the data may not have ended.
    sessions = pd.DatetimeIndex(
        get_calendar("XNYS").sessions("1971-01-04", "2023-12-29")
    )
    unit = {"WEEKLY": "W-SUN", "MONTHLY": "M", "QUARTERLY": "Q", "ANNUAL": "Y"}
    periods = sessions.to_period(unit[frequency])
    grouped = pd.Series(sessions, index=sessions).groupby(periods)
    expected = grouped.first() if base_day == FIRST else grouped.last()
    due = Periodic(frequency, base_day).schedule(
        sessions.to_numpy().astype("datetime64[D]"), get_calendar("XNYS")
    )
    assert sessions[due.due].tolist() == [day for day in expected if day != sessions[0]]


@pytest.mark.parametrize(
    ("base_day", "offset", "expected"),
    [
        # April: 1, 2, 3, 6, ... 28, 29; May: 4, 6, 7, 8, ... 27, 28, 29.
        (FIRST, 0, "05-04"),
        (FIRST, 1, "04-02 05-06"),
        (FIRST, 2, "04-03 05-07"),
        (LAST, 1, "04-28 05-28"),
        (LAST, 2, "04-27 05-27"),
        # no month has 30 sessions: the other end of it
        (FIRST, 30, "04-29 05-29"),
        (LAST, 30, "05-04"),
    ],
)
def test_an_offset_counts_sessions_into_the_month(
    base_day: str, offset: int, expected: str
) -> None:
    rule = Periodic("MONTHLY", base_day, offset=offset)
    assert due_dates(rule, sessions_2020("2020-04-01", "2020-05-29")) == expected


def test_an_offset_of_a_period_that_has_begun_already_is_due() -> None:
    days = sessions_2020("2020-01-28", "2020-03-31")
    assert due_dates(Periodic("QUARTERLY", FIRST, offset=20), days) == "02-03"


def test_the_offset_of_a_date_after_the_last_row_is_not_due() -> None:
    days = sessions_2020("2020-05-04", "2020-05-06")
    assert due_dates(Periodic("MONTHLY", FIRST, offset=2), days) == ""
