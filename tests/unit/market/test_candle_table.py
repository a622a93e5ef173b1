"""Candles become arrays that can be trusted, or are refused by the first fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.engine.candles import count_steps_kernel, first_fault_kernel
from foresto_lab.errors import CandleTableError, CandleValueError, UnknownNameError
from foresto_lab.market.candle_table import (
    CandleTable,
    parse_candle_tables,
    parse_candles,
)
from foresto_lab.market.timeframes import Timeframe, timeframe_of_spacing

FIELDS = ("open", "high", "low", "close", "volume")


def five_minutes(n_bars: int = 5) -> pd.DataFrame:
    """Return candles of 100 to 104, a minute apart, opening on 2024-01-02."""
    opens = pd.date_range("2024-01-02", periods=n_bars, freq="min", tz="UTC", unit="us")
    close = 100.0 + np.arange(n_bars)
    return pd.DataFrame(
        {
            "open": close - 0.5,
            "high": close + 1.0,
            "low": close - 1.0,
            "close": close,
            "volume": 10.0,
        },
        index=opens.rename("open_time"),
    )


def test_arrays_are_those_of_the_frame() -> None:
    frame = five_minutes()
    table = parse_candles(frame, symbol="X")
    for name in FIELDS:
        column = table.column(name)
        assert np.shares_memory(column, frame[name].to_numpy())
        assert column.flags.c_contiguous
        assert not column.flags.writeable
        assert column.dtype == np.float64
    assert table.open_times.dtype == np.int64
    assert table.open_times[0] == 1_704_153_600_000_000
    assert (len(table), table.symbol, table.timeframe) == (5, "X", Timeframe.ONE_MINUTE)


def test_the_frame_of_the_caller_stays_writable() -> None:
    frame = five_minutes()
    before = frame.copy(deep=True)
    parse_candles(frame)
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[frame.index[0], "close"] = 100.25
    values = np.full(3, 2.0)
    columns = dict.fromkeys(FIELDS, values)
    index = five_minutes(3).index
    parse_candles(pd.DataFrame(columns, index=index, copy=False))
    values[0] = 3.0


def test_it_gives_back_the_frame() -> None:
    frame = five_minutes()
    given = parse_candles(frame).to_frame()
    pd.testing.assert_frame_equal(given, frame, check_freq=False)


def test_a_table_is_taken_as_it_is_or_renamed() -> None:
    table = parse_candles(five_minutes(), symbol="X")
    assert parse_candles(table) is table
    renamed = parse_candles(table, symbol="Y", timeframe="5m")
    assert (renamed.symbol, renamed.timeframe) == ("Y", Timeframe.FIVE_MINUTES)
    assert renamed.close is table.close


def test_parts_are_views() -> None:
    table = parse_candles(five_minutes(), symbol="X")
    part = table.slice(1, 3)
    assert np.shares_memory(part.close, table.close)
    assert part.close.tolist() == [101.0, 102.0]
    assert (part.symbol, part.timeframe) == ("X", Timeframe.ONE_MINUTE)
    assert table.first(2).close.tolist() == [100.0, 101.0]


def test_columns_of_any_numbers_and_other_columns_are_taken() -> None:
    frame = five_minutes().assign(volume=np.arange(5), rsi="text")
    frame["close"] = frame["close"].astype("Float64")
    frame["high"] = frame["high"].astype(np.float32)
    table = parse_candles(frame[["rsi", "volume", "close", "low", "high", "open"]])
    assert table.volume.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert table.close.tolist() == [100.0, 101.0, 102.0, 103.0, 104.0]


def test_values_that_do_not_lie_together_are_copied() -> None:
    values = np.tile([1.0, 2.0, 0.5, 1.5, 7.0], (4, 1))  # one row per bar
    frame = pd.DataFrame(values, columns=list(FIELDS), index=five_minutes(4).index)
    table = parse_candles(frame)
    assert all(table.column(name).flags.c_contiguous for name in FIELDS)
    assert table.close.tolist() == [1.5] * 4


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_any_unit_and_zone_are_the_same_instants(unit: Any) -> None:
    frame = five_minutes()
    frame.index = frame.index.as_unit(unit).tz_convert("Asia/Seoul")
    table = parse_candles(frame)
    assert table.open_times[1] == 1_704_153_660_000_000
    assert str(table.index[0]) == "2024-01-02 00:00:00+00:00"


def test_no_candle_and_one_candle_are_tables() -> None:
    assert len(parse_candles(five_minutes(0))) == 0
    one = parse_candles(five_minutes(1))
    assert len(one) == 1
    assert one.timeframe is None
    assert parse_candles(five_minutes(1), timeframe="1h").timeframe is Timeframe("1h")
    assert "1 bars" in repr(one)
    assert "0 bars" in repr(parse_candles(five_minutes(0)))


# --- the timeframe ------------------------------------------------------------------


def at(*opens: str) -> pd.DataFrame:
    """Return equal candles that open at these times."""
    index = pd.DatetimeIndex(opens, tz="UTC")
    return pd.DataFrame(dict.fromkeys(FIELDS, 5.0), index=index)


def test_the_timeframe_is_the_most_frequent_spacing() -> None:
    with_gaps = five_minutes(3_000).iloc[np.r_[0:10, 20:25, 100:3000]]
    assert parse_candles(with_gaps).timeframe is Timeframe.ONE_MINUTE
    hours_then_minutes = pd.concat(
        [five_minutes(60 * 1_100).iloc[::60], five_minutes(3_000).shift(freq="100D")]
    )
    assert parse_candles(hours_then_minutes).timeframe is Timeframe.ONE_MINUTE
    weekdays = pd.bdate_range("2024-01-01", "2024-03-01").astype(str)
    assert parse_candles(at(*weekdays)).timeframe is Timeframe.ONE_DAY
    months = parse_candles(at("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"))
    assert months.timeframe is Timeframe.ONE_MONTH
    seconds = parse_candles(at("2024-01-01T00:00:00", "2024-01-01T00:00:07"))
    assert seconds.timeframe is None


@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_a_timeframe_is_found_by_its_length(timeframe: Timeframe) -> None:
    days = 28 if timeframe.length is None else 0
    length = timeframe.length or pd.Timedelta(days=days)
    assert timeframe_of_spacing(length // pd.Timedelta("1us")) is timeframe


# --- what is refused ----------------------------------------------------------------


def changed(change: Callable[[pd.DataFrame], Any]) -> pd.DataFrame:
    frame = five_minutes()
    result = change(frame)
    return frame if result is None else result


def with_value(bar: int, name: str, value: float) -> pd.DataFrame:
    frame = five_minutes()
    frame.iloc[bar, frame.columns.get_loc(name)] = value
    return frame


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1, 2], "given list"),
        (None, "given NoneType"),
        (changed(lambda f: f.drop(columns="low")), "'low' of candles is not there"),
        (changed(lambda f: f.rename(columns=str.upper)), "columns are: OPEN, HIGH"),
        (changed(lambda f: pd.concat([f, f["low"]], axis=1)), "is there 2 times"),
        (changed(lambda f: f.tz_localize(None)), "no time zone"),
        (changed(lambda f: f.reset_index(drop=True)), "must be the instants"),
        (changed(lambda f: f.iloc[[0, 2, 1]]), "2024-01-02T00:01Z follows"),
        (changed(lambda f: f.iloc[::-1]), "not ascending"),
        (changed(lambda f: f.iloc[[0, 1, 1, 2]]), "2024-01-02T00:01Z more than once"),
        (changed(lambda f: f.iloc[[0, 1, 2, 1]]), "2024-01-02T00:01Z more than once"),
        (changed(lambda f: f.assign(close="x")), "pd.to_numeric"),
        (changed(lambda f: f.assign(close=True)), "holds bool"),
        (changed(lambda f: f.assign(close=1 + 2j)), "holds complex128"),
    ],
)
def test_a_frame_that_is_no_table_is_refused(given: Any, words: str) -> None:
    with pytest.raises(CandleTableError, match=words.replace("(", r"\(")):
        parse_candles(given)


def test_missing_times_are_refused() -> None:
    frame = five_minutes()
    for bar in (0, 3):
        times = frame.index.to_list()
        times[bar] = pd.NaT
        with pytest.raises(CandleTableError, match="NaT"):
            parse_candles(frame.set_axis(pd.DatetimeIndex(times)))


def test_times_finer_than_a_microsecond_are_refused() -> None:
    frame = five_minutes()
    frame.index = frame.index.as_unit("ns") + pd.Timedelta(1, "ns")
    with pytest.raises(CandleTableError, match="finer than a microsecond"):
        parse_candles(frame)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("close", np.nan, "close nan; every value must be a finite number"),
        ("volume", np.inf, "volume inf; every value must be a finite number"),
        ("high", np.inf, "high inf; every value"),
        ("low", -np.inf, "low -inf; every value"),
        ("low", 0.0, "low 0.0; prices must be above 0"),
        ("open", -1.0, "open -1.0; prices must be above 0"),
        ("volume", -0.5, "volume -0.5; a volume must be 0 or more"),
        ("high", 50.0, "high 50.0; it must not lie below the low, 101.0"),
        ("open", 104.0, "open 104.0; it must lie between the low, 101.0"),
        ("close", 100.0, "close 100.0; it must lie between the low, 101.0"),
    ],
)
@pytest.mark.parametrize("n_bars", [5, 5_000])
def test_the_first_bar_that_is_no_candle_is_named(
    name: str, value: float, words: str, n_bars: int
) -> None:
    frame = five_minutes(n_bars)
    for bar in (2, n_bars - 1):
        frame.iloc[bar, frame.columns.get_loc(name)] = value
    with pytest.raises(CandleValueError) as caught:
        parse_candles(frame, symbol="BTCUSDT")
    assert words in str(caught.value)
    assert "of BTCUSDT that opens at 2024-01-02T00:02Z (bar 2)" in str(caught.value)
    assert caught.value.facts["bar"] == 2


def test_an_unknown_column_or_timeframe_is_answered_with_the_near_ones() -> None:
    table = parse_candles(five_minutes())
    with pytest.raises(UnknownNameError, match="Did you mean close"):
        table.column("closse")
    with pytest.raises(UnknownNameError, match="timeframe '7m'"):
        parse_candles(five_minutes(), timeframe="7m")


# --- several symbols ----------------------------------------------------------------


def test_symbols_are_cut_to_the_bars_they_have() -> None:
    whole, late, halted = (
        five_minutes(),
        five_minutes()[2:],
        five_minutes().drop(five_minutes().index[[1, 4]]),
    )
    frame = pd.concat({"A": whole, "B": late, "C": halted}, axis=1)
    tables = parse_candle_tables(frame)
    assert list(tables) == ["A", "B", "C"]
    for table, own in zip(tables.values(), (whole, late, halted), strict=True):
        pd.testing.assert_frame_equal(table.to_frame(), own, check_freq=False)
        assert all(table.column(name).flags.c_contiguous for name in FIELDS)
    assert tables["B"].symbol == "B"


def test_a_symbol_that_never_traded_has_no_bar() -> None:
    never = five_minutes() * np.nan
    tables = parse_candle_tables(pd.concat({"A": five_minutes(), "B": never}, axis=1))
    assert (len(tables["A"]), len(tables["B"])) == (5, 0)


def test_a_bar_with_some_of_its_values_is_refused_with_its_symbol() -> None:
    frame = pd.concat({"A": five_minutes(), "B": five_minutes()}, axis=1)
    for name in ("close", "open"):
        broken = frame.copy()
        broken.loc[broken.index[3], ("B", name)] = np.nan
        with pytest.raises(CandleValueError, match=r"of B that opens at .*00:03Z"):
            parse_candle_tables(broken)


def test_a_frame_of_one_level_or_without_a_field_is_refused() -> None:
    with pytest.raises(CandleTableError, match="MultiIndex"):
        parse_candle_tables(five_minutes())
    frame = pd.concat({"A": five_minutes(), "B": five_minutes()}, axis=1)
    with pytest.raises(CandleTableError, match="B has no column 'low'"):
        parse_candle_tables(frame.drop(columns=[("B", "low")]))
    with pytest.raises(CandleTableError, match="more than once"):
        parse_candle_tables(frame.iloc[[0, 0, 1]])
    twice = pd.concat([frame, frame["A"].set_axis(frame.columns[:5], axis=1)], axis=1)
    with pytest.raises(CandleTableError, match="Keep one"):
        parse_candle_tables(twice)
    with pytest.raises(CandleTableError, match="not numbers"):
        parse_candle_tables(frame.astype({("A", "low"): str}))


# --- the kernels --------------------------------------------------------------------


def arrays_of(table: CandleTable) -> list[Any]:
    return [table.open_times, *(table.column(name) for name in FIELDS)]


def test_compiled_and_plain_kernels_agree() -> None:
    random = np.random.default_rng(4)
    frame = five_minutes(5_000)
    for _ in range(50):
        arrays = [array.copy() for array in arrays_of(parse_candles(frame))]
        bar = int(random.integers(0, 5_000))
        which = int(random.integers(0, 6))
        arrays[which][bar] = [0, -1, np.iinfo(np.int64).max][bar % 3]
        plain = first_fault_kernel.py_func(*arrays)
        assert first_fault_kernel(*arrays) == plain
    times = arrays[0]
    assert count_steps_kernel(times, 7) == count_steps_kernel.py_func(times, 7)


def test_the_kernels_take_no_bar_at_all() -> None:
    none = arrays_of(parse_candles(five_minutes(0)))
    assert first_fault_kernel(*none) == 0
    assert count_steps_kernel(none[0], 60) == 0
