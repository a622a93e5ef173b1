"""Calendars: the exchange's confirmed sessions, and base days by the calendar."""

from __future__ import annotations

import datetime as dt
import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import CalendarRangeError, InputError, UnknownNameError
from foresto_lab.market import calendar_cache, get_calendar
from foresto_lab.market.calendar_cache import CalendarDays, cached_days, keep_days
from foresto_lab.market.calendar_corrections import CORRECTIONS
from foresto_lab.market.calendar_library import canonical_name

FIRST, LAST = "FIRST_TRADING_DAY", "LAST_TRADING_DAY"


def days(*texts: str) -> list[dt.date]:
    return [dt.date.fromisoformat(text) for text in texts]


def answers(shared_data: Path, name: str) -> np.ndarray:
    with gzip.open(shared_data / "calendars" / f"{name}.csv.gz", "rt") as file:
        lines = file.read().splitlines()[1:]
    return np.array([line[:10] for line in lines], dtype="datetime64[D]")


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["XKRX", "XNYS"])
def test_sessions_equal_the_confirmed_answers_on_every_day(
    shared_data: Path, name: str
) -> None:
    expected = answers(shared_data, name.lower())
    given = get_calendar(name).sessions(expected[0], expected[-1])
    np.testing.assert_array_equal(given, expected)


@pytest.mark.shared_data
def test_the_corrections_are_exactly_what_the_library_lacks(shared_data: Path) -> None:
    import exchange_calendars

    expected = answers(shared_data, "xkrx")
    library = (
        exchange_calendars.get_calendar(
            "XKRX", start=str(expected[0]), end=str(expected[-1])
        )
        .sessions.to_numpy()
        .astype("datetime64[D]")
    )
    lacking = np.setdiff1d(expected, library)
    assert len(lacking) == 641
    assert set(pd.DatetimeIndex(lacking).day_of_week) == {5}
    assert lacking[-1] == np.datetime64("1998-12-05")
    closures = [closure.session for closure in CORRECTIONS["XKRX"].closures]
    assert np.setdiff1d(library, expected).tolist() == closures == days("2026-06-03")


def test_every_correction_names_cause_and_source() -> None:
    for correction in CORRECTIONS.values():
        for declared in (*correction.saturdays, *correction.closures):
            assert declared.cause
            assert declared.source


@pytest.mark.parametrize(
    ("frequency", "base_day", "expected"),
    [
        # 2024: New Year's Day is a Monday; Lunar New Year 9 and 12 February; 1 March is
        # a holiday and a Friday; 30 December 2024 is the last session, the 31st closed.
        ("MONTHLY", FIRST, ["2024-01-02", "2024-02-01", "2024-03-04"]),
        ("MONTHLY", LAST, ["2024-01-31", "2024-02-29", "2024-03-29"]),
        ("QUARTERLY", FIRST, ["2024-01-02"]),
        ("QUARTERLY", LAST, ["2024-03-29"]),
        ("SEMIANNUAL", FIRST, ["2024-01-02"]),
        ("SEMIANNUAL", LAST, []),
        ("ANNUAL", FIRST, ["2024-01-02"]),
        ("ANNUAL", LAST, []),
    ],
)
def test_base_sessions_of_early_2024(
    frequency: str, base_day: str, expected: list[str]
) -> None:
    given = get_calendar("XKRX").period_sessions(
        frequency, base_day, "2024-01-01", "2024-03-31"
    )
    assert given.tolist() == days(*expected)


def test_a_week_is_monday_to_sunday() -> None:
    calendar = get_calendar("XKRX")
    span = ("2024-02-05", "2024-02-18")  # Friday 9 and Monday 12 February closed
    first = calendar.period_sessions("WEEKLY", FIRST, *span)
    last = calendar.period_sessions("WEEKLY", LAST, *span)
    assert first.tolist() == days("2024-02-05", "2024-02-13")
    assert last.tolist() == days("2024-02-08", "2024-02-16")


def test_a_base_day_outside_the_span_is_not_returned_nor_replaced() -> None:
    calendar = get_calendar("XKRX")
    inside = calendar.period_sessions("MONTHLY", FIRST, "2024-06-10", "2024-07-10")
    assert inside.tolist() == days("2024-07-01")
    unfinished = calendar.period_sessions("MONTHLY", LAST, "2024-05-31", "2024-06-10")
    assert unfinished.tolist() == days("2024-05-31")


def test_years_end_on_the_last_session_not_on_the_holiday_after() -> None:
    given = get_calendar("XKRX").period_sessions(
        "ANNUAL", LAST, "2022-01-01", "2024-12-31"
    )
    assert given.tolist() == days("2022-12-29", "2023-12-28", "2024-12-30")


@pytest.mark.parametrize("name", ["XKRX", "XNYS", "24/7"])
@pytest.mark.parametrize(
    ("frequency", "period"),
    [("WEEKLY", "W-SUN"), ("MONTHLY", "M"), ("QUARTERLY", "Q"), ("ANNUAL", "Y")],
)
def test_base_sessions_agree_with_pandas_periods(
    name: str, frequency: str, period: str
) -> None:
    calendar = get_calendar(name)
    sessions = pd.Series(
        pd.DatetimeIndex(calendar.sessions("1990-01-01", "2029-12-31"))
    )
    groups = sessions.groupby(sessions.dt.to_period(period))
    span = (sessions.iloc[400], sessions.iloc[-400])
    for base_day, expected in ((FIRST, groups.min()), (LAST, groups.max())):
        given = calendar.period_sessions(frequency, base_day, *span)
        within = expected[(expected >= span[0]) & (expected <= span[1])]
        assert given.tolist() == [day.date() for day in within]


def test_halves_begin_in_january_and_july() -> None:
    given = get_calendar("24/7").period_sessions(
        "SEMIANNUAL", FIRST, "2023-12-31", "2024-12-31"
    )
    assert given.tolist() == days("2024-01-01", "2024-07-01")


def test_sessions_are_read_only() -> None:
    calendar = get_calendar("XKRX")
    for array in (
        calendar.sessions("2024-01-01", "2024-12-31"),
        calendar.period_sessions("MONTHLY", FIRST, "2024-01-01", "2024-12-31"),
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = np.datetime64("2024-01-01")


def test_session_numbers_count_sessions() -> None:
    calendar = get_calendar("XKRX")
    dates = np.array(["2024-02-08", "2024-02-10", "2024-02-13"], dtype="datetime64[D]")
    assert calendar.is_session(dates).tolist() == [True, False, True]
    numbers = calendar.session_number(dates)
    assert (numbers - numbers[0]).tolist() == [0, 0, 1]


def test_unknown_calendar_is_answered_with_the_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean XKRX"):
        get_calendar("XKRK")


def test_aliases_and_other_case_lead_to_one_calendar() -> None:
    assert canonical_name("nyse") == "XNYS"
    assert get_calendar("xkrx") is get_calendar("XKRX")


@pytest.mark.parametrize("frequency", ["DAILY", "", "MONTH"])
def test_unknown_frequency_is_refused(frequency: str) -> None:
    with pytest.raises(UnknownNameError, match="frequency"):
        get_calendar("XKRX").period_sessions(
            frequency, FIRST, "2024-01-01", "2024-02-01"
        )


@pytest.mark.parametrize("start", ["1956-03-02", "2051-01-01"])
def test_leaving_the_bounds_is_an_error_that_names_them(start: str) -> None:
    with pytest.raises(CalendarRangeError, match="1956-03-03 to 2050-12-31") as caught:
        get_calendar("XKRX").sessions(start, "2051-12-31")
    assert caught.value.facts["calendar"] == "XKRX"


@pytest.mark.parametrize(
    "start",
    ["2024-1-2x", "", pd.Timestamp("2024-01-02", tz="UTC"), pd.NaT, "2024-01-02 10:00"],
)
def test_what_is_no_session_date_is_refused(start: object) -> None:
    with pytest.raises(InputError, match="start"):
        get_calendar("XKRX").sessions(start, "2024-12-31")  # type: ignore[arg-type]


# --- the cache --------------------------------------------------------------------


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "foresto_lab" / "calendars"


TWO_DAYS = CalendarDays(
    dt.date(2024, 1, 1),
    dt.date(2024, 1, 31),
    np.array(["2024-01-02", "2024-01-03"], dtype="datetime64[D]"),
)


def test_days_come_back_as_they_were_kept(cache_folder: Path) -> None:
    assert cached_days("24/7") is None
    assert keep_days("24/7", TWO_DAYS)
    again = cached_days("24/7")
    assert again is not None
    assert (again.first_date, again.last_date) == (
        TWO_DAYS.first_date,
        TWO_DAYS.last_date,
    )
    np.testing.assert_array_equal(again.sessions, TWO_DAYS.sessions)
    assert [file.suffix for file in cache_folder.iterdir()] == [".npz"]


def test_a_damaged_file_counts_as_absent(cache_folder: Path) -> None:
    keep_days("XKRX", TWO_DAYS)
    (file,) = cache_folder.iterdir()
    for content in (b"", b"junk", file.read_bytes()[:200]):
        file.write_bytes(content)
        assert cached_days("XKRX") is None


def test_other_corrections_make_another_file(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_days("XKRX", TWO_DAYS)
    monkeypatch.setattr(calendar_cache, "CORRECTIONS_VERSION", 999)
    assert cached_days("XKRX") is None


def test_a_folder_that_cannot_be_made_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not keep_days("XKRX", TWO_DAYS)
    assert cached_days("XKRX") is None


def test_a_kept_calendar_needs_neither_library_nor_pandas() -> None:
    get_calendar("XKRX")  # kept from here on
    code = (
        "import sys; from foresto_lab.market.calendars import get_calendar;"
        "assert len(get_calendar('XKRX').sessions('2024-01-01', '2024-12-31')) == 244;"
        "heavy = {'exchange_calendars', 'pandas'}; print(heavy & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"
