"""Every rule over candles: candles that break it, and candles that just do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import CandleTableError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.market.candle_quality import CANDLE_RULES, check_candles
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.types import Severity

Change = Callable[[pd.DataFrame], pd.DataFrame]


def clean(n_bars: int = 300, timeframe: str = "1min") -> pd.DataFrame:
    """Return candles with a range of 2 around 100, open to close 0.5."""
    index = pd.date_range("2024-01-02", periods=n_bars, freq=timeframe, tz="UTC")
    close = 100 + 0.5 * (np.arange(n_bars) % 2)
    return pd.DataFrame(
        {
            "open": 100.25,
            "high": 101.25,
            "low": 99.25,
            "close": close,
            "volume": 5.0 + np.arange(n_bars) % 7,
        },
        index=index.rename("open_time"),
    )


def found_in(
    frame: pd.DataFrame, timeframe: str = "1m", calendar: str | None = None
) -> dict[str, Finding]:
    report = check_candles(frame, timeframe, symbol="X", calendar=calendar)
    return {finding.code: finding for finding in report.findings}


def put(bar: int, **values: float) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for name, value in values.items():
            frame.iloc[bar, frame.columns.get_loc(name)] = value
        return frame

    return change


def equal_candles(count: int, **values: float) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for bar in range(50, 50 + count):
            frame = put(bar, close=100.25, volume=7.25, **values)(frame)
        return frame

    return change


def without(*bars: int) -> Change:
    return lambda frame: frame.drop(frame.index[list(bars)])


def retimed(bar: int, time: str) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        times = frame.index.to_list()
        times[bar] = pd.Timestamp(time, tz="UTC")
        return frame.set_axis(pd.DatetimeIndex(times))

    return change


BROKEN: dict[str, list[tuple[Change, int]]] = {
    "CANDLE_VALUE_MISSING": [
        (put(3, close=np.nan), 1),
        (put(3, volume=np.nan), 1),
        (put(3, high=np.inf), 1),
    ],
    "CANDLE_NOT_POSITIVE": [(put(3, low=0), 1), (put(3, low=-1), 1)],
    "CANDLE_VOLUME_NEGATIVE": [(put(3, volume=-1), 1)],
    "CANDLE_HIGH_BELOW_LOW": [(put(3, high=99, low=102), 1)],
    "CANDLE_OUTSIDE_RANGE": [
        (put(3, close=101.26), 1),
        (put(3, open=99.24), 1),
        (put(3, close=99.24), 1),
    ],
    "CANDLE_REPEATED": [(lambda f: f.iloc[[0, 1, 1, 2, 3]], 1)],
    "CANDLE_OUT_OF_ORDER": [
        (lambda f: f.iloc[[0, 2, 1, 3]], 1),
        (lambda f: f.iloc[[2, 0, 1, 3]], 2),
        (lambda f: f.iloc[::-1], 299),
    ],
    "CANDLE_OVERLAP": [(retimed(5, "2024-01-02 00:04:30"), 1)],
    "CANDLE_GAP": [(without(5), 1), (without(5, 6, 7, 90), 4)],
    "CANDLE_OFF_GRID": [(retimed(5, "2024-01-02 00:05:07"), 1)],
    "CANDLE_LONG_WICK": [(put(9, low=59), 1), (put(9, high=141), 1)],
    "CANDLE_SPIKE": [(put(9, close=121, high=121), 1), (put(9, close=79, low=79), 1)],
    "CANDLE_STALE": [(equal_candles(3), 1), (equal_candles(6), 4)],
    "CANDLE_ZERO_VOLUME": [(put(3, volume=0), 1)],
}

WHOLE: dict[str, list[Change]] = {
    "CANDLE_NOT_POSITIVE": [put(3, low=1e-9)],
    "CANDLE_VOLUME_NEGATIVE": [put(3, volume=0)],
    "CANDLE_HIGH_BELOW_LOW": [put(3, open=100, high=100, low=100, close=100)],
    "CANDLE_OUTSIDE_RANGE": [put(3, close=101.25), put(3, open=99.25)],
    "CANDLE_LONG_WICK": [put(9, low=60.5), put(9, close=59, low=59)],
    "CANDLE_SPIKE": [
        put(9, close=119, high=119),  # 9.5 usual ranges
        lambda f: put(10, close=121, high=121)(put(9, close=121, high=121)(f)),
        lambda f: put(10, close=106, high=106)(put(9, close=121, high=121)(f)),
    ],
    "CANDLE_STALE": [equal_candles(2), lambda f: f.assign(close=100.25, volume=0.0)],
}


@pytest.mark.parametrize(
    ("code", "change", "count"),
    [(code, *case) for code, cases in BROKEN.items() for case in cases],
)
def test_a_rule_finds_what_breaks_it(code: str, change: Change, count: int) -> None:
    finding = found_in(change(clean()))[code]
    assert finding.count == count
    assert finding.severity is CANDLE_RULES[code].severity
    assert finding.where == "X 1m"
    assert finding.samples
    assert "2024-01-02" in finding.samples[0]


@pytest.mark.parametrize(
    ("code", "change"),
    [(code, case) for code, cases in WHOLE.items() for case in cases],
)
def test_a_rule_leaves_alone_what_just_does_not(code: str, change: Change) -> None:
    assert code not in found_in(change(clean()))


def test_every_rule_has_its_cases() -> None:
    assert set(BROKEN) == set(CANDLE_RULES)
    for code, rule in CANDLE_RULES.items():
        assert rule.code == code
        assert rule.description.endswith(".")


def test_clean_candles_have_no_finding() -> None:
    assert found_in(clean()) == {}
    assert found_in(clean(1)) == {}
    assert found_in(clean(2)) == {}
    assert found_in(clean(0)) == {}


def test_candles_are_checked_as_they_are_parsed() -> None:
    """An error-level finding and a refusal by the parser are one and the same."""
    for code, cases in BROKEN.items():
        for change, _ in cases:
            frame = change(clean())
            wrong = CANDLE_RULES[code].severity is Severity.ERROR
            try:
                parse_candles(frame)
                refused = False
            except CandleTableError:
                refused = True
            assert refused == (wrong and code != "CANDLE_OVERLAP"), code


def test_the_candles_given_are_not_changed() -> None:
    frame = clean().iloc[::-1]
    before = frame.copy(deep=True)
    check_candles(frame, "1m")
    pd.testing.assert_frame_equal(frame, before)


# --- gaps ---------------------------------------------------------------------------


def test_gaps_tell_the_longest() -> None:
    finding = found_in(without(5, 50, 51, 52)(clean()))["CANDLE_GAP"]
    assert finding.details["gaps"] == 2
    assert finding.details["longest"] == 3
    assert "from 2024-01-02T00:49Z to 2024-01-02T00:53Z" in finding.message
    assert finding.samples[0] == "2024-01-02T00:04Z to 2024-01-02T00:06Z: 1 missing"


@pytest.mark.parametrize(
    ("timeframe", "rule", "missing"),
    [("1h", "1h", 3), ("1d", "1D", 3), ("1M", "MS", 3)],
)
def test_gaps_are_counted_in_candles(timeframe: str, rule: str, missing: int) -> None:
    frame = without(4, 5, 6)(clean(24, rule))
    assert found_in(frame, timeframe)["CANDLE_GAP"].count == missing


def test_nights_and_weekends_are_no_gaps_of_an_exchange() -> None:
    days = [
        "2024-01-04",
        "2024-01-05",
        "2024-01-08",
        "2024-01-09",
    ]  # Thursday to Tuesday
    sessions = [
        clean(390).set_axis(
            clean(390).index + (pd.Timestamp(day) - pd.Timestamp("2024-01-02"))
        )
        for day in days
    ]
    frame = pd.concat(sessions)
    assert found_in(frame)["CANDLE_GAP"].details["gaps"] == 3
    assert "CANDLE_GAP" not in found_in(frame, calendar="XKRX")
    holed = without(100, 101)(frame)
    assert found_in(holed, calendar="XKRX")["CANDLE_GAP"].count == 2
    skipped = pd.concat([sessions[0], sessions[3]])
    assert found_in(skipped, calendar="XKRX")["CANDLE_GAP"].count == 2  # two sessions


def test_daily_candles_are_held_against_sessions() -> None:
    days = pd.bdate_range("2024-01-02", "2024-02-08", tz="UTC")  # before the new year
    frame = clean(len(days)).set_axis(days)
    assert "CANDLE_GAP" in found_in(frame, "1d")
    assert "CANDLE_GAP" not in found_in(frame, "1d", "XKRX")
    assert found_in(without(7)(frame), "1d", "XKRX")["CANDLE_GAP"].count == 1


# --- the report ---------------------------------------------------------------------


def test_the_report_speaks_to_people_and_programs() -> None:
    report = check_candles(
        put(3, volume=-1)(without(9)(clean())), "1m", symbol="BTC<USD>"
    )
    assert not report.passed
    assert report.symbols == ("BTC<USD>",)
    assert "Candles: 299. Series: 1. Errors: 1. Warnings: 1." in str(report)
    frame = report.to_frame()
    assert frame["code"].tolist() == ["CANDLE_VOLUME_NEGATIVE", "CANDLE_GAP"]
    page = report._repr_html_()
    assert "<table>" in page
    assert "BTC<USD>" not in page
    given = report.to_dict()
    assert given["counts"]["CANDLE_GAP"] == 1
    assert given["counts"]["CANDLE_SPIKE"] == 0
    assert given["checked"][0]["timeframe"] == "1m"
    assert given["checked"][0]["first_open"] == "2024-01-02"


def test_a_frame_without_a_zone_or_a_column_is_refused() -> None:
    with pytest.raises(CandleTableError, match="time zone"):
        check_candles(clean().tz_localize(None), "1m")
    with pytest.raises(CandleTableError, match="'low'"):
        check_candles(clean().drop(columns="low"), "1m")
    with pytest.raises(UnknownNameError, match="timeframe"):
        check_candles(clean(), "1x")


# --- real candles -------------------------------------------------------------------


def test_bitfinex_minutes_are_as_the_manifest_says(shared_data: Path) -> None:
    """Sorted, no duplicates, no violations, no zero volume; minutes without trades."""
    path = shared_data / "crypto_1m_bitfinex/BTCUSD_1m_2017-2018.parquet"
    frame = pd.read_parquet(path)
    frame.index = pd.DatetimeIndex(pd.to_datetime(frame.pop("t"), unit="ms", utc=True))
    report = check_candles(frame, "1m", symbol="BTCUSD")
    assert report.passed
    assert set(report.counts()) == set(CANDLE_RULES)
    counts = {code: count for code, count in report.counts().items() if count}
    span = (frame.index[-1] - frame.index[0]) // pd.Timedelta("1min") + 1
    assert counts["CANDLE_GAP"] == span - len(frame)
    assert not {"CANDLE_ZERO_VOLUME", "CANDLE_OFF_GRID"} & set(counts)
    parse_candles(frame)


def test_binance_lacks_the_hour_of_its_outage(shared_data: Path) -> None:
    path = shared_data / "crypto_binance_1h_4h_1d/BTCUSDT_1h.csv.gz"
    frame = pd.read_csv(path, index_col=0)
    frame.index = pd.DatetimeIndex(pd.to_datetime(frame.index, utc=True))
    found = found_in(frame, "1h")
    assert found["CANDLE_GAP"].count == 1
    assert found["CANDLE_GAP"].details["longest_from"] == "2023-03-24T12:00Z"
    assert found["CANDLE_ZERO_VOLUME"].count == 1
