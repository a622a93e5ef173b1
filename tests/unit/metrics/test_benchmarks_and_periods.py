"""Benchmarks, crises, rolling windows and start dates: by hand, by loops, by laws."""

from __future__ import annotations

import math
from pathlib import Path

import empyrical
import numpy as np
import pandas as pd
import pytest
import quantstats
from hypothesis import given, settings
from hypothesis import strategies as st

import foresto_lab as fl
from foresto_lab.errors import AmountError, DateRangeError, InputError
from foresto_lab.metrics import CRISIS_WINDOWS
from foresto_lab.metrics.relative import capture_figures, relative_performance
from foresto_lab.metrics.value_series import years_later
from tests.oracles.periods import (
    capture_slowly,
    crisis_slowly,
    rolling_slowly,
    starts_slowly,
)


def walk(seed: int, sessions: int, start: str = "2005-01-03") -> pd.Series:
    draws = np.random.default_rng(seed).normal(0.0003, 0.011, sessions - 1)
    values = 100 * np.concatenate(([1.0], np.cumprod(1 + draws)))
    return pd.Series(values, pd.bdate_range(start, periods=sessions))


def series(*values: float, start: str = "2020-01-01", freq: str = "D") -> pd.Series:
    return pd.Series(values, pd.date_range(start, periods=len(values), freq=freq))


@pytest.fixture(scope="module")
def spy(shared_data: Path) -> pd.DataFrame:
    path = shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet"
    table = pd.read_parquet(path).query("ticker in ('SPY', 'IEF')")
    table["date"] = pd.to_datetime(table["date"])
    return table.pivot(index="date", columns="ticker", values="adj_close")


# --- relative -----------------------------------------------------------------------


def test_capture_by_hand() -> None:
    """Up months +10 % and +20 % against +5 % and +10 %; one down, -4 % against -8 %."""
    own = np.array([0.10, -0.04, 0.20, 0.01])
    benchmark = np.array([0.05, -0.08, 0.10, 0.0])
    figures = capture_figures(own, benchmark)
    assert figures["up_capture"] == pytest.approx(
        (math.sqrt(1.1 * 1.2) - 1) / (math.sqrt(1.05 * 1.1) - 1), abs=1e-12
    )
    assert figures["down_capture"] == pytest.approx(0.5, abs=1e-12)
    assert figures["batting_average"] == 1.0
    assert (figures["up_months"], figures["down_months"]) == (2, 1)


def test_a_portfolio_is_its_own_benchmark() -> None:
    values = walk(1, 1500)
    summary = relative_performance(values, values).summary
    for name in ("beta", "correlation", "up_capture", "down_capture"):
        assert summary[name] == pytest.approx(1.0, abs=1e-12)
    assert summary["tracking_error"] == 0.0
    assert summary["active_return"] == 0.0
    assert summary["alpha"] == pytest.approx(0.0, abs=1e-12)
    assert summary["batting_average"] == 0.0
    assert math.isnan(summary["information_ratio"])


def test_twice_the_benchmark_has_beta_two() -> None:
    benchmark = walk(2, 900)
    doubled = 2 * benchmark.pct_change().fillna(0.0)
    summary = relative_performance((1 + doubled).cumprod(), benchmark).summary
    assert summary["beta"] == pytest.approx(2.0, abs=1e-9)
    assert summary["alpha"] == pytest.approx(0.0, abs=1e-9)


def test_relative_figures_agree_with_empyrical_and_quantstats() -> None:
    own, benchmark = walk(3, 1300), walk(4, 1300)
    own = (own * benchmark) ** 0.5
    result = relative_performance(own, benchmark)
    mine, theirs = own.pct_change().dropna(), benchmark.pct_change().dropna()
    figures = result.summary
    assert figures["beta"] == pytest.approx(empyrical.beta(mine, theirs), rel=1e-9)
    daily = figures["alpha"] / 252
    assert (1 + daily) ** 252 - 1 == pytest.approx(
        empyrical.alpha(mine, theirs), rel=1e-9
    )
    greeks = quantstats.stats.greeks(mine, theirs, 252)
    assert figures["alpha"] == pytest.approx(greeks["alpha"], rel=1e-9)
    assert figures["information_ratio"] == pytest.approx(
        quantstats.stats.information_ratio(mine, theirs) * math.sqrt(252), rel=1e-9
    )
    months = [
        (1 + r).groupby(r.index.to_period("M")).prod() - 1 for r in (mine, theirs)
    ]
    for sign, name in ((1, "up_capture"), (-1, "down_capture")):
        slow = capture_slowly(list(months[0]), list(months[1]), sign)
        assert figures[name] == pytest.approx(slow, rel=1e-9)
        chosen = months[1] * sign > 0
        annual = [
            empyrical.annual_return(month[chosen], period="monthly") for month in months
        ]
        rooted = [(1 + rate) ** (1 / 12) - 1 for rate in annual]
        assert figures[name] == pytest.approx(rooted[0] / rooted[1], rel=1e-9)


def test_only_common_dates_are_compared_and_what_lacks_is_told() -> None:
    own = walk(5, 500)
    benchmark = walk(6, 500).iloc[100:].drop(own.index[[200, 300]])
    result = relative_performance(own, benchmark, name="INDEX")
    assert result.growth.index[0] == own.index[100]
    assert len(result.growth) == 398
    assert [finding.code for finding in result.findings] == [
        "BENCHMARK_SHORTER",
        "BENCHMARK_SESSIONS",
    ]
    assert result.findings[1].count == 2
    whole = own[result.growth.index]
    assert result.growth["portfolio"].iloc[-1] == whole.iloc[-1] / whole.iloc[0]
    assert result.to_dict()["summary"]["beta"] == result.summary["beta"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ([1.0, 2.0], "list"),
        (series(0.01, -0.02, 0.01), "above 0"),
        (series(1.0), "two or more"),
        (series(1.0, math.nan, 2.0), "nan"),
        (series(1.0, 2.0, 3.0)[::-1], "ascending"),
        (pd.Series(["a", "b"], pd.date_range("2020", periods=2)), "numbers"),
    ],
)
def test_what_is_no_series_of_values_is_refused(bad: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        relative_performance(walk(7, 10), bad)


def test_series_without_common_dates_are_refused() -> None:
    with pytest.raises(DateRangeError, match="0 dates in common"):
        relative_performance(walk(7, 10), walk(7, 10, "1999-01-04"))


# --- crises -------------------------------------------------------------------------


def test_a_crisis_by_hand() -> None:
    """High 110 on the 2nd, low 55 on the 4th, back at 110 on the 8th: 4 days."""
    values = series(100, 110, 88, 55, 66, 99, 100, 111, 120)
    table = fl.crisis_windows(
        values, own={"mine": ("2020-01-01", "2020-01-05")}, windows=()
    )
    row = table.loc["mine"]
    assert row["coverage"] == "COVERED"
    assert row["return"] == pytest.approx(66 / 100 - 1)
    assert row["max_drawdown"] == pytest.approx(-0.5)
    assert row["days_to_recover"] == 4
    assert row["recovery_date"] == pd.Timestamp("2020-01-08")


def test_what_the_data_does_not_cover_is_said() -> None:
    values = series(*np.linspace(100, 120, 40), start="2020-03-01")
    own = {
        "before": ("2019-01-01", "2019-06-30"),
        "begins inside": ("2020-02-20", "2020-03-10"),
        "stops inside": ("2020-04-01", "2020-06-30"),
        "inside": ("2020-03-05", "2020-03-20"),
    }
    table = fl.crisis_windows(values, values, own=own, windows=())
    assert list(table["coverage"]) == ["NOT_COVERED", "PARTIAL", "PARTIAL", "COVERED"]
    assert list(table["benchmark_coverage"]) == list(table["coverage"])
    assert table.loc["before", "return"] is None
    assert table.loc["begins inside", "first_date"] == pd.Timestamp("2020-03-01")
    assert table.loc["stops inside", "last_date"] == pd.Timestamp("2020-04-09")
    assert table.loc["inside", "max_drawdown"] == 0.0
    assert table.loc["inside", "days_to_recover"] is None


def test_a_drawdown_that_is_not_recovered_has_no_days() -> None:
    table = fl.crisis_windows(
        series(100, 50, 60, 70), own={"x": ("2020-01-01", "2020-01-04")}, windows=()
    )
    assert table.loc["x", "days_to_recover"] is None


@pytest.mark.parametrize(
    "own",
    [
        {"x": ("2020-01-02", "2020-01-01")},
        {"x": ("2020-01-02",)},
        {"x": ("soon", "2020-01-01")},
        {"x": "2020-01-01"},
    ],
)
def test_a_window_that_cannot_be_is_refused(own: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(DateRangeError, match="window 'x'"):
        fl.crisis_windows(walk(1, 20), own=own)


def test_every_built_in_window_has_a_source() -> None:
    assert [window.name for window in CRISIS_WINDOWS] == [
        "ASIAN_1997",
        "DOT_COM",
        "GLOBAL_2008",
        "EURO_2011",
        "COVID_2020",
        "RATES_2022",
    ]
    assert all(window.source for window in CRISIS_WINDOWS)


def test_crises_agree_with_the_walk_from_day_to_day(spy: pd.DataFrame) -> None:
    values = spy["SPY"].dropna()
    table = fl.crisis_windows(values)
    assert set(table["coverage"]) == {"COVERED"}
    for window in CRISIS_WINDOWS:
        row = table.loc[window.name]
        for name, slow in crisis_slowly(values, window.start, window.end).items():
            expected = None if slow is None else pytest.approx(slow, abs=1e-12)
            assert row[name] == expected, (window.name, name)


def test_the_windows_are_the_markets_own_highs_and_lows(shared_data: Path) -> None:
    """The dates against the index they are said to be from."""
    folder = shared_data / "longrun_public"
    index = pd.read_csv(folder / "arch_sp500_daily.csv.gz", parse_dates=["Date"])
    closes = index.set_index("Date")["Close"]
    kospi = pd.read_csv(
        shared_data / "kr_daily_quantkang" / "raw" / "kospi200.csv.gz",
        parse_dates=["Date"],
    ).set_index("Date")["Close"]
    for window in CRISIS_WINDOWS[:4]:
        prices = kospi if window.name == "ASIAN_1997" else closes
        around = prices[
            pd.Timestamp(window.start) - pd.DateOffset(days=90) : pd.Timestamp(
                window.end
            )
            + pd.DateOffset(days=90)
        ]
        assert around.idxmax().date() == window.start
        assert around.idxmin().date() == window.end


def test_the_sp500_lost_55_percent_in_2008(spy: pd.DataFrame) -> None:
    row = fl.crisis_windows(spy["SPY"].dropna(), spy["IEF"].dropna()).loc["GLOBAL_2008"]
    assert row["max_drawdown"] == pytest.approx(-0.552, abs=0.001)
    assert row["benchmark_return"] > 0.1


# --- rolling windows and start dates --------------------------------------------------


@pytest.mark.parametrize("years", [1, 3])
def test_rolling_windows_agree_with_slices(years: int) -> None:
    values = walk(11, 1200)
    fast = fl.rolling_windows(values, years).frame(years)
    slow = rolling_slowly(values, years)
    assert list(fast.index) == list(slow.index)
    assert list(fast["start"]) == list(slow["start"])
    for name in ("return", "volatility", "sharpe_ratio"):
        np.testing.assert_allclose(fast[name], slow[name].astype(float), rtol=1e-9)


def test_a_calm_stretch_has_no_volatility() -> None:
    values = walk(12, 600)
    calm = pd.Series(
        100 * 1.0002 ** np.arange(600),
        pd.bdate_range(values.index[-1], periods=601)[1:],
    )
    joined = pd.concat([values, calm / 100 * values.iloc[-1]])
    flat = pd.concat([values, calm * 0 + values.iloc[-1]])
    assert fl.rolling_windows(flat, 1).frame(1)["volatility"].iloc[-1] == 0.0
    assert fl.rolling_windows(joined, 1).frame(1)["volatility"].iloc[-1] < 1e-12


def test_the_extremes_of_rolling_windows() -> None:
    rolling = fl.rolling_windows(walk(13, 1500), (1, 3, 30))
    row = rolling.summary.loc[(3, "return")]
    table = rolling.frame(3)
    assert row["worst"] == table["return"].min()
    assert table.loc[row["worst_end"], "start"] == row["worst_start"]
    assert row["positive_share"] == (table["return"] > 0).mean()
    assert row["windows"] == len(table)
    volatility = rolling.summary.loc[(3, "volatility")]
    assert volatility["worst"] == table["volatility"].max()
    assert rolling.summary.loc[(30, "return"), "windows"] == 0
    assert math.isnan(rolling.summary.loc[(30, "return"), "median"])
    assert len(rolling.to_dict()["rolling"]) == 9


def test_29_february_a_year_later_is_the_28th() -> None:
    days = np.array(["2020-02-29", "2021-03-31", "2021-12-31"], dtype="datetime64[D]")
    assert [str(day) for day in years_later(days, 1)] == [
        "2021-02-28",
        "2022-03-31",
        "2022-12-31",
    ]
    assert str(years_later(days, -4)[0]) == "2016-02-29"


@pytest.mark.parametrize("years", [None, 1, 3])
def test_start_dates_agree_with_a_loop(years: int | None) -> None:
    values = walk(14, 1200)
    starts = fl.start_date_sensitivity(values, minimum_years=0.0).starts
    fast = starts["to_end" if years is None else f"years_{years}"].dropna()
    slow = starts_slowly(values, years)
    assert list(fast.index) == list(slow.index)
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12)


def test_the_first_start_earns_the_cagr(spy: pd.DataFrame) -> None:
    values = spy["SPY"].dropna()
    sensitivity = fl.start_date_sensitivity(values)
    cagr = fl.performance(values.pct_change())["cagr"]
    assert sensitivity.starts["to_end"].iloc[0] == pytest.approx(cagr, rel=1e-12)
    row = sensitivity.summary.loc["to_end"]
    assert row["worst"] <= row["p05"] <= row["median"] <= row["p95"] <= row["best"]


def test_starts_near_the_end_do_not_count() -> None:
    starts = fl.start_date_sensitivity(walk(15, 400)).starts
    assert starts["to_end"].iloc[-200:].isna().all()
    assert starts["years_10"].isna().all()


@pytest.mark.parametrize("years", [0, -1, 1.5, True, ()])
def test_a_length_that_cannot_be_is_refused(years: object) -> None:
    with pytest.raises(AmountError, match="years"):
        fl.rolling_windows(walk(1, 30), years)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1000.0))
def test_scaling_the_values_changes_nothing(seed: int, factor: float) -> None:
    values, benchmark = walk(seed, 700), walk(seed + 1, 700)
    one = relative_performance(values, benchmark).summary.astype(float)
    two = relative_performance(values * factor, benchmark).summary.astype(float)
    np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-9)
    scaled = fl.rolling_windows(values * factor, 1).windows["return"]
    np.testing.assert_allclose(
        scaled, fl.rolling_windows(values, 1).windows["return"], rtol=1e-9, atol=1e-12
    )


# --- long-run data ------------------------------------------------------------------


def test_the_long_run_table_keeps_its_means(shared_data: Path) -> None:
    """Damodaran's annual table 1928-2023: S&P 500 +11.66 % a year, geometric 9.80 %."""
    path = shared_data / "longrun_damodaran" / "annual_returns_1928_2023.csv"
    table = pd.read_csv(path)
    column = next(name for name in table if "500" in name or "sp500" in name.lower())
    returns = table[column].astype(float)
    returns = returns / 100 if returns.abs().max() > 5 else returns
    years = pd.PeriodIndex(table.iloc[:, 0].astype(int).astype(str), freq="Y")
    values = pd.Series(
        np.concatenate(([100.0], 100 * np.cumprod(1 + returns))),
        pd.DatetimeIndex([pd.Timestamp("1927-12-31"), *years.end_time.normalize()]),
    )
    assert returns.mean() == pytest.approx(0.1166, abs=0.0001)
    sensitivity = fl.start_date_sensitivity(values, (1, 10), minimum_years=0.9)
    assert sensitivity.starts["to_end"].iloc[0] == pytest.approx(0.0980, abs=0.0001)
    rolling = fl.rolling_windows(values, 1, periods_per_year=1.0).frame(1)
    np.testing.assert_allclose(rolling["return"], returns, atol=2e-3)


# --- a simulation's methods -----------------------------------------------------------


def test_a_result_has_the_same_by_its_methods() -> None:
    prices = pd.DataFrame({"a": walk(20, 900), "b": walk(21, 900)})
    result = fl.simulate(prices, {"a": 0.6, "b": 0.4}, fl.Drift(0.05), calendar="XNYS")
    growth = 1 + result.path["cumulative_return"]
    one = result.relative_to(prices["a"])
    two = relative_performance(growth, prices["a"])
    pd.testing.assert_series_equal(one.summary, two.summary)
    assert one.name == "a"
    pd.testing.assert_frame_equal(
        result.rolling(1).summary, fl.rolling_windows(growth, 1).summary
    )
    pd.testing.assert_frame_equal(result.crises(), fl.crisis_windows(growth))
    assert result.start_dates().summary.loc["to_end", "count"] > 0
    assert result.relative_to(result).summary["beta"] == pytest.approx(1.0)
