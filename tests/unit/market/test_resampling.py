"""Longer candles hold exactly the shorter ones that open in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import ResamplingError, UnknownNameError
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.market.resampling import can_resample, is_last_complete, resample
from foresto_lab.market.timeframes import Timeframe
from tests.oracles.resampling import resampled_by_pandas

FIELDS = ("open", "high", "low", "close", "volume")


def minutes(
    n_bars: int, *, start: str = "2023-12-29 21:37", share: float = 0.7, every: int = 1
) -> pd.DataFrame:
    """Return a random walk of candles, some of them absent."""
    random = np.random.default_rng(n_bars)
    index = pd.date_range(start, periods=n_bars, freq=f"{every}min", tz="UTC")
    close = np.round(100 * np.exp(random.normal(0, 0.01, n_bars).cumsum()), 3)
    opening = np.append(close[:1], close[:-1])
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) + 0.25,
            "low": np.minimum(opening, close) * 0.9,
            "close": close,
            "volume": random.integers(0, 50, n_bars).astype(float),
        },
        index=index.rename("open_time").as_unit("us"),
    )
    return frame[random.random(n_bars) < share]


@pytest.mark.parametrize("to", [str(t) for t in Timeframe if t > Timeframe.ONE_MINUTE])
def test_it_is_what_pandas_makes(to: str) -> None:
    frame = minutes(150_000)
    expected = resampled_by_pandas(frame, to)
    pd.testing.assert_frame_equal(resample(frame, to), expected, check_freq=False)


@pytest.mark.parametrize("to", ["1d", "3d", "1w", "1M"])
def test_before_1970_too(to: str) -> None:
    frame = minutes(5_000, start="1969-11-03 11:00", every=60)
    expected = resampled_by_pandas(frame, to)
    pd.testing.assert_frame_equal(resample(frame, to), expected, check_freq=False)


def test_weeks_begin_on_monday_and_months_on_their_first_day() -> None:
    days = minutes(200, start="2024-01-01", every=1440, share=2)
    weeks = resample(days, "1w")
    assert (weeks.index.day_of_week == 0).all()
    assert weeks.index[0] == pd.Timestamp("2024-01-01", tz="UTC")
    months = resample(days, "1M")
    assert (months.index.day == 1).all()
    assert months["open"].iloc[1] == days.loc["2024-02-01 00:00Z", "open"]
    assert months["close"].iloc[1] == days.loc["2024-02-29 00:00Z", "close"]


def test_days_of_an_exchange_make_weeks(shared_data: Path) -> None:
    daily = pd.read_csv(
        shared_data / "us_etf_yahoo_clean_csv/TLT.csv.gz", index_col="Date"
    ).rename(columns=str.lower)
    daily.index = pd.DatetimeIndex(daily.index, tz="UTC")
    for to in ("1w", "1M"):
        expected = resampled_by_pandas(daily, to)
        given = resample(daily, to)
        assert given.index.equals(expected.index.as_unit("us"))
        np.testing.assert_allclose(given, expected[list(FIELDS)], rtol=1e-12)


def test_binance_hours_make_its_own_longer_candles(shared_data: Path) -> None:
    """Only what it published as its own 4h and 1d candles is compared, to the cent."""
    folder = shared_data / "crypto_binance_1h_4h_1d"
    published = {
        name: pd.read_csv(
            folder / f"BTCUSDT_{name}.csv.gz", index_col=0, parse_dates=True
        ).tz_localize("UTC")
        for name in ("1h", "4h", "1d")
    }
    for to in ("4h", "1d"):
        made = resample(published["1h"], to)
        both = made.index.intersection(published[to].index)[:-1]
        assert len(both) > 1_400
        ours, theirs = made.loc[both], published[to].loc[both]
        prices = ["open", "high", "low", "close"]
        assert ((ours[prices] - theirs[prices]).abs() < 0.005).all(axis=1).mean() > 0.99


def test_a_table_gives_a_table_that_cannot_be_written() -> None:
    table = parse_candles(minutes(500), symbol="X", timeframe="1m")
    coarse = resample(table, "1h")
    assert isinstance(coarse, CandleTable)
    assert (coarse.symbol, coarse.timeframe) == ("X", Timeframe.ONE_HOUR)
    assert not any(coarse.column(name).flags.writeable for name in FIELDS)
    again = parse_candles(coarse.to_frame())
    assert np.array_equal(again.close, coarse.close)


def test_to_its_own_length_nothing_changes() -> None:
    frame = minutes(500)
    pd.testing.assert_frame_equal(resample(frame, "1m"), frame, check_freq=False)


def test_no_candle_makes_none() -> None:
    none = parse_candles(minutes(10).iloc[:0], timeframe="1m")
    coarse = resample(none, "1h", complete_only=True)
    assert len(coarse) == 0
    assert coarse.timeframe is Timeframe.ONE_HOUR


def test_one_candle_makes_one() -> None:
    frame = minutes(1, share=2)
    with pytest.raises(ResamplingError, match="cannot be told from 1 of them"):
        resample(frame, "1h")
    one = resample(frame, "1h", timeframe="1m")
    assert one.index[0] == pd.Timestamp("2023-12-29 21:00", tz="UTC")
    assert one.iloc[0].tolist() == frame.iloc[0].tolist()


# --- what cannot be -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_timeframe", "to", "words"),
    [
        ("1h", "1m", "does not say what happened inside it. Load candles of 1m"),
        ("1M", "1w", "does not say"),
        ("3m", "5m", "not made of whole candles of 3m. Resample from one of 1m, 5m"),
        ("1w", "1M", "not made of whole candles of 1w"),
        ("3d", "1w", "not made of whole"),
        ("4h", "6h", "not made of whole"),
    ],
)
def test_only_whole_shorter_candles_make_longer_ones(
    given_timeframe: str, to: str, words: str
) -> None:
    table = parse_candles(minutes(5), timeframe=given_timeframe)
    with pytest.raises(ResamplingError, match=words):
        resample(table, to)


def test_an_unknown_timeframe_is_named() -> None:
    with pytest.raises(UnknownNameError, match="'90m'"):
        resample(minutes(5), "90m")


def test_every_pair_of_timeframes_has_an_answer() -> None:
    for shorter in Timeframe:
        for longer in Timeframe:
            possible = can_resample(shorter, longer)
            assert not possible or shorter <= longer


# --- the last candle ----------------------------------------------------------------


def test_a_last_candle_that_may_change_can_be_left_out() -> None:
    frame = minutes(90, start="2024-01-01", share=2)  # an hour and a half
    table = parse_candles(frame)
    assert not is_last_complete(table, "1h")
    assert len(resample(frame, "1h")) == 2
    assert len(resample(frame, "1h", complete_only=True)) == 1
    assert is_last_complete(table.first(60), "1h")
    assert len(resample(table.first(60), "1h", complete_only=True)) == 1
    assert not is_last_complete(table.first(59), "1h")


def test_a_day_of_an_exchange_is_complete_when_one_says_so() -> None:
    session = minutes(390, start="2024-01-02 00:00", share=2)  # KRX: 09:00 to 15:30
    assert len(resample(session, "1d", complete_only=True)) == 0
    midnight = datetime(2024, 1, 3, tzinfo=UTC)
    kept = resample(session, "1d", complete_only=True, known_until=midnight)
    assert len(kept) == 1


# --- laws ---------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    n_bars=st.integers(2, 3_000),
    share=st.floats(0.05, 1.0),
    steps=st.sampled_from(
        [
            ("5m", "15m"),
            ("5m", "1h"),
            ("15m", "1d"),
            ("1h", "1w"),
            ("4h", "1M"),
            ("1d", "3d"),
            ("1d", "1M"),
        ]
    ),
)
def test_two_steps_equal_one(n_bars: int, share: float, steps: tuple[str, str]) -> None:
    """Volumes here are whole numbers, so that even their sums are equal exactly."""
    table = parse_candles(minutes(n_bars, share=share), timeframe="1m")
    middle, last = steps
    in_two, in_one = resample(resample(table, middle), last), resample(table, last)
    for name in ("open_times", *FIELDS):
        assert np.array_equal(getattr(in_two, name), getattr(in_one, name))


@settings(deadline=None, max_examples=40)
@given(n_bars=st.integers(1, 2_000), cut=st.integers(1, 2_000))
def test_later_candles_change_no_complete_one(n_bars: int, cut: int) -> None:
    table = parse_candles(minutes(n_bars, share=2), timeframe="1m")
    early = resample(table.first(cut), "1h", complete_only=True)
    whole = resample(table, "1h").first(len(early))
    assert np.array_equal(early.close, whole.close)
    assert np.array_equal(early.volume, whole.volume)
