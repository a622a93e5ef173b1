"""Simulations with cash flows, worked by hand, and beside the retirement formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import pyxirr

import foresto_lab as fl
from foresto_lab.errors import CashFlowError
from foresto_lab.metrics.money_weighted import (
    money_weighted_return,
    time_weighted_returns,
)

DAYS = pd.DatetimeIndex(
    ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02", "2024-02-05"], name="date"
)
HALVES = {"a": 0.5, "b": 0.5}


def prices(a: list[float], b: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"a": a, "b": b}, index=DAYS)


# b doubles on the third session: 500 and 1000, weights 1/3 and 2/3.
DOUBLED = prices([100.0] * 5, [100.0, 100.0, 200.0, 200.0, 200.0])


def simulate(flows: Any, table: pd.DataFrame = DOUBLED) -> fl.SimulationResult:
    return fl.simulate(table, HALVES, cashflows=flows, initial_amount=1000)


def test_a_contribution_buys_at_target() -> None:
    result = simulate("+300@2024-02-02")
    path = result.path
    assert path["nav"].tolist() == pytest.approx([1000, 1000, 1500, 1800, 1800])
    assert path["cash_flow"].tolist() == [0, 0, 0, 300, 0]
    # 150 each: 650 and 1150 of 1800.
    assert path["weight_a"].iloc[3] == pytest.approx(650 / 1800, abs=1e-15)
    assert path["daily_return"].tolist() == pytest.approx([0, 0, 0.5, 0, 0], abs=1e-15)
    assert result.summary["total_contributions"] == 300
    assert result.summary["total_withdrawals"] == 0
    assert not result.summary["ruined"]


def test_a_contribution_toward_target_buys_what_is_below() -> None:
    # Of 1800 half is 900: a lacks 400, b has 1000: all 300 go to a.
    path = simulate("+300@2024-02-02 toward").path
    assert path["weight_a"].iloc[3] == pytest.approx(800 / 1800, abs=1e-15)
    # With 700 the target is 1100 each: a lacks 600, b 100: in these proportions.
    path = simulate("+700@2024-02-02 toward").path
    assert path["weight_a"].iloc[3] == pytest.approx(0.5, abs=1e-15)


def test_a_withdrawal_sells_pro_rata_or_what_is_above() -> None:
    path = simulate("-300@2024-02-02").path
    assert path["nav"].iloc[3] == pytest.approx(1200)
    assert path["weight_a"].iloc[3] == pytest.approx(1 / 3, abs=1e-15)
    # Toward: of 1200 half is 600: b has 400 too much, all 300 come from it.
    path = simulate("-300@2024-02-02 toward").path
    assert path["weight_a"].iloc[3] == pytest.approx(500 / 1200, abs=1e-15)


def test_a_share_of_nav_is_of_the_nav_before() -> None:
    result = simulate(fl.Withdrawal(nav_rate=0.1, frequency="MONTHLY"))
    assert result.path["cash_flow"].tolist() == pytest.approx([0, 0, -150, 0, 0])
    assert result.path["daily_return"].iloc[2] == pytest.approx(0.5, abs=1e-15)


def test_beyond_what_is_there_is_ruin() -> None:
    result = simulate(["-2000@2024-02-01", "-10@2024-02-05"])
    assert result.path["nav"].tolist() == [1000, 1000, 0, 0, 0]
    assert result.path["cash_flow"].tolist() == pytest.approx([0, 0, -1500, 0, 0])
    summary = result.summary
    assert summary["ruined"]
    assert str(summary["ruin_date"])[:10] == "2024-02-01"
    assert summary["unmet_withdrawals"] == pytest.approx(510)
    assert summary["total_withdrawals"] == pytest.approx(1500)
    assert np.isfinite(result.path.to_numpy()).all()


def test_exactly_to_zero_takes_all() -> None:
    summary = simulate("-1500@2024-02-01").summary
    assert summary["total_withdrawals"] == pytest.approx(1500)
    assert summary["unmet_withdrawals"] == pytest.approx(0, abs=1e-9)


def test_findings_of_flows_reach_the_result() -> None:
    result = simulate(["+1@2024-02-03", "+1@2023-12-01"])
    codes = [finding.code for finding in result.findings]
    assert codes == ["FLOW_MOVED", "FLOW_OUTSIDE"]


def test_bad_flows_are_refused_before_anything() -> None:
    with pytest.raises(CashFlowError):
        simulate([])
    with pytest.raises(CashFlowError):
        simulate("300")


@pytest.fixture
def five_years(us_prices: pd.DataFrame) -> pd.DataFrame:
    return us_prices.loc["2015":"2020", ["equity", "bond"]]


def on_real(table: pd.DataFrame, **asked: Any) -> fl.SimulationResult:
    return fl.simulate(table, {"equity": 0.6, "bond": 0.4}, calendar="XNYS", **asked)


def test_xirr_is_pyxirrs_of_the_accounts_flows(five_years: pd.DataFrame) -> None:
    flows = ["+20000/MONTHLY growth 3%", "-3%/QUARTERLY", "-50000@2018-06-15"]
    result = on_real(five_years, rebalancing=fl.Drift(0.05), cashflows=flows)
    path = result.path
    amounts = -path["cash_flow"].to_numpy()
    amounts[0] -= path["nav"].iloc[0]
    amounts[-1] += path["nav"].iloc[-1]
    oracle = pyxirr.xirr(path.index.date.tolist(), amounts.tolist())
    assert result.summary["money_weighted_return"] == pytest.approx(oracle, abs=1e-9)
    np.testing.assert_allclose(
        path["daily_return"].to_numpy()[1:],
        time_weighted_returns(path["nav"].to_numpy(), path["cash_flow"].to_numpy()),
        atol=1e-12,
    )


def test_xirr_without_flows_is_cagr_by_365_days(five_years: pd.DataFrame) -> None:
    path = on_real(five_years).path
    nav = path["nav"].to_numpy()
    sessions = path.index.to_numpy().astype("datetime64[D]")
    rate = money_weighted_return(sessions, nav, np.zeros(len(nav)))
    days = (path.index[-1] - path.index[0]).days
    assert float(rate) == pytest.approx(
        (nav[-1] / nav[0]) ** (365 / days) - 1, abs=1e-9
    )


def test_pro_rata_withdrawals_leave_time_weighted_returns(
    five_years: pd.DataFrame,
) -> None:
    plain = on_real(five_years)
    drawn = on_real(five_years, cashflows="-3000/MONTHLY")
    np.testing.assert_allclose(
        drawn.path["daily_return"], plain.path["daily_return"], atol=1e-12
    )
    assert drawn.summary["cagr"] == pytest.approx(plain.summary["cagr"], abs=1e-9)


def test_flows_leave_the_returns_of_a_single_asset(five_years: pd.DataFrame) -> None:
    asked = {"calendar": "XNYS", "cashflows": ["+9999/WEEKLY", "-1%/MONTHLY toward"]}
    plain = fl.simulate(five_years, {"equity": 1.0}, calendar="XNYS")
    paid = fl.simulate(five_years, {"equity": 1.0}, **asked)
    np.testing.assert_allclose(
        paid.path["daily_return"], plain.path["daily_return"], atol=1e-12
    )


@pytest.mark.parametrize("rate", [0.1, 0.21, 0.35])
def test_a_retirement_is_the_simulation_with_its_withdrawals(
    five_years: pd.DataFrame, rate: float
) -> None:
    # A withdrawal on the first session of each year after the first.
    table = five_years.loc["2015-01-02":"2020-01-31"]
    study = fl.retirement(
        table,
        {"equity": 0.6, "bond": 0.4},
        rate,
        5,
        rebalancing=None,
        withdraw_at="END",
        calendar="XNYS",
    )
    start, row = study.starts.index[0], study.starts.iloc[0]
    dates = [f"{start.year + year}" for year in range(1, 6)]
    sessions = [table.loc[f"{year}-01"].index[0] for year in dates]
    listed = dict.fromkeys(sessions, -rate * 1000000.0)
    result = on_real(table, cashflows=fl.ListedFlows(listed), end="2020-01-02")
    assert result.summary["ruined"] != row["lasted"]
    last = result.path["nav"].iloc[-1] / 1e6
    assert row["final_real"] == pytest.approx(last, rel=1e-9, abs=1e-12)


def test_ruin_on_futures_is_what_forward_walks(us_prices: pd.DataFrame) -> None:
    asked: dict[str, Any] = {
        "prices": us_prices,
        "weights": {"equity": 0.6, "bond": 0.4},
        "rebalancing": fl.Periodic("ANNUAL", cost_rate=0.0),
        "years": 10,
        "paths": 400,
        "seed": 7,
        "calendar": "XNYS",
    }
    outlook = fl.retirement_outlook(
        fl.forward(**asked),
        0.15,
        inflation=0.02,
        frequency="ANNUAL",
        withdraw_at="END",
        rates=(),
    )
    # The first withdrawal is at the end of year 1, and has grown by then.
    yearly = fl.Withdrawal(150_000 * 1.02, "ANNUAL", "LAST_TRADING_DAY", growth=0.02)
    walked = fl.forward(**asked, cashflows=yearly)
    chances = walked.by_year["probability_of_ruin"]
    np.testing.assert_allclose(outlook.ruin[0.15], chances, atol=1e-12)
    assert 0.05 < chances.iloc[-1] < 0.95
