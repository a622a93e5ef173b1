"""Runs with costs, cash flows, whole shares and two currencies, on either store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import ExchangeRateError, PreflightError, UnknownNameError

WEIGHTS = {"069500": 0.5, "SPY": 0.4}
COSTS = (
    fl.Commission(0.0015, 1_000.0)
    + fl.DistributionTax(0.15, assets=["SPY"])
    + fl.CapitalGainsTax(0.22, "FIFO", 2_500_000.0, "YEAR_END", assets=["SPY"])
)
SPAN = {"start": "2019-01-02", "end": "2020-12-30", "calendar": "XKRX"}


def sessions(calendar: str) -> pd.DatetimeIndex:
    found = fl.get_calendar(calendar).sessions("2018-11-01", "2020-12-30")
    return pd.DatetimeIndex(found)


def walk(index: pd.DatetimeIndex, first: float, seed: int) -> pd.Series[float]:
    steps = np.random.default_rng(seed).normal(0.0004, 0.01, len(index))
    return pd.Series(first * np.exp(np.cumsum(steps)), index).round(2)


def load(
    lab: fl.Lab, folder: Path, symbol: str, table: pd.DataFrame, **how: Any
) -> None:
    path = folder / f"{symbol}.csv"
    table.rename_axis("date").reset_index().to_csv(path, index=False)
    lab.load_prices(path, symbol=symbol, **how)


def won(session: pd.DatetimeIndex) -> pd.Series[float]:
    return walk(session, 1_150.0, 3)


@pytest.fixture(scope="module")
def lab(either_store: str | None, tmp_path_factory: pytest.TempPathFactory) -> fl.Lab:
    folder = tmp_path_factory.mktemp("accounts")
    lab = fl.open_lab(folder / "home", either_store)
    korean = walk(sessions("XKRX"), 20_000.0, 1).to_frame("close")
    load(lab, folder, "069500", korean.assign(volume=1000), adjusted=True)
    us = walk(sessions("XNYS"), 250.0, 2)
    paid = pd.Series(0.0, us.index)
    paid.iloc[60::63] = 0.004
    us_table = pd.DataFrame(
        {"close": us, "adj_close": us * np.cumprod(1.0 + paid), "volume": 1000}
    )
    load(lab, folder, "SPY", us_table, calendar="XNYS")
    rates = won(pd.bdate_range("2018-11-01", "2020-12-31")).to_frame("close")
    load(lab, folder, "USDKRW", rates, calendar="24/5", adjusted=True)
    return lab


def test_two_currencies_are_counted_in_won_as_the_pure_core_counts_them(
    lab: fl.Lab,
) -> None:
    result = lab.simulate(WEIGHTS, rebalancing=fl.Periodic("MONTHLY"), **SPAN)
    quoted = lab.prices(list(WEIGHTS))
    facts = fl.MarketFacts(
        currencies={"SPY": "USD"},
        markets={"SPY": "US", "069500": "KRX_ETF"},
        exchange_rates=lab.prices(["USDKRW"], field="close").set_axis(["USD"], axis=1),
    )
    same = fl.simulate(quoted, WEIGHTS, fl.Periodic("MONTHLY"), market=facts, **SPAN)
    pd.testing.assert_frame_equal(result.path, same.path, check_exact=True)
    assert result.currency == "KRW"


def test_the_first_day_by_hand(lab: fl.Lab) -> None:
    """Day 1's NAV from the closes and rates that were known at Seoul's close."""
    result = lab.simulate(WEIGHTS, initial_amount=1_000_000, **SPAN)
    korean = lab.prices(["069500"]).loc["2019-01-02":"2019-01-03", "069500"]
    us = lab.prices(["SPY"], field="adj_close")["SPY"].dropna()
    rates = lab.prices(["USDKRW"], field="close")["USDKRW"]
    known = [us.loc[:"2019-01-01"].iloc[-1], us.loc[:"2019-01-02"].iloc[-1]]
    in_won = [
        known[0] * rates.loc["2019-01-02"],
        known[1] * rates.loc["2019-01-03"],
    ]
    expected = (
        500_000 * korean.iloc[1] / korean.iloc[0]
        + 400_000 * in_won[1] / in_won[0]
        + 100_000
    )
    assert result.path["nav"].iloc[1] == pytest.approx(expected, rel=1e-12)


def test_an_account_is_kept_found_again_and_reproduced(lab: fl.Lab) -> None:
    asked = {
        **SPAN,
        "rebalancing": fl.Periodic("QUARTERLY"),
        "costs": COSTS,
        "cashflows": "+300000/MONTHLY; -2%/ANNUAL",
        "initial_amount": 50_000_000,
        "whole_shares": True,
    }
    first = lab.simulate(WEIGHTS, **asked)
    assert first.summary["cost_distribution_tax"] > 0
    # 23 months, but January 2020's is netted with that day's withdrawal
    assert first.summary["total_contributions"] == pytest.approx(300_000 * 22)
    again = lab.simulate(WEIGHTS, **asked)
    assert again.run_id == first.run_id
    kept = lab.run(str(first.run_id))
    pd.testing.assert_frame_equal(kept.path, first.path, check_exact=True)
    pd.testing.assert_frame_equal(kept.events, first.events, check_exact=True)
    pd.testing.assert_frame_equal(kept.ledger, first.ledger, check_exact=True)
    assert (kept.costs, kept.cashflows) == (first.costs, first.cashflows)
    assert dict(kept.summary) == dict(first.summary)
    assert kept.currency == first.currency
    reproduction = lab.reproduce(str(first.run_id))
    assert reproduction.identical, str(reproduction)


@pytest.mark.parametrize(
    "other",
    [
        {"costs": fl.Commission(0.001)},
        {"cashflows": "+1/MONTHLY"},
        {"whole_shares": True},
        {"hedged": ["SPY"]},
        {"base_currency": "USD", "exchange_rates": {"KRW": "USDKRW"}},
    ],
)
def test_what_is_asked_for_changes_the_hash(lab: fl.Lab, other: dict[str, Any]) -> None:
    plain = lab.simulate(WEIGHTS, **SPAN)
    assert lab.simulate(WEIGHTS, **SPAN, **other).request_hash != plain.request_hash


def test_a_missing_rate_stops_the_run_before_it_is_registered(lab: fl.Lab) -> None:
    before = len(lab.runs())
    with pytest.raises(PreflightError, match="USDEUR"):
        lab.simulate(WEIGHTS, base_currency="EUR", **SPAN)
    assert len(lab.runs()) == before


def test_a_rate_that_is_not_needed_is_refused(lab: fl.Lab) -> None:
    with pytest.raises(UnknownNameError, match="JPY"):
        lab.simulate(WEIGHTS, exchange_rates={"JPY": "USDKRW"}, **SPAN)


def test_a_benchmark_is_counted_in_the_money_of_the_run(lab: fl.Lab) -> None:
    run = lab.simulate({"069500": 1.0}, start="2019-01-02", end="2020-12-30")
    beside = lab.benchmark(
        "SPY",
        start="2019-01-02",
        end="2020-12-30",
        base_currency="KRW",
        calendar="XKRX",
    )
    alone = lab.simulate(
        {"SPY": 1.0}, base_currency="KRW", rebalancing=None, save=False, **SPAN
    )
    own = 1.0 + alone.path["cumulative_return"]
    np.testing.assert_allclose(beside.growth.to_numpy(), own.to_numpy(), rtol=1e-12)
    assert "SPY" in repr(lab.compare(str(run.run_id), "SPY"))


def test_a_benchmark_without_its_rate_is_refused(lab: fl.Lab) -> None:
    with pytest.raises(ExchangeRateError, match="USDEUR"):
        lab.benchmark("SPY", base_currency="EUR")
