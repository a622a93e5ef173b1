"""Forward simulations: the same walk on slow paths, laws of the fan, and by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import foresto_lab as fl
from foresto_lab.scenarios.forward.future_sessions import FutureSessions
from foresto_lab.scenarios.forward.tables import row_percentiles
from foresto_lab.types import BaseDay, Frequency
from tests.oracles.forward import bootstrapped_prices
from tests.oracles.forward_cases import WEIGHTS, constant, forward, history
from tests.oracles.portfolio import OracleRule, simulate_slowly

FALSE_ALARM = 1e-3
"""Of each statistical test here, over seeds; the seeds are fixed."""


# --- the same walk ----------------------------------------------------------------


@pytest.mark.parametrize("path", [0, 7])
@pytest.mark.parametrize(
    "rule", [None, fl.Drift(0.02), fl.Drift(0.02, relative=True, to="band_edge")]
)
def test_a_path_is_what_simulate_makes_of_its_prices(rule: Any, path: int) -> None:
    prices = history()
    result = forward(prices, rule, years=2, paths=8)
    drawn = bootstrapped_prices(prices.to_numpy().tolist(), 504, 10, 3, path)
    dates = pd.date_range("2020-01-01", periods=505, freq="D", name="date")
    explicit = pd.DataFrame(drawn, index=dates, columns=prices.columns)
    slow = fl.simulate(explicit, WEIGHTS, rule, calendar="24/7")
    months = slow.path["nav"].iloc[::21].to_numpy()
    np.testing.assert_allclose(
        result.sample[f"path_{path}"].to_numpy(), months, rtol=1e-9
    )
    row = result.outcomes.loc[path]
    assert row["max_drawdown"] == pytest.approx(
        slow.summary["max_drawdown"], rel=1e-9, abs=1e-12
    )
    assert row["total_cost"] == pytest.approx(slow.summary["total_cost"], rel=1e-9)
    assert row["rebalancing_count"] == slow.summary["rebalancing_count"]
    assert row["cagr"] == pytest.approx(math.sqrt(months[-1] / 1e6) - 1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (fl.Periodic("MONTHLY"), range(1, 505, 21)),
        (fl.Periodic("MONTHLY", "LAST_TRADING_DAY"), range(21, 505, 21)),
        (fl.Periodic("QUARTERLY"), range(1, 505, 63)),
        (fl.Periodic("SEMIANNUAL", "LAST_TRADING_DAY"), range(126, 505, 126)),
        (fl.Periodic("ANNUAL", "LAST_TRADING_DAY"), (252, 504)),
        (fl.Periodic("ANNUAL"), (1, 253)),
        (fl.Periodic("WEEKLY"), range(1, 505, 5)),
        (fl.Periodic("WEEKLY", "LAST_TRADING_DAY"), range(5, 505, 5)),
    ],
    ids=lambda value: getattr(value, "label", ""),
)
def test_periodic_rules_trade_on_the_sessions_said(rule: Any, due: Any) -> None:
    prices = history()
    result = forward(prices, rule, years=2, paths=2)
    drawn = bootstrapped_prices(prices.to_numpy().tolist(), 504, 10, 3, 1)
    slow = simulate_slowly(
        [dict(zip(prices.columns, row, strict=True)) for row in drawn],
        WEIGHTS,
        OracleRule("DATE", due=due, cost_rate=0.001),
        1_000_000.0,
    )
    np.testing.assert_allclose(result.sample["path_1"], slow.nav[::21], rtol=1e-9)
    assert result.outcomes["rebalancing_count"].tolist() == [len(tuple(due))] * 2


def test_months_have_21_sessions_and_years_252() -> None:
    future = FutureSessions(np.datetime64("2024-06-28"), 24)
    assert future.n_sessions == 505
    assert future.month_ends.tolist() == list(range(0, 505, 21))
    assert str(future.sessions[0]) == "2024-12-27"
    assert str(future.sessions[1]) == "2025-01-01"
    assert str(future.sessions[252]) == "2025-12-27"
    firsts = future.calendar.period_sessions(
        Frequency.ANNUAL,
        BaseDay.FIRST_TRADING_DAY,
        future.sessions[0],
        future.sessions[-1],
    )
    assert [str(day) for day in firsts] == ["2025-01-01", "2026-01-01"]


# --- threads, seeds, numbers of paths ---------------------------------------------


@pytest.mark.parametrize("method", [None, fl.Parametric(degrees_of_freedom=4)])
@pytest.mark.parametrize("flows", [None, "-20000/MONTHLY"])
def test_threads_do_not_change_a_bit(method: Any, flows: Any) -> None:
    one, two, many = (
        forward(
            history(), fl.Drift(0.05), None, flows, method=method, paths=200, threads=n
        )
        for n in (1, 2, 7)
    )
    for other in (two, many):
        pd.testing.assert_frame_equal(one.fan, other.fan, check_exact=True)
        pd.testing.assert_frame_equal(one.outcomes, other.outcomes, check_exact=True)
    assert one.request_hash == two.request_hash


def test_another_seed_gives_other_futures() -> None:
    one, other = forward(history(), seed=1), forward(history(), seed=2)
    assert (one.final != other.final).all()
    assert one.request_hash != other.request_hash


def test_fewer_paths_are_the_first_of_more() -> None:
    few, more = forward(history(), paths=20), forward(history(), paths=90)
    pd.testing.assert_frame_equal(few.outcomes, more.outcomes.iloc[:20])
    pd.testing.assert_frame_equal(few.sample, more.sample)


def test_the_same_request_gives_the_same_bits() -> None:
    one, again = forward(history(), paths=30), forward(history(), paths=30)
    pd.testing.assert_frame_equal(one.fan, again.fan, check_exact=True)


# --- by hand ----------------------------------------------------------------------


@pytest.mark.parametrize("method", [fl.Bootstrap(5), fl.Bootstrap(), fl.Parametric()])
def test_constant_returns_leave_nothing_to_chance(method: Any) -> None:
    result = forward(constant(0.001), None, method=method, paths=5)
    grown = 1_000_000 * (0.9 * 1.001**252 + 0.1)
    np.testing.assert_allclose(result.final, grown, rtol=1e-9)
    assert result.summary["probability_of_loss"] == 0.0
    assert result.drawdowns.abs().max() < 1e-12
    assert result.fan.loc[12, "p05"] == pytest.approx(grown, rel=1e-9)


def test_a_constant_world_loses_exactly_the_costs() -> None:
    rule = fl.Periodic("MONTHLY", cost_rate=0.01)
    still = forward(constant(), rule, paths=3)
    assert still.final.tolist() == pytest.approx([1_000_000.0] * 3, rel=1e-14)
    assert still.summary["mean_total_cost"] == pytest.approx(0.0, abs=1e-6)
    fee = forward(constant(), None, fl.ManagementFee(0.012), paths=3)
    assert fee.summary["mean_cost_management_fee"] == pytest.approx(
        1_000_000 - fee.final[0], rel=1e-12
    )


def test_withdrawals_of_a_still_world_by_hand() -> None:
    """100,000 a month, from the first session of each month, last ten months."""
    result = forward(constant(), None, None, "-100000/MONTHLY", paths=4)
    assert result.fan["p50"].tolist()[:11] == pytest.approx(
        [1_000_000 - 100_000 * month for month in range(11)], abs=1e-6
    )
    assert result.outcomes["ruin_month"].tolist() == [10] * 4
    assert result.fan["probability_of_ruin"].tolist() == [0.0] * 10 + [1.0] * 3
    assert result.summary["mean_withdrawals"] == pytest.approx(1_000_000)
    assert result.summary["mean_unmet_withdrawals"] == pytest.approx(200_000)
    assert result.summary["probability_of_loss"] == 0.0  # time-weighted: none


def test_contributions_are_no_return() -> None:
    result = forward(
        constant(0.0005), None, None, "+50000/MONTHLY", paths=3, goal=1.6e6
    )
    plain = forward(constant(0.0005), paths=3)
    assert result.summary["mean_contributions"] == pytest.approx(600_000)
    assert result.summary["probability_of_goal"] == 1.0
    # Cash is a tenth at the start and drifts; new money brings it back a little.
    assert result.outcomes["cagr"][0] == pytest.approx(
        plain.outcomes["cagr"][0], abs=1e-3
    )


def test_today_s_money_is_deflated_by_hand() -> None:
    nominal = forward(history(), years=2, goal=1_100_000)
    real = forward(history(), years=2, goal=1_100_000, inflation=0.03)
    np.testing.assert_allclose(real.final, nominal.final / 1.03**2, rtol=1e-12)
    np.testing.assert_allclose(
        real.fan.loc[12, "p50"], nominal.fan.loc[12, "p50"] / 1.03, rtol=1e-12
    )
    np.testing.assert_allclose(
        1 + real.outcomes["cagr"], (1 + nominal.outcomes["cagr"]) / 1.03, rtol=1e-12
    )
    assert (real.final < 1e6).mean() == real.summary["probability_of_loss"]
    assert (real.final >= 1.1e6).mean() == real.summary["probability_of_goal"]
    pd.testing.assert_series_equal(real.drawdowns, nominal.drawdowns)


# --- costs, taxes, flows ----------------------------------------------------------


@pytest.mark.parametrize(
    "free",
    [
        fl.Commission(0.0),
        fl.CapitalGainsTax(0.0) + fl.HalfSpread(0.0),
        fl.ManagementFee(0.0),
    ],
    ids=["commission", "taxes", "fee"],
)
@pytest.mark.parametrize("rule", [None, fl.Drift(0.03), fl.Periodic("MONTHLY")])
def test_costs_of_nothing_change_no_bit(free: Any, rule: Any) -> None:
    plain, account = forward(history(), rule, 0.0), forward(history(), rule, free)
    pd.testing.assert_series_equal(plain.final, account.final, check_exact=True)


def test_flows_of_nothing_change_no_bit() -> None:
    plain = forward(history(), fl.Drift(0.03))
    flows = forward(history(), fl.Drift(0.03), None, "+0/MONTHLY")
    rate = forward(history(), fl.Drift(0.03), None, fl.Withdrawal(nav_rate=0.0))
    for other in (flows, rate):
        np.testing.assert_array_equal(plain.final, other.final)


def test_each_cost_makes_every_path_poorer() -> None:
    plain = forward(history(), fl.Periodic("MONTHLY"), 0.0)
    for cost in (
        fl.Commission(0.001),
        fl.HalfSpread(0.001),
        fl.ManagementFee(0.01),
        fl.CapitalGainsTax(0.2),
    ):
        dear = forward(history(), fl.Periodic("MONTHLY"), cost)
        assert (dear.final <= plain.final).all(), cost
        paid = dear.outcomes["total_cost"] > 0.0
        assert (dear.final < plain.final)[paid].all(), cost
        assert paid.mean() > 0.5, cost


def test_an_account_s_path_is_what_simulate_makes_of_its_prices() -> None:
    prices = history()
    rule, costs = fl.Drift(0.03), fl.Commission(0.001) + fl.HalfSpread(0.0005)
    result = forward(prices, rule, costs, paths=4)
    drawn = bootstrapped_prices(prices.to_numpy().tolist(), 252, 10, 3, 2)
    dates = pd.date_range("2020-01-01", periods=253, freq="D", name="date")
    explicit = pd.DataFrame(drawn, index=dates, columns=prices.columns)
    slow = fl.simulate(explicit, WEIGHTS, rule, costs, calendar="24/7")
    np.testing.assert_allclose(
        result.sample["path_2"], slow.path["nav"].iloc[::21], rtol=1e-9
    )


def test_whole_shares_leave_cash() -> None:
    """Nine shares of 100 of each for 1,000 at a half: 900 grow, 100 lie still."""
    prices = constant(0.001)
    last = float(prices.iloc[-1, 0])
    result = fl.forward(
        prices,
        {"equity": 1.0},
        years=1,
        paths=2,
        method=fl.Bootstrap(2),
        initial_amount=last * 9.5,
        whole_shares=True,
        calendar="24/7",
    )
    expected = last * 9 * 1.001**252 + last * 0.5
    np.testing.assert_allclose(result.final, expected, rtol=1e-9)


def test_currencies_are_drawn_with_the_returns() -> None:
    prices = history(400)
    rates = pd.DataFrame(
        {"USD": 1_200.0 * 1.0005 ** np.arange(400)}, index=prices.index
    )
    market = fl.MarketFacts(currencies={"equity": "USD"}, exchange_rates=rates)
    foreign = fl.forward(
        constant(0.0, 400)[["equity"]],
        {"equity": 1.0},
        years=1,
        paths=2,
        method=fl.Bootstrap(3),
        calendar="24/7",
        market=market,
    )
    np.testing.assert_allclose(foreign.final, 1e6 * 1.0005**252, rtol=1e-6)


# --- laws of the fan --------------------------------------------------------------


@pytest.mark.parametrize("paths", [1, 2, 37])
def test_percentiles_are_numpy_s_and_ordered(paths: int) -> None:
    values = np.random.default_rng(0).normal(size=(5, paths))
    found = row_percentiles(values, (5, 25, 50, 95))
    np.testing.assert_allclose(found, np.percentile(values, (5, 25, 50, 95), axis=1))
    assert (np.diff(found, axis=0) >= 0.0).all()


def test_the_fan_is_ordered_and_its_chances_are_counts() -> None:
    result = forward(history(), fl.Drift(0.05), years=3, paths=300, goal=1_200_000)
    percentiles = result.fan[["p05", "p10", "p25", "p50", "p75", "p90", "p95"]]
    assert (np.diff(percentiles.to_numpy(), axis=1) >= 0.0).all()
    assert (result.fan.loc[0] == 1_000_000)[["p05", "p50", "p95", "mean"]].all()
    last = result.fan.iloc[-1]
    assert last["probability_of_loss"] == (result.final < 1e6).mean()
    assert last["probability_of_goal"] == (result.final >= 1.2e6).mean()
    assert result.fan["probability_of_ruin"].max() == 0.0
    assert result.by_year.index.tolist() == [1, 2, 3]
    harder = forward(history(), fl.Drift(0.05), years=3, paths=300, goal=1_500_000)
    assert (
        harder.fan["probability_of_goal"] <= result.fan["probability_of_goal"]
    ).all()


def test_one_path_is_its_own_fan() -> None:
    result = forward(history(), paths=1)
    for column in ("p05", "p50", "p95", "mean"):
        np.testing.assert_array_equal(result.fan[column], result.sample["path_0"])


def test_ruin_never_ends() -> None:
    result = forward(history(), None, None, "-60000/MONTHLY", years=3, paths=200)
    chances = result.fan["probability_of_ruin"].to_numpy()
    assert (np.diff(chances) >= 0.0).all()
    assert chances[-1] == (result.outcomes["ruin_month"] >= 0).mean() > 0.0
    ruined = result.outcomes["ruin_month"] >= 0
    assert (result.final[ruined] == 0.0).all()
    assert (result.final[~ruined] > 0.0).all()


# --- statistics -------------------------------------------------------------------


def test_bootstrapped_growth_is_that_of_history() -> None:
    """The mean of log growth over a year is 252 times the mean daily log return."""
    prices = history(2_000)[["equity"]]
    result = fl.forward(
        prices,
        {"equity": 1.0},
        years=1,
        paths=4_000,
        method=fl.Bootstrap(15),
        calendar="24/7",
        seed=21,
    )
    known = float(np.log(prices).diff().mean().iloc[0]) * 252
    assert stats.ttest_1samp(np.log(result.final / 1e6), known).pvalue > FALSE_ALARM


@pytest.mark.parametrize("freedom", [None, 5.0])
def test_stated_means_and_volatilities_come_out(freedom: float | None) -> None:
    method = fl.Parametric(mean=0.07, volatility=0.15, degrees_of_freedom=freedom)
    result = fl.forward(
        history()[["equity"]],
        {"equity": 1.0},
        years=1,
        paths=8_000,
        method=method,
        calendar="24/7",
        seed=22,
    )
    growth = result.final / 1e6
    assert stats.ttest_1samp(growth, 1.07).pvalue > FALSE_ALARM
    daily, deviation = 1.07 ** (1 / 252), 0.15 / math.sqrt(252)
    spread = math.sqrt((daily**2 + deviation**2) ** 252 - daily**504)
    assert np.std(growth) == pytest.approx(spread, rel=0.05)


def test_moments_that_are_not_stated_are_history_s() -> None:
    prices = history(1_500)
    returns = prices.pct_change().dropna()
    whole = fl.Parametric(
        mean={a: (1 + returns[a].mean()) ** 252 - 1 for a in returns},
        volatility={a: returns[a].std() * math.sqrt(252) for a in returns},
        correlation=returns.corr(),
    )
    stated, matched = (
        forward(prices, method=method) for method in (whole, fl.Parametric())
    )
    np.testing.assert_allclose(stated.final, matched.final, rtol=1e-9)


def test_long_run_us_data_are_plausible(shared_data: Any) -> None:
    """Five ETFs, 2007 to 2025: the median grows as history did."""
    rows = pd.read_parquet(shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet")
    table = rows.pivot(index="date", columns="ticker", values="adj_close")
    prices = table[["SPY", "IEF", "GLD"]].dropna()
    weights = {"SPY": 0.6, "IEF": 0.3, "GLD": 0.1}
    result = fl.forward(
        prices, weights, fl.Drift(0.05), years=10, paths=2_000, calendar="XNYS"
    )
    known = fl.simulate(prices, weights, fl.Drift(0.05), calendar="XNYS")
    assert result.summary["cagr_p50"] == pytest.approx(known.summary["cagr"], abs=0.01)
    assert result.summary["cagr_p05"] < known.summary["cagr"]
    assert -0.5 < result.summary["max_drawdown_p50"] < -0.15
    assert 5.0 < result.block_length < 204.0


# --- what it shows ----------------------------------------------------------------


def test_a_result_shows_itself() -> None:
    result = forward(history(), fl.Drift(0.05), goal=1_100_000, inflation=0.02)
    assert "ForwardResult" in repr(result)
    assert "50 paths" in repr(result)
    page = result._repr_html_()
    assert "목표 달성 확률" in page
    assert "오늘의 화폐 가치" in page
    told = result.to_dict()
    assert told["request"]["paths"] == 50
    assert told["by_year"][1]["p50"] == pytest.approx(result.fan.loc[12, "p50"])
    assert result.to_frame().equals(result.fan)
    from foresto_lab.canonical import canonical_json

    assert canonical_json(told["request"])


def test_a_short_history_is_told() -> None:
    codes = [finding.code for finding in forward(history(300)).findings]
    assert "SHORT_HISTORY" in codes
    codes = [
        finding.code
        for finding in forward(history(300), method=fl.Bootstrap(60)).findings
    ]
    assert "LONG_BLOCKS" in codes


def test_costs_of_no_parts_are_no_costs() -> None:
    none = forward(history(), fl.Drift(0.03, cost_rate=0.01), [])
    rate = forward(history(), fl.Drift(0.03, cost_rate=0.01), 0.0)
    pd.testing.assert_series_equal(none.final, rate.final, check_exact=True)


@pytest.mark.parametrize(("tax", "kept"), [(0.0, 0.01), (0.5, 0.005)])
def test_distributions_are_drawn_with_their_days(tax: float, kept: float) -> None:
    """A price that never moves pays 1 % every session; it is reinvested net of tax."""
    prices = constant()[["equity"]]
    paid = pd.DataFrame(1.0, prices.index, ["equity"])
    result = fl.forward(
        prices,
        {"equity": 1.0},
        None,
        fl.DistributionTax(tax),
        years=1,
        paths=2,
        method=fl.Bootstrap(4),
        calendar="24/7",
        market=fl.MarketFacts(distributions=paid),
    )
    np.testing.assert_allclose(result.final, 1e6 * (1 + kept) ** 252, rtol=1e-9)


def test_distributions_need_days_of_history() -> None:
    paid = pd.DataFrame(1.0, constant().index, ["equity"])
    with pytest.raises(fl.ForestoError, match="drawn with the days of history"):
        forward(
            constant(), method="PARAMETRIC", market=fl.MarketFacts(distributions=paid)
        )
