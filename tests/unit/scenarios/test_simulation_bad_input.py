"""What cannot be simulated is refused, with what was given, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    CalendarRangeError,
    CashFlowError,
    DateRangeError,
    InputError,
    LateStartError,
    PriceGapError,
    PriceTableError,
    PriceValueError,
    RuleError,
    UnknownAssetError,
    UnknownNameError,
    WeightError,
)
from tests.oracles.korean_sessions import sessions_2020

NAN, INF = float("nan"), float("inf")
HALVES = {"a": 0.5, "b": 0.5}


def two_assets() -> pd.DataFrame:
    sessions = sessions_2020("2020-03-02", "2020-06-30")
    rows = np.arange(len(sessions))
    return pd.DataFrame({"a": 100.0 + rows, "b": 50.0 + rows % 7}, index=sessions)


def refused(
    error: type[InputError], *words: str, prices: Any = None, **arguments: Any
) -> InputError:
    """Check that simulate refuses, naming these words, and changes nothing."""
    prices = two_assets() if prices is None else prices
    before = prices.copy(deep=True) if isinstance(prices, pd.DataFrame) else None
    with pytest.raises(error) as caught:
        fl.simulate(prices, arguments.pop("weights", HALVES), **arguments)
    for word in words:
        assert word in str(caught.value)
    if before is not None:
        pd.testing.assert_frame_equal(prices, before)
    assert isinstance(caught.value, ValueError)
    return caught.value


# --- weights ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"a": 0.6, "b": 0.5}, ["sum to 1.1", "at most 1"]),
        ({"a": 1.0, "b": 1e-8}, ["sum to 1.00000001"]),
        ({"a": -0.1, "b": 0.5}, ["weights['a'] is -0.1", "0 or more"]),
        ({"a": NAN, "b": 0.5}, ["weights['a'] is nan"]),
        ({"a": INF}, ["weights['a'] is inf"]),
        ({"a": "half"}, ["weights['a'] is 'half'"]),
        ({"a": None}, ["weights['a'] is None"]),
        ({"a": True}, ["weights['a'] is True"]),
        ({}, ["names no asset"]),
        ([0.5, 0.5], ["must be a mapping", "list"]),
    ],
    ids=str,
)
def test_weights_that_are_no_portfolio(weights: Any, words: list[str]) -> None:
    refused(WeightError, *words, weights=weights)


def test_an_unknown_asset_is_answered_with_the_near_ones() -> None:
    prices = two_assets().rename(columns={"a": "equity", "b": "bond"})
    error = refused(
        UnknownAssetError, "'equty'", "equity", prices=prices, weights={"equty": 0.5}
    )
    assert isinstance(error, (WeightError, LookupError))
    refused(UnknownAssetError, "'c'", weights={"a": 0.5, "c": 0.0})


def test_a_sum_within_rounding_of_1_is_1() -> None:
    thirds = {"a": 0.3333333333, "b": 0.6666666667}
    for weights in (thirds, {"a": 0.1 + 0.2, "b": 0.7}, {"a": 0.5, "b": 0.5 + 9e-10}):
        result = fl.simulate(two_assets(), weights, fl.Periodic("WEEKLY"))
        invested = result.path[["weight_a", "weight_b"]].sum(axis=1)
        np.testing.assert_allclose(invested, 1.0, rtol=1e-12)


# --- dates ------------------------------------------------------------------------


def test_start_after_end() -> None:
    refused(
        DateRangeError,
        "start 2020-05-01 lies after end 2020-04-01",
        start="2020-05-01",
        end="2020-04-01",
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [("2021-01-04", None), (None, "2020-02-01"), ("2020-05-05", "2020-05-05")],
)
def test_a_span_without_a_row(start: str | None, end: str | None) -> None:
    refused(DateRangeError, "no row", "2020-03-02", "2020-06-30", start=start, end=end)


@pytest.mark.parametrize("start", ["yesterday", "2020-13-01", 20200302, pd.NaT])
def test_a_start_that_is_no_date(start: Any) -> None:
    refused(InputError, "start is", start=start)


def test_an_asset_without_any_price() -> None:
    prices = two_assets().assign(b=NAN)
    refused(DateRangeError, "b has no price between 2020-03-02", prices=prices)


def test_assets_that_never_trade_together() -> None:
    prices = two_assets()
    prices.iloc[:40, 0] = NAN
    prices.iloc[40:, 1] = NAN
    refused(
        DateRangeError, "a, b never have a price on the same session", prices=prices
    )


def test_an_asset_that_starts_late() -> None:
    prices = two_assets()
    prices.iloc[:6, 1] = NAN  # first price on 10 March, 6 sessions after the 2nd
    error = refused(
        LateStartError,
        "b",
        "2020-03-10",
        "6 sessions",
        prices=prices,
        start="2020-03-02",
    )
    assert error.facts["lag_sessions"] == 6
    # within 5 sessions, or without a start asked for, it is a warning
    for start in ("2020-03-03", "2020-03-07", None):
        result = fl.simulate(prices, HALVES, start=start)
        assert [finding.code for finding in result.findings] == ["LATE_START"]
        assert result.path.index[0] == pd.Timestamp("2020-03-10")


def test_prices_that_begin_long_after_the_start() -> None:
    refused(LateStartError, "2020-03-02", start="2020-02-03")


def test_a_start_on_a_holiday_is_the_next_session() -> None:
    result = fl.simulate(two_assets(), HALVES, start="2020-05-01")
    assert result.path.index[0] == pd.Timestamp("2020-05-04")
    assert result.findings == ()


def test_an_asset_that_ends_early() -> None:
    prices = two_assets()
    prices.loc["2020-06-25":, "b"] = NAN
    error = refused(
        PriceGapError, "b has no price on 2020-06-25", "4 sessions", prices=prices
    )
    assert error.facts["gap_count"] == 4
    assert fl.simulate(prices, HALVES, end="2020-06-24").findings == ()


def test_a_gap_in_the_middle() -> None:
    prices = two_assets()
    prices.loc["2020-04-01", "a"] = NAN
    refused(PriceGapError, "a has no price on 2020-04-01", "1 sessions", prices=prices)


def test_an_end_that_the_prices_do_not_reach_is_a_warning() -> None:
    result = fl.simulate(two_assets(), HALVES, end="2020-07-03")
    assert [finding.code for finding in result.findings] == ["END_NOT_REACHED"]
    assert result.findings[0].count == 3
    assert fl.simulate(two_assets(), HALVES, end="2100-01-01").findings[0].count > 5000


def test_rows_the_calendar_does_not_know() -> None:
    prices = two_assets()
    prices.index = prices.index - pd.DateOffset(years=100)
    refused(CalendarRangeError, "XKRX", prices=prices)


def test_rows_on_holidays_are_a_warning() -> None:
    days = pd.bdate_range("2020-04-28", "2020-05-06")
    prices = pd.DataFrame({"a": 1.0, "b": 2.0}, index=days)
    findings = fl.simulate(prices, HALVES).findings
    assert [finding.code for finding in findings] == ["OFF_CALENDAR_ROW"]
    assert findings[0].samples == ("2020-04-30", "2020-05-01", "2020-05-05")


# --- prices -----------------------------------------------------------------------


@pytest.mark.parametrize("price", [0.0, -1.0, INF, -INF])
def test_a_price_that_is_none(price: float) -> None:
    prices = two_assets()
    prices.loc["2020-04-01", "b"] = price
    error = refused(PriceValueError, "b has price", "on 2020-04-01", prices=prices)
    assert error.facts["value"] == price


def change_index(change: Callable[[pd.DatetimeIndex], Any]) -> pd.DataFrame:
    prices = two_assets()
    return prices.set_axis(change(pd.DatetimeIndex(prices.index)), axis="index")


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        (two_assets()[::-1], ["not ascending", "sort_index"]),
        (
            pd.concat([two_assets()[:3], two_assets()[2:]]),
            ["2020-03-04 more than once"],
        ),
        (two_assets().tz_localize("Asia/Seoul"), ["time zone Asia/Seoul"]),
        (change_index(lambda days: days + pd.Timedelta(hours=9)), ["times of day"]),
        (
            change_index(lambda days: days.strftime("%d.%m.%Y")),
            ["must be dates"],
        ),
        (change_index(lambda days: range(len(days))), ["must be dates", "RangeIndex"]),
        (change_index(lambda days: days.to_period("D")), ["must be dates", "Period"]),
        (change_index(lambda days: [pd.NaT, *days[1:]]), ["NaT"]),
        (two_assets()[:0], ["no rows"]),
        (two_assets().astype({"b": str}), ["'b' of prices holds str", "to_numeric"]),
        (two_assets().astype({"b": object}), ["'b' of prices holds object"]),
        (two_assets() > 0, ["'a' of prices holds bool"]),
        (
            pd.concat([two_assets(), two_assets()[["a"]]], axis=1),
            ["more than one column 'a'"],
        ),
        (two_assets()["a"], ["must be a DataFrame", "Series"]),
        ({"a": [1.0]}, ["must be a DataFrame", "dict"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_table_that_is_none(prices: Any, words: list[str]) -> None:
    refused(PriceTableError, *words, prices=prices)


def test_dates_written_as_text_or_as_dates_are_taken() -> None:
    expected = fl.simulate(two_assets(), HALVES).path
    for change in (
        lambda days: days.astype(str),
        lambda days: days.date,
        lambda days: days.astype("datetime64[ns]"),
        lambda days: days.astype("datetime64[s]"),
    ):
        given = fl.simulate(change_index(change), HALVES)
        pd.testing.assert_frame_equal(given.path, expected)
        assert given.request_hash == fl.simulate(two_assets(), HALVES).request_hash


def test_whole_numbers_and_nullable_ones_are_taken() -> None:
    expected = fl.simulate(two_assets(), HALVES).path
    for dtype in ("int64", "Int64", "Float64", "float32", "double[pyarrow]"):
        given = fl.simulate(two_assets().astype(dtype), HALVES).path
        pd.testing.assert_frame_equal(given, expected)


# --- terms ------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [0, -1, INF, NAN, "1000", None, True])
def test_an_initial_amount_that_is_none(amount: Any) -> None:
    refused(AmountError, "initial_amount is", "above 0", initial_amount=amount)


@pytest.mark.parametrize("costs", [-0.1, 1, NAN])
def test_costs_that_are_none(costs: Any) -> None:
    refused(AmountError, "costs is", costs=costs)


def test_a_preset_that_is_none() -> None:
    refused(UnknownNameError, "'cheap'", "KOREA_RETAIL", costs="cheap")


@pytest.mark.parametrize("rule", ["MONTHLY", {"type": "DRIFT"}, 0.05, fl.Periodic])
def test_a_rule_that_is_none(rule: Any) -> None:
    refused(RuleError, "rebalancing is", "fl.Periodic", rebalancing=rule)


def test_cash_flows_that_are_none() -> None:
    refused(CashFlowError, "cashflows is 100", "fl.Contribution", cashflows=[100])


def test_names_of_calendars_and_executions() -> None:
    refused(UnknownNameError, "XKRX", calendar="KRX")
    refused(UnknownNameError, "next_close", execution="next_open")


def test_errors_cross_processes_whole() -> None:
    import pickle

    error = refused(UnknownAssetError, weights={"c": 1.0})
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert type(again) is UnknownAssetError
